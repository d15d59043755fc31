"""Front door of protection: which masks there are, which one a field gets, and the mask itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from .masks import KINDS, Mask, Masked

__all__ = ["KINDS", "NAMES", "Mask", "Masked", "chosen", "mask_of", "possible", "stricter"]

NAMES: dict[str, Any] = {
    "keep": _("原样"),
    "cut": _("部分隐藏"),
    "hash": _("加密代号"),
    "generalise": _("放宽到范围"),
    "shuffle": _("打乱顺序"),
    "noise": _("加小误差"),
    "hide": _("不给"),
}
_ORDER = {"keep": 0, "noise": 1, "shuffle": 1, "generalise": 2, "cut": 2, "hash": 3, "hide": 4}


def chosen(field: Masked) -> str:
    """The mask that a field gets when nobody agreed to another, by its level (GB/T 43697): 1 and 2 are kept, 3 is cut, 4 is hidden.

    Numbers and dates of level 3 have no part that could be cut: they are widened to a range.
    """
    if field.level <= 2:
        return "keep"
    if field.level >= 4:
        return "hide"
    return "generalise" if field.type in ("date", "time", "integer", "decimal", "money", "region", "code") else "cut"


def possible(field: Masked) -> tuple[str, ...]:
    """The masks that make sense for a field. At level 4 a whole value is never handed out: it can only be verified."""
    if field.level >= 4:
        return ("hash", "generalise", "hide") if field.type != "boolean" else ("hide",)
    numbers = field.type in ("integer", "decimal", "money", "date")
    return ("keep", *(("noise", "generalise") if numbers else ("cut", "generalise", "hash")), "shuffle", "hide")


def stricter(mask: str, than: str) -> bool:
    """Whether ``mask`` shows no more than ``than``."""
    return mask == than or _ORDER[mask] > _ORDER[than]


def mask_of(field: Masked, agreed: Mapping[str, str], salt: str) -> Mask:
    """The mask of a field under a grant: what was agreed for it, else by its level."""
    return Mask(agreed.get(field.name) or chosen(field), field, salt)
