"""Legal clocks 时限: how a limit is counted, suspended, coloured and explained.

Sources: 《行政许可法》第四十二条 (limits), 第三十二条 (five days to tell what is missing), 第四十五条 (hearings, inspections, expert reviews are not
counted), 第八十二条 (working days). Day one is the next working day after the trigger. Days after a suspension began, up to and
including the day on which it ended, are not counted. A limit in hours runs from the moment of the trigger, day and night, and
stands still by the minute.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

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
    "testing": gettext_lazy("检验、检测、检疫（行政许可法第四十五条）"),
    "appraisal": gettext_lazy("鉴定（行政许可法第四十五条）"),
    "expert-review": gettext_lazy("专家评审（行政许可法第四十五条）"),
    "tender": gettext_lazy("招标、拍卖（行政许可法第四十五条）"),
    "public-notice": gettext_lazy("公示、公告（依法应当公示的日期）"),
    "correction": gettext_lazy("等待申请人补正材料（行政许可法第三十二条）"),
    "force-majeure": gettext_lazy("不可抗力（行政诉讼法第四十八条）"),
}

YELLOW_SHARE = 1 / 3  # a clock is yellow when no more than this share of the limit is left
_FAR = 4000  # days; no limit walks further


def amount(count: int, unit: str) -> str:
    """So many days or hours in words: 3 个工作日."""
    words = {
        "working": ngettext("%(n)s 个工作日", "%(n)s 个工作日", count),
        "hours": ngettext("%(n)s 小时", "%(n)s 小时", count),
    }.get(unit) or ngettext("%(n)s 天", "%(n)s 天", count)
    return words % {"n": count}


@dataclass(frozen=True, slots=True)
class Counted:
    """One day in a clock's arithmetic: its place in the count (0 when it does not count), and why."""

    date: dt.date
    place: int
    reason: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A clock worked out: the last day (the last day if it ran on from today, while suspended), the first yellow day, and the days.

    ``due_at`` is the moment at which a limit in hours ends; None for one in days.
    """

    due: dt.date
    warn: dt.date
    provisional: bool
    days: tuple[Counted, ...]
    due_at: dt.datetime | None = None


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


def reckon_hours(count: int, started_at: dt.datetime, suspensions: Sequence[Suspension], now: dt.datetime) -> Reckoning:
    """Count a limit in hours; each day says how many of its hours were counted."""
    held = sorted((s.since_at, s.until_at or now) for s in suspensions if s.since_at is not None)

    def runs_out(hours: float) -> dt.datetime:
        end = started_at + dt.timedelta(hours=hours)
        for since, until in held:
            if since < end:
                end += max(until - max(since, started_at), dt.timedelta(0))
        return end

    due_at = runs_out(count)
    warn = timezone.localdate(runs_out(count - math.floor(count * YELLOW_SHARE)))
    days: list[Counted] = []
    date, total = timezone.localdate(started_at), 0.0
    while date <= timezone.localdate(due_at) and len(days) < _FAR:
        midnight = timezone.make_aware(dt.datetime.combine(date, dt.time()))
        first = max(midnight, started_at)
        last = min(timezone.make_aware(dt.datetime.combine(date + dt.timedelta(days=1), dt.time())), due_at)
        still = sum(
            (max(min(until, last) - max(since, first), dt.timedelta(0)) for since, until in held), dt.timedelta(0)
        )
        hours = (last - first - still) / dt.timedelta(hours=1)
        total += hours
        words = _("计 %(hours)s 小时") % {"hours": f"{hours:.1f}".removesuffix(".0")}
        days.append(Counted(date, math.ceil(round(total, 4)) if hours > 0 else 0, words, False))
        date += dt.timedelta(days=1)
    return Reckoning(timezone.localdate(due_at), warn, False, tuple(days), due_at)


def reckoning(
    clock: Clock, suspensions: Sequence[Suspension], calendar: WorkCalendar, today: dt.date, now: dt.datetime
) -> Reckoning:
    """Work a clock out, whatever its unit."""
    if clock.unit == "hours" and clock.started_at is not None:
        return reckon_hours(clock.count, clock.started_at, suspensions, now)
    return reckon(calendar, clock.unit, clock.count, clock.started_on, suspensions, today)


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
    """A clock as people read it. ``left`` is in the unit of the limit. ``pause`` says why it stands still and until when it may."""

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
    pause: str = ""
    pause_overdue: bool = False
    due_at: dt.datetime | None = None


def pause_words(suspension: Suspension, today: dt.date) -> str:
    """Why a clock stands still and how long it may: 听证（…），到11月30日为止."""
    words = str(REASONS.get(suspension.reason, suspension.reason))
    if suspension.due_on is None:
        return words
    day = _("%(month)s月%(day)s日") % {"month": suspension.due_on.month, "day": suspension.due_on.day}
    if today > suspension.due_on:
        return _("%(reason)s，应当在%(day)s前结束，已经超期") % {"reason": words, "day": day}
    return _("%(reason)s，最晚到%(day)s") % {"reason": words, "day": day}


def face(
    clock: Clock,
    suspensions: Sequence[Suspension],
    calendar: WorkCalendar,
    today: dt.date,
    now: dt.datetime | None = None,
) -> Face:
    """What a clock says today, with its arithmetic day by day. ``now`` matters to limits in hours."""
    now = now or timezone.now()
    end = clock.stopped_on or today
    moment = clock.stopped_at or now
    found = reckoning(clock, suspensions, calendar, end, moment)
    limit = amount(clock.count, clock.unit)
    if found.due_at is not None:
        tone = "red" if moment > found.due_at else colour(found.due, found.warn, end)
        left = math.floor((found.due_at - moment) / dt.timedelta(hours=1))
    else:
        tone = colour(found.due, found.warn, end)
        left = days_left(calendar, clock.unit, found.due, end)
    time = amount(max(left, 0) if clock.state == Clock.State.SUSPENDED else abs(left), clock.unit)
    if clock.state == Clock.State.STOPPED:
        words = _("按时办完") if left >= 0 else _("超期 %(time)s办完") % {"time": time}
    elif clock.state == Clock.State.SUSPENDED:
        words = _("已暂停，还剩 %(time)s") % {"time": time}
    elif left < 0:
        words = _("已超期 %(time)s") % {"time": time}
    elif left == 0:
        words = _("今天到期") if found.due_at is None else _("不到 1 小时就到期")
    else:
        words = _("还剩 %(time)s") % {"time": time}
    due = None if clock.state == Clock.State.SUSPENDED else found.due
    still = [s for s in suspensions if s.until is None] if clock.state == Clock.State.SUSPENDED else []
    return Face(
        clock.kind, str(KINDS.get(clock.kind, clock.kind)), limit, clock.state, tone, left, words, due,
        found.provisional, found.days, "；".join(pause_words(s, today) for s in still),
        any(s.due_on is not None and today > s.due_on for s in still), found.due_at,
    )  # fmt: skip
