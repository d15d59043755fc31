"""Working days by law, and limits counted on them.

Sources: 国务院办公厅 yearly notices on holidays (loaded by an administrator as facts); 《全国年节及纪念日放假办法》 (2025) for the fixed
days; 《行政许可法》第八十二条: limits in days count working days, without statutory holidays. A limit begins on the day after
the one on which it is triggered.

Dates in a year without a notice are *provisional*: weekends and the fixed statutory days are off, everything else is a guess
that the notice will correct.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

# Solar-calendar statutory days; Spring Festival, Qingming, Dragon Boat and Mid-Autumn move and are known by the notice.
FIXED = {(1, 1): "元旦", (5, 1): "劳动节", (5, 2): "劳动节", (10, 1): "国庆节", (10, 2): "国庆节", (10, 3): "国庆节"}


@dataclass(frozen=True, slots=True)
class Day:
    """Whether one day is worked, why, and whether a notice for its year has been loaded."""

    date: dt.date
    works: bool
    reason: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Count:
    """A limit worked out: its last day, the days it walked over, and whether any of them is provisional."""

    due: dt.date
    days: tuple[Day, ...]
    provisional: bool


class WorkCalendar:
    """The calendar of working days. Immutable; made from the special days and the years that have a notice."""

    def __init__(self, special: Mapping[dt.date, tuple[str, bool]], years: frozenset[int]) -> None:
        self._special = dict(special)
        self.years = years
        self._known: dict[tuple[str | None, dt.date], Day] = {}  # the same days are asked for again and again

    def day(self, date: dt.date) -> Day:
        """What kind of day ``date`` is, in the reader's language."""
        key = (get_language(), date)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._day(date)
        return found

    def _day(self, date: dt.date) -> Day:
        provisional = date.year not in self.years
        special = self._special.get(date)
        if special is not None:
            name, works = special
            reason = _("%(name)s调休，照常上班") % {"name": name} if works else _("%(name)s放假") % {"name": name}
            return Day(date, works, reason, provisional)
        if provisional and (name := FIXED.get((date.month, date.day), "")):
            return Day(date, False, _("%(name)s（法定假日，暂按固定日期）") % {"name": name}, True)
        if date.weekday() >= 5:
            return Day(date, False, _("周末"), provisional)
        return Day(date, True, _("工作日"), provisional)

    def walk(self, after: dt.date) -> Iterator[Day]:
        """The days after ``after``, one by one, without end."""
        date = after
        while True:
            date += dt.timedelta(days=1)
            yield self.day(date)

    def count(self, start: dt.date, working_days: int) -> Count:
        """The last day of a limit of ``working_days`` triggered on ``start``; counting begins on the next day.

        A limit of 0 days ends on ``start``. Raises ValueError for a negative one.
        """
        if working_days < 0:
            raise ValueError("a limit cannot be negative")
        days: list[Day] = []
        left = working_days
        due = start
        walk = self.walk(start)
        while left:
            day = next(walk)
            days.append(day)
            if day.works:
                left -= 1
                due = day.date
        return Count(due, tuple(days), any(day.provisional for day in days))

    def count_calendar(self, start: dt.date, calendar_days: int) -> Count:
        """The last day of a limit in calendar days; one that ends on a day off moves to the next working day (民法典第二百零三条)."""
        if calendar_days < 0:
            raise ValueError("a limit cannot be negative")
        walk = self.walk(start)
        days = [next(walk) for _index in range(calendar_days)]
        while days and not days[-1].works:
            days.append(next(walk))
        due = days[-1].date if days else start
        return Count(due, tuple(days), any(day.provisional for day in days))

    def between(self, start: dt.date, end: dt.date) -> int:
        """How many working days lie after ``start`` up to and including ``end``; negative when ``end`` is earlier."""
        if end < start:
            return -self.between(end, start)
        return sum(
            1 for offset in range(1, (end - start).days + 1) if self.day(start + dt.timedelta(days=offset)).works
        )
