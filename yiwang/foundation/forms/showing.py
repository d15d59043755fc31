"""Answers in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from . import filerefs
from .slots import Prefilled
from .widgets import WIDGETS, masked

if TYPE_CHECKING:
    from .compiled import Field, Part


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One answer. ``source`` says where it came from when nobody typed it; ``name`` is the field; ``files`` are those of the answer that the
    reader may open (id, name)."""

    label: str
    shown: str
    source: str = ""
    href: str = ""
    name: str = ""
    files: tuple[tuple[str, str], ...] = ()

    @property
    def only_files(self) -> bool:
        """Whether the words are nothing but the names of the files."""
        return self.shown == "、".join(name for _id, name in self.files)


@dataclass(frozen=True, slots=True)
class ReviewPart:
    """The answers of one part."""

    code: str
    title: str
    rows: list[ReviewRow]


def source_words(known: Prefilled) -> str:
    """来自人口基础库，2026年11月20日."""
    if known.as_of is None:
        return _("来自%(source)s") % {"source": known.source}
    return _("来自%(source)s，%(y)s年%(m)s月%(d)s日") % {
        "source": known.source, "y": known.as_of.year, "m": known.as_of.month, "d": known.as_of.day,
    }  # fmt: skip


def in_words(field: Field, value: Any, context: Mapping[str, Any] | None = None, *, private: bool = True) -> str:
    """One answer in words; identity numbers and phones masked when ``private``."""
    from .compiled import is_empty

    if is_empty(value):
        return ""
    if field.widget == "repeat" and isinstance(value, list):
        return "\n".join(
            _row(field, row, number, private, context) for number, row in enumerate(value, 1) if isinstance(row, dict)
        )
    if field.widget == "file":
        files = filerefs.found(value, (context or {}).get("actor"))
        return "、".join(file.name for file in files) or _("%(n)d 个文件") % {"n": len(filerefs.ids(value))}
    if field.options:
        names = {option.value: option.label for option in field.options}
        chosen = value if isinstance(value, list) else [value]
        return "、".join(names.get(str(item), str(item)) for item in chosen)
    if private and WIDGETS[field.widget].mask:
        return masked(field.widget, value)
    return WIDGETS[field.widget].show(value) + (f" {field.unit}" if field.unit else "")


def _row(field: Field, row: Mapping[str, Any], number: int, private: bool, context: Mapping[str, Any] | None) -> str:
    cells = (
        f"{column.label} {in_words(column, row.get(column.name), context, private=private)}"
        for column in field.columns
        if column.name in row
    )
    return f"{number}. " + "，".join(cells)


def review(
    part: Part, data: Mapping[str, Any], prefilled: Mapping[str, Prefilled], context: Mapping[str, Any]
) -> ReviewPart:
    """One part for the page on which everything is checked."""
    rows = []
    for field in part.fields:
        value, known = data.get(field.name), prefilled.get(field.name)
        if known is not None and field.readonly:
            value = known.value
        source = source_words(known) if known is not None and known.value == value else ""
        files = tuple(
            (str(file.id), file.name) for file in filerefs.found(filerefs.named(field, value), context.get("actor"))
        )
        rows.append(ReviewRow(field.label, in_words(field, value, context), source, name=field.name, files=files))
    return ReviewPart(part.code, part.title, rows)
