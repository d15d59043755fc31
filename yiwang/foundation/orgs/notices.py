"""The yearly notice on holidays: checked, loaded, amended.

Private to this room; others call :func:`yiwang.foundation.orgs.actions.load_notice`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext as _

from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Invalid, Problem

from .calendar import FIXED
from .models import HolidayNotice, SpecialDay
from .queries import forget_calendar


@dataclass(frozen=True, slots=True)
class SpecialDate:
    """One day that a notice names: taken off, or worked where one would expect it to be off."""

    date: dt.date
    name: str
    works: bool


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading a notice did. ``changed`` are the days that are another kind of day than before, in order."""

    year: int
    edition: int
    new: bool
    changed: tuple[dt.date, ...]


def _problems(year: int, days: Sequence[SpecialDate]) -> list[Problem]:
    found: list[Problem] = []
    if not 2000 <= year <= 2100:
        found.append(Problem("year", "range", _("年份应在 2000 至 2100 之间。")))
        return found
    # A New Year holiday may begin in December of the old year; nothing in a notice lies outside these thirteen months.
    first, last = dt.date(year - 1, 12, 1), dt.date(year, 12, 31)
    seen: set[dt.date] = set()
    for index, day in enumerate(days):
        field = f"days.{index}"
        if not first <= day.date <= last:
            found.append(
                Problem(field, "range", _("%(day)s 不在 %(year)s 年的通知范围内。") % {"day": day.date, "year": year})
            )
        if day.date in seen:
            found.append(Problem(field, "unique", _("%(day)s 写了两次，请只保留一行。") % {"day": day.date}))
        seen.add(day.date)
        if not day.name.strip():
            found.append(Problem(field, "required", _("%(day)s 缺少节日名称。") % {"day": day.date}))
    off = {day.date for day in days if not day.works}
    for (month, day_of_month), name in FIXED.items():
        if year < 2025 and (month, day_of_month) == (5, 2):
            continue  # the second day of Labour Day is statutory since 2025
        date = dt.date(year, month, day_of_month)
        if date not in off:
            found.append(
                Problem(
                    "days", "statutory",
                    _("通知里没有 %(day)s（%(name)s，法定假日），请检查文件是否完整。") % {"day": date, "name": name},
                )
            )  # fmt: skip
    return found


def load_notice(year: int, source: str, days: Sequence[SpecialDate]) -> Loaded:
    """Load the notice of ``year``, or an amendment of it; the same content again does nothing.

    ``source`` is the notice's title and number, for those who ask how a limit was counted. Must run inside an act. Raises
    :class:`Invalid` for days outside the year, days named twice, and missing statutory days. A weekday may be said to be worked:
    an amendment takes back a day that was off (3 February 2020).
    """
    assert connection.in_atomic_block, "load_notice() belongs inside an act"
    problems = _problems(year, days)
    if not source.strip():
        problems.append(Problem("source", "required", _("请写明通知的名称和文号。")))
    if problems:
        raise Invalid(_("节假日通知有 %(n)s 处需要修改。") % {"n": len(problems)}, problems=problems)
    ordered = sorted(days, key=lambda day: day.date)
    content = {"source": source, "days": [[day.date, day.name, day.works] for day in ordered]}
    content_hash = hashlib.sha256(canonical_bytes(content)).hexdigest()
    last = HolidayNotice.objects.filter(year=year).order_by("-edition").first()
    if last is not None and last.content_hash == content_hash:
        return Loaded(year, last.edition, False, ())

    former = dict(SpecialDay.objects.filter(notice__year=year).values_list("date", "works"))
    notice = HolidayNotice.objects.create(
        year=year, edition=last.edition + 1 if last else 1, source=source, content_hash=content_hash
    )
    SpecialDay.objects.filter(notice__year=year).delete()
    SpecialDay.objects.filter(
        date__in=[day.date for day in ordered]
    ).delete()  # a December day of the next year's notice
    SpecialDay.objects.bulk_create(
        SpecialDay(date=day.date, name=day.name, works=day.works, notice=notice) for day in ordered
    )
    now = {day.date: day.works for day in ordered}
    changed = sorted(date for date in former.keys() | now.keys() if former.get(date) != now.get(date))
    forget_calendar()
    transaction.on_commit(forget_calendar)
    return Loaded(year, notice.edition, True, tuple(changed))
