"""When a timer event fires. Private to this room; the rows are written by :mod:`.settling` and read by a job."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from django.utils import timezone

from yiwang.foundation.orgs import queries as orgs

if TYPE_CHECKING:
    from .procedures import Timer

_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
LONGEST = dt.timedelta(days=3660)


def parse_duration(text: str) -> dt.timedelta:
    """An ISO 8601 duration in weeks, days, hours, minutes and seconds. Raises ValueError for another, or one of nothing or over ten years."""
    found = _DURATION.fullmatch(text)
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0,) * 5
    length = dt.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not dt.timedelta(0) < length <= LONGEST:
        raise ValueError(text)
    return length


def fires_at(timer: Timer, now: dt.datetime) -> dt.datetime:
    """When ``timer``, reached at ``now``, fires. Working days are counted as limits are: day one is the next one, and the last is over first."""
    if timer.date:
        at = dt.datetime.fromisoformat(timer.date)
        return at if timezone.is_aware(at) else timezone.make_aware(at)
    length = parse_duration(timer.duration)
    if not timer.working:
        return now + length
    last = orgs.calendar().count(timezone.localdate(now), length.days).due
    return timezone.make_aware(dt.datetime.combine(last + dt.timedelta(days=1), dt.time())) + dt.timedelta(
        seconds=length.seconds
    )
