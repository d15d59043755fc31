"""Codes of the catalogue in words. Private to this room."""

from __future__ import annotations

from yiwang.foundation.orgs.queries import Agency
from yiwang.foundation.standards import queries as standards
from yiwang.kernel.refusals import Missing

from .bodies import CLASSES, FORMATS, MODES, PERIODS

_SETS = {"update_period": PERIODS, "format": FORMATS, "share_mode": MODES, "class_code": CLASSES}


def code_name(name: str, value: str) -> str:
    """What the code of an element of the metadata means; the code itself where the library does not say."""
    if name == "provider":
        return Agency.objects.filter(code=value).values_list("name", flat=True).first() or value
    if name not in _SETS:
        return value
    try:
        return standards.codes(_SETS[name]).label(value)
    except Missing:
        return value


def choices(name: str) -> list[tuple[str, str]]:
    """The codes of an element of the metadata that may be chosen today."""
    try:
        return list(standards.codes(_SETS[name]).current().items())
    except Missing:
        return []


def classes(code: str) -> list[str]:
    """类 · 项 · 目 · 细目 of a resource code, in words where the library has them."""
    front = code.partition("-")[0]
    parts = [front[:1], front[:3], front[:6]] + ([front] if len(front) > 6 else [])
    return [code_name("class_code", part) for part in parts]


def element_name(code: str) -> str:
    """What an element of the standards library is called; its code where the library does not know it."""
    try:
        return standards.element(code).name
    except Missing:
        return code
