"""``{% load forms %}{% form_part form part data problems prefilled context %}``: the fields of one part of a form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from yiwang.foundation.forms.queries import CompiledForm, Part, Prefilled
from yiwang.foundation.forms.rendering import Asking, blocks
from yiwang.kernel.refusals import Problem

register = template.Library()


@register.simple_tag(takes_context=True)
def form_part(
    context: Mapping[str, Any],
    form: CompiledForm,
    part: Part,
    data: Mapping[str, Any],
    problems: Iterable[Problem],
    prefilled: Mapping[str, Prefilled],
    known: Mapping[str, Any],
    doubt_href: str = "",
) -> SafeString:
    """Render the fields of ``part``; the form element, its token and its buttons belong to the page.

    ``known`` is the context of conditions, {"situation": …}; ``known["actor"]`` is needed for forms with files. ``doubt_href`` is
    where a person says that a prefilled value is wrong, when the source does not say itself. With ``known["refresh"]`` the page
    promises to answer a post that has "refresh" by showing the part again from ``form.read_post(…)``, unchecked: then rows can
    be added and conditions follow what is typed, with and without script.
    """
    asking = Asking(form, part, data or {}, problems or (), prefilled or {}, known or {}, doubt_href)
    shown = {"blocks": blocks(asking), "part": part, "refreshes": asking.refreshes and _decides(form, part)}
    return SafeString(render_to_string("forms/part.html", shown, request=context.get("request")))


def _decides(form: CompiledForm, part: Part) -> bool:
    """Whether an answer of this part decides what else is asked."""
    return any(field.name in form.deciding or field.widget == "region" for field in part.fields)
