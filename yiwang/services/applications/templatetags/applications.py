"""Small helpers for the pages of an application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.files.queries import Material
from yiwang.services.items.queries import MaterialNeed, Situation
from yiwang.web.templatetags.yiwang import day

register = template.Library()


@register.filter
def item_of(mapping: Mapping[str, Any] | None, key: str) -> Any:
    """``mapping[key]``, or nothing."""
    return (mapping or {}).get(key, "")


@register.filter
def prefixed(code: str, area: str) -> str:
    """``area.code``: the name of a field."""
    return f"{area}.{code}"


@register.filter
def question_choices(situation: Situation) -> list[tuple[str, str, str]]:
    """The options of a situational question as a field shows them."""
    return [(option.code, option.label, option.hint) for option in situation.options]


@register.filter
def material_choices(library: Sequence[Material], need: MaterialNeed) -> list[tuple[str, str]]:
    """The materials of a library that could prove a need: those of its kind first, all others after them."""
    fitting = [material for material in library if need.library_kind and material.kind == need.library_kind]
    others = [material for material in library if material not in fitting]
    return material_options([*fitting, *others])


@register.filter
def material_options(library: Sequence[Material]) -> list[tuple[str, str]]:
    """The materials of a library that still hold, as options: the file's id, and the title with its last good day."""
    today = timezone.localdate()
    return [
        (
            str(material.file_id),
            _("%(title)s（有效至 %(day)s）") % {"title": material.title, "day": day(material.valid_until)}
            if material.valid_until
            else material.title,
        )
        for material in library
        if material.valid_until is None or material.valid_until >= today
    ]


@register.filter
def posted(post: QueryDict, name: str) -> str:
    """What was typed into a field, when a form comes back."""
    return post.get(name, "") or ""


@register.filter
def posted_list(post: QueryDict, name: str) -> list[str]:
    """What was ticked, when a form comes back."""
    return list(post.getlist(name)) if hasattr(post, "getlist") else []
