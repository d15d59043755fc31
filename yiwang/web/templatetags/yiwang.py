"""Template helpers for the words and figures of every page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django import template
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Problem
from yiwang.web.assets import icon as icon_markup

register = template.Library()
_WEEKDAYS = "一二三四五六日"


@register.simple_tag
def icon(name: str, size: int = 20) -> SafeString:
    """An icon, hidden from screen readers: it always stands beside a word."""
    markup = icon_markup(name)
    return format_html('<span class="icon icon-{}" aria-hidden="true">{}</span>', size, mark_safe(markup))  # noqa: S308  # from a pinned package


@register.filter
def day(value: dt.date | dt.datetime | None) -> str:
    """2026年11月21日(周六), in the node's zone; nothing for nothing."""
    if not value:
        return ""
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date()
    if (get_language() or "").startswith("en"):
        return value.strftime("%a %-d %b %Y")
    return f"{value.year}年{value.month}月{value.day}日(周{_WEEKDAYS[value.weekday()]})"


@register.filter
def moment(value: dt.datetime | None) -> str:
    """A day and a time of day, 24 h; nothing for nothing (a template hands on "" for what is missing)."""
    if not value:
        return ""
    return f"{day(value)} {timezone.localtime(value):%H:%M}"


@register.filter
def yuan(cents: int | None) -> str:
    """An amount in cents as ¥1,234.00."""
    return "" if cents is None else f"¥{cents / 100:,.2f}"


@register.filter
def grouped(number: int | None) -> str:
    """A number with separators: 12,345."""
    return "" if number is None else f"{number:,}"


@register.filter
def case_number(number: str) -> str:
    """A case number in groups of four, as it is read out and typed."""
    return " ".join(number[place : place + 4] for place in range(0, len(number), 4))


@register.filter
def duration(seconds: float | None) -> str:
    """A length of time in words, in its largest whole unit."""
    if seconds is None:
        return ""
    seconds = int(seconds)
    for size, word in ((86400, _("天")), (3600, _("小时")), (60, _("分钟"))):
        if seconds >= size:
            return f"{seconds // size} {word}"
    return f"{seconds} {_('秒')}"


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """The current query string with ``changes`` made; None removes a key. Keeps a list's state in the address."""
    values = context["request"].GET.copy()
    for key, value in changes.items():
        if value in (None, ""):
            values.pop(key, None)
        else:
            values[key] = str(value)
    return f"?{values.urlencode()}" if values else "?"


class Choice(NamedTuple):
    """One answer that may be chosen, as a field shows it."""

    value: str
    label: Any
    help: Any = ""


@register.filter
def choices(options: Any) -> list[Choice]:
    """Answers from pairs, triples, maps or objects with ``value``, ``label`` and ``help``; from a map of value to label."""
    if isinstance(options, Mapping):
        options = options.items()
    found = []
    for option in options or ():
        if isinstance(option, (list, tuple)):
            found.append(Choice(str(option[0]), *option[1:3]))
        elif isinstance(option, Mapping):
            found.append(Choice(str(option["value"]), option["label"], option.get("help", "")))
        else:
            found.append(Choice(str(option.value), option.label, getattr(option, "help", "")))
    return found


@register.filter
def chosen(value: Any, option: str) -> bool:
    """Whether ``option`` is the answer, or among the answers, in ``value``."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return option in {str(item) for item in value}
    return value is not None and str(value) == option


@register.filter
def field_id(name: str) -> str:
    """The id of the field ``name`` on the page: "firm.uscc" is f-firm-uscc."""
    return "f-" + "".join(letter if letter.isalnum() else "-" for letter in str(name))


@register.filter
def problem_for(problems: Iterable[Any] | None, field: str) -> str:
    """What is wrong with ``field``, in words; empty when nothing is."""
    return " ".join(str(problem.message) for problem in problems or () if problem.field == field)


@register.simple_tag
def html_attrs(attrs: Mapping[str, Any]) -> SafeString:
    """The attributes that were given to a component and that it does not know, each value escaped."""
    parts = []
    for name, value in attrs.items():
        if name in getattr(attrs, "_exclude_from_str", ()) or value in (None, False):
            continue
        parts.append(
            format_html(" {}", name) if value is True else format_html(' {}="{}"', name, conditional_escape(value))
        )
    return mark_safe("".join(parts))  # noqa: S308  # every part was escaped


@register.filter
def filesize(size: int | None) -> str:
    """A file's size in words: 820 KB, 3.1 MB."""
    if size is None:
        return ""
    if size < 1024:
        return f"{size} B"
    if size < 1024 * 1024:
        return f"{size / 1024:.0f} KB"
    return f"{size / 1024 / 1024:.1f} MB"


@register.filter
def and_of_form(problems: Iterable[Any] | None, form: Any) -> list[Any]:
    """``problems``, and what is wrong with a Django form, for the error summary."""
    found = list(problems or ())
    for name, messages in form.errors.items() if form else ():
        found += [Problem("" if name == "__all__" else name, "form", str(message)) for message in messages]
    return found


@register.inclusion_tag("web/parts/django_field.html")
def django_field(field: Any) -> dict[str, Any]:
    """A field of a Django form as our own component; hidden fields stay hidden."""
    widget = field.field.widget
    kind = getattr(widget, "input_type", "textarea")
    return {
        "field": field,
        "type": kind,
        "value": "" if kind == "password" else field.value(),
        "error": " ".join(str(message) for message in field.errors),
        "options": list(getattr(field.field, "choices", ())),
        "autocomplete": widget.attrs.get("autocomplete"),
    }
