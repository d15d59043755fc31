"""Legal clocks 时限: how a limit is counted, suspended, coloured and explained.

Sources: 《行政许可法》第四十二条 (limits), 第三十二条 (five days to tell what is missing), 第四十五条 (hearings, inspections, expert reviews are not
counted), 第八十二条 (working days). Day one is the next working day after the trigger. Days after a suspension began, up to and
including the day on which it ended, are not counted.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.orgs.queries import WorkCalendar

from .models import Clock, Suspension

KINDS: dict[str, Any] = {
    "acceptance": gettext_lazy("受理时限"),
    "statutory": gettext_lazy("法定时限"),
    "promised": gettext_lazy("承诺时限"),
    "answer": gettext_lazy("答复时限"),
}

# Why a clock may stand still, with the article that allows it.
REASONS: dict[str, Any] = {
    "site-inspection": gettext_lazy("现场核查（行政许可法第四十五条）"),
    "hearing": gettext_lazy("听证（行政许可法第四十五条）"),
    "testing": gettext_lazy("检验、检测、检疫、鉴定（行政许可法第四十五条）"),
    "expert-review": gettext_lazy("专家评审（行政许可法第四十五条）"),
    "correction": gettext_lazy("等待申请人补正材料（行政许可法第三十二条）"),
    "public-notice": gettext_lazy("公示（依法应当公示的日期）"),
}

YELLOW_SHARE = 1 / 3  # a clock is yellow when no more than this share of the limit is left
_FAR = 4000  # days; no limit walks further


@dataclass(frozen=True, slots=True)
class Counted:
    """One day in a clock's arithmetic: its place in the count (0 when it does not count), and why."""

    date: dt.date
    place: int
    reason: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A clock worked out: the last day (the last day if it ran on from today, while suspended), the first yellow day, and the days."""

    due: dt.date
    warn: dt.date
    provisional: bool
    days: tuple[Counted, ...]


def _suspended(date: dt.date, suspensions: Iterable[Suspension], today: dt.date) -> Suspension | None:
    return next((s for s in suspensions if s.since < date <= (s.until or today)), None)


def reckon(
    calendar: WorkCalendar,
    unit: str,
    count: int,
    started_on: dt.date,
    suspensions: Sequence[Suspension],
    today: dt.date,
) -> Reckoning:
    """Count a limit day by day. ``unit`` is "working" or "calendar"; a calendar limit that ends on a day off moves on to a worked day."""
    days: list[Counted] = []
    place = 0
    walk = calendar.walk(started_on)
    while place < count:
        day = next(walk)
        suspension = _suspended(day.date, suspensions, today)
        if suspension is not None:
            reason, counts = (
                _("暂停计时：%(reason)s") % {"reason": REASONS.get(suspension.reason, suspension.reason)},
                False,
            )
        else:
            reason, counts = day.reason, day.works or unit == "calendar"
        place += counts
        days.append(Counted(day.date, place if counts else 0, reason, day.provisional))
        if len(days) > _FAR:
            raise ValueError("a limit walks further than a calendar can know")
    while unit == "calendar" and days and not calendar.day(days[-1].date).works:
        day = next(walk)
        days.append(Counted(day.date, 0, _("顺延到工作日") if day.works else day.reason, day.provisional))
    due = days[-1].date if days else started_on
    yellow = max(count - math.floor(count * YELLOW_SHARE), 1)
    warn = next((day.date for day in days if day.place >= yellow), due)
    return Reckoning(due, warn, any(day.provisional for day in days), tuple(days))


def colour(due: dt.date | None, warn: dt.date | None, today: dt.date) -> str:
    """green, yellow or red; "" when no clock runs."""
    if due is None:
        return ""
    if today > due:
        return "red"
    return "yellow" if warn is not None and today >= warn else "green"


def days_left(calendar: WorkCalendar, unit: str, due: dt.date, today: dt.date) -> int:
    """Days left in the clock's unit after today; negative when overdue."""
    return calendar.between(today, due) if unit == "working" else (due - today).days


@dataclass(frozen=True, slots=True)
class Face:
    """A clock as people read it."""

    kind: str
    name: str
    limit: str
    state: str
    colour: str
    left: int
    words: str
    due: dt.date | None
    provisional: bool
    days: tuple[Counted, ...]


def face(clock: Clock, suspensions: Sequence[Suspension], calendar: WorkCalendar, today: dt.date) -> Face:
    """What a clock says today, with its arithmetic day by day."""
    end = clock.stopped_on or today
    reckoning = reckon(calendar, clock.unit, clock.count, clock.started_on, suspensions, end)
    unit = _("个工作日") if clock.unit == "working" else _("天")
    limit = f"{clock.count} {unit}"
    tone = colour(reckoning.due, reckoning.warn, end)
    left = days_left(calendar, clock.unit, reckoning.due, end)
    if clock.state == Clock.State.STOPPED:
        words = _("按时办完") if left >= 0 else _("超期 %(n)s %(unit)s办完") % {"n": -left, "unit": unit}
    elif clock.state == Clock.State.SUSPENDED:
        words = _("已暂停，还剩 %(n)s %(unit)s") % {"n": max(left, 0), "unit": unit}
    elif left < 0:
        words = _("已超期 %(n)s %(unit)s") % {"n": -left, "unit": unit}
    elif left == 0:
        words = _("今天到期")
    else:
        words = _("还剩 %(n)s %(unit)s") % {"n": left, "unit": unit}
    due = None if clock.state == Clock.State.SUSPENDED else reckoning.due
    return Face(
        clock.kind, str(KINDS.get(clock.kind, clock.kind)), limit, clock.state, tone, left, words, due,
        reckoning.provisional, reckoning.days,
    )  # fmt: skip
