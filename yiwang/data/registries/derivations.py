"""Facts that a record does not hold but that follow from it by law or arithmetic."""

from __future__ import annotations

import datetime as dt
from typing import Any

from .retirement import MEN, WOMEN_50, WOMEN_55, retired

MALE, FEMALE = "1", "2"  # GB/T 2261.1
YOUNGEST_WORKER = 16  # 《劳动法》第十五条


def age(value: Any, record: dict[str, Any], today: dt.date) -> int | None:
    """Completed years of age (周岁) on ``today``, from a date of birth."""
    if not isinstance(value, str):
        return None
    born = dt.date.fromisoformat(value)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def working_age(value: Any, record: dict[str, Any], today: dt.date) -> str | None:
    """Where somebody stands to the statutory working age: "under", "within", "over", or "unsure".

    ``value`` is the date of birth; the record's ``sex`` decides the track. Whether a woman's former age was 50 or 55 depends on
    her post, which this register does not know: between the two the answer is "unsure" and a person must look.
    """
    years = age(value, record, today)
    if years is None:
        return None
    if years < YOUNGEST_WORKER:
        return "under"
    born = dt.date.fromisoformat(value)
    sex = record.get("sex")
    if sex == MALE:
        return "over" if retired(born, MEN, today) else "within"
    if sex == FEMALE:
        if not retired(born, WOMEN_50, today):
            return "within"
        return "over" if retired(born, WOMEN_55, today) else "unsure"
    if not retired(born, WOMEN_50, today):
        return "within"
    return "over" if retired(born, MEN, today) else "unsure"
