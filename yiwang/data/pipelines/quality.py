"""Scores of quality (GB/T 36344-2018 信息技术 数据质量评价指标): completeness, accuracy, consistency, timeliness, uniqueness. Private to this room."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .stages import Found

NAMES = {
    "completeness": _("完整性"), "accuracy": _("准确性"), "consistency": _("一致性"), "timeliness": _("时效性"), "uniqueness": _("唯一性"),
}  # fmt: skip


def dimensions(found: Found, refused: int) -> dict[str, float]:
    """0 … 100 for each dimension that some rule looks at: the share of looks that found nothing wrong."""
    checked: dict[str, int] = defaultdict(int)
    failed: dict[str, int] = defaultdict(int)
    checked["completeness"], failed["completeness"] = found.rows + refused, refused
    for rule, looked, wrong in found.results:
        checked[rule.dimension] += looked
        failed[rule.dimension] += wrong
    return {
        name: round(100 * (1 - failed[name] / checked[name]), 2) for name in NAMES if checked.get(name)
    }  # fmt: skip


def overall(scores: dict[str, float]) -> float:
    """The mean of the dimensions, each with the same weight; 100 when nothing was looked at."""
    return round(sum(scores.values()) / len(scores), 2) if scores else 100.0
