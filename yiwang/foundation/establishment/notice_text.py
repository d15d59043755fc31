"""The days of a holiday notice as an administrator types or pastes them: a day or a span to each line."""

from __future__ import annotations

import datetime as dt
import re

from django.utils.translation import gettext as _

from yiwang.foundation.orgs.actions import SpecialDate
from yiwang.kernel.refusals import Invalid, Problem

MOST_LINES = 200
LONGEST_SPAN = 15  # days; no holiday is longer
_WORKS = {"上班": True, "班": True, "work": True, "放假": False, "休": False, "off": False}


def read(text: str) -> list[SpecialDate]:
    """The days in lines like ``2027-01-01 至 2027-01-03 元旦 放假`` or ``2027-01-09,元旦,上班``.

    Raises :class:`Invalid` that names each line which is not understood.
    """
    found: list[SpecialDate] = []
    problems: list[Problem] = []
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    for number, line in lines[:MOST_LINES]:
        parts = [part for part in re.split(r"[\s,，;；]+|至|~", line) if part]
        days = _dates(parts)
        if not days or len(parts) - len(days) != 2 or parts[-1] not in _WORKS:
            message = _("第 %(n)s 行看不懂。请写成“2027-01-01 至 2027-01-03 元旦 放假”的样子，上班的日子写“上班”。") % {
                "n": number
            }
            problems.append(Problem("days", "format", message))
            continue
        first, last = days[0], days[-1]
        count = (last - first).days + 1
        if not 1 <= count <= LONGEST_SPAN:
            problems.append(Problem("days", "range", _("第 %(n)s 行的起止日期不对。") % {"n": number}))
            continue
        works, name = _WORKS[parts[-1]], parts[-2]
        found += [SpecialDate(first + dt.timedelta(days=offset), name, works) for offset in range(count)]
    if not lines:
        problems.append(Problem("days", "required", _("请填写放假和上班的日子。")))
    if len(lines) > MOST_LINES:
        problems.append(Problem("days", "max-length", _("最多 %(n)s 行。") % {"n": MOST_LINES}))
    if problems:
        raise Invalid(problems[0].message, problems=problems)
    return found


def _dates(parts: list[str]) -> list[dt.date]:
    """The one or two dates at the beginning of a line."""
    dates: list[dt.date] = []
    for part in parts[:2]:
        try:
            dates.append(dt.date.fromisoformat(part))
        except ValueError:
            break
    return dates
