"""Working days: what the notices say, what is only a guess, and what changes when a notice is loaded."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.foundation.orgs.actions import SpecialDate, load_notice
from yiwang.foundation.orgs.models import HolidayNotice, SpecialDay
from yiwang.foundation.orgs.queries import WorkCalendar, calendar
from yiwang.kernel.refusals import Invalid

D = dt.date


def off(*days: dt.date, name: str = "节日") -> list[SpecialDate]:
    return [SpecialDate(day, name, False) for day in days]


def notice_2026() -> list[SpecialDate]:
    return [
        *off(D(2026, 1, 1), D(2026, 1, 2), D(2026, 1, 3), name="元旦"),
        SpecialDate(D(2026, 1, 4), "元旦", True),
        *off(*(D(2026, 5, day) for day in range(1, 6)), name="劳动节"),
        *off(*(D(2026, 10, day) for day in range(1, 8)), name="国庆节"),
        SpecialDate(D(2026, 9, 20), "国庆节", True),
        SpecialDate(D(2026, 10, 10), "国庆节", True),
    ]


def notice_2027() -> list[SpecialDate]:
    """What the coming notice might say: New Year taken from the last days of December, paid for by a worked Sunday."""
    return [
        SpecialDate(D(2026, 12, 27), "元旦", True),
        *off(D(2026, 12, 31), D(2027, 1, 1), D(2027, 1, 2), name="元旦"),
        *off(D(2027, 5, 1), D(2027, 5, 2), D(2027, 5, 3), name="劳动节"),
        *off(D(2027, 10, 1), D(2027, 10, 2), D(2027, 10, 3), name="国庆节"),
    ]


def made(*notices: list[SpecialDate], years: tuple[int, ...]) -> WorkCalendar:
    days = {day.date: (day.name, day.works) for notice in notices for day in notice}
    return WorkCalendar(days, frozenset(years))


def test_day_one_is_the_next_working_day_and_a_worked_sunday_counts() -> None:
    known = made(notice_2026(), years=(2026,))
    count = known.count(D(2025, 12, 31), 1)
    assert count.due == D(2026, 1, 4)  # Sunday, worked; 1 to 3 January are off
    assert [day.works for day in count.days] == [False, False, False, True]
    assert not count.provisional


def test_a_limit_over_national_day_explains_every_day() -> None:
    known = made(notice_2026(), years=(2026,))
    count = known.count(D(2026, 9, 30), 3)
    assert count.due == D(2026, 10, 10)
    reasons = {day.date: day.reason for day in count.days}
    assert "国庆节放假" in reasons[D(2026, 10, 1)]
    assert "照常上班" in reasons[D(2026, 10, 10)]


def test_a_limit_across_new_year_2027_is_provisional_until_the_notice_comes() -> None:
    before = made(notice_2026(), years=(2026,))
    count = before.count(D(2026, 12, 28), 5)
    assert count.provisional
    assert count.due == D(2027, 1, 5)  # 29, 30, 31 December, 4 and 5 January; 1 January is statutory, 2 and 3 a weekend
    assert "暂按固定日期" in next(day.reason for day in count.days if day.date == D(2027, 1, 1))
    assert not before.count(D(2026, 12, 21), 5).provisional

    after = made(notice_2026(), notice_2027(), years=(2026, 2027))
    known = after.count(D(2026, 12, 28), 5)
    assert (known.due, known.provisional) == (D(2027, 1, 6), False)  # 31 December was taken off


def test_calendar_days_that_end_on_a_day_off_move_on() -> None:
    known = made(notice_2026(), years=(2026,))
    assert known.count_calendar(D(2026, 9, 26), 5).due == D(2026, 10, 8)
    assert known.count_calendar(D(2026, 9, 26), 4).due == D(2026, 9, 30)


def test_nothing_and_less_than_nothing() -> None:
    known = made(years=())
    assert known.count(D(2026, 1, 1), 0).due == D(2026, 1, 1)
    assert known.count_calendar(D(2026, 1, 1), 0).due == D(2026, 1, 1)
    with pytest.raises(ValueError, match="negative"):
        known.count(D(2026, 1, 1), -1)


@given(st.dates(D(2024, 1, 1), D(2027, 12, 31)), st.integers(1, 60))
def test_counting_and_measuring_agree(start: dt.date, days: int) -> None:
    known = made(notice_2026(), notice_2027(), years=(2026, 2027))
    due = known.count(start, days).due
    assert known.day(due).works
    assert known.between(start, due) == days
    assert known.between(due, start) == -days


@pytest.mark.django_db
class TestLoading:
    def test_the_calendar_knows_a_notice_at_once(self) -> None:
        assert calendar().day(D(2026, 10, 5)).works
        loaded = load_notice(2026, "通知〔2025〕7号", notice_2026())
        assert loaded.new
        assert D(2026, 10, 5) in loaded.changed
        assert not calendar().day(D(2026, 10, 5)).works
        assert calendar().years == {2026}

    def test_the_same_notice_again_is_nothing(self) -> None:
        load_notice(2026, "通知", notice_2026())
        again = load_notice(2026, "通知", list(reversed(notice_2026())))
        assert (again.new, again.changed) == (False, ())
        assert HolidayNotice.objects.count() == 1

    def test_an_amendment_is_a_further_edition_and_names_the_days_that_changed(self) -> None:
        load_notice(2026, "通知", notice_2026())
        amended = [day for day in notice_2026() if day.date != D(2026, 10, 10)]
        loaded = load_notice(2026, "关于调整的通知", [*amended, SpecialDate(D(2026, 10, 11), "国庆节", True)])
        assert (loaded.edition, loaded.changed) == (2, (D(2026, 10, 10), D(2026, 10, 11)))
        assert not calendar().day(D(2026, 10, 10)).works
        assert calendar().years == {2026}
        assert HolidayNotice.objects.count() == 2

    def test_the_notice_of_the_next_year_may_take_days_of_december(self) -> None:
        load_notice(2026, "通知", notice_2026())
        load_notice(2027, "通知", notice_2027())
        assert not calendar().day(D(2026, 12, 31)).works
        assert SpecialDay.objects.get(date=D(2026, 12, 31)).notice.year == 2027

    @pytest.mark.parametrize(
        ("change", "rule"),
        [
            (lambda days: [*days, SpecialDate(D(2025, 11, 30), "元旦", False)], "range"),
            (lambda days: [*days, days[0]], "unique"),
            (lambda days: [*days, SpecialDate(D(2026, 3, 7), " ", True)], "required"),
            (lambda days: [day for day in days if day.date != D(2026, 10, 1)], "statutory"),
        ],
    )
    def test_a_wrong_notice_is_refused_whole(self, change: object, rule: str) -> None:
        with pytest.raises(Invalid) as refusal:
            load_notice(2026, "通知", change(notice_2026()))  # type: ignore[operator]
        assert [problem.rule for problem in refusal.value.problems] == [rule]
        assert not SpecialDay.objects.exists()

    def test_a_notice_without_its_source_is_refused(self) -> None:
        with pytest.raises(Invalid, match="1 处"):
            load_notice(2026, " ", notice_2026())

    def test_the_real_notices_of_2018_to_2026_load(self, shared: Path) -> None:
        by_year: dict[int, list[SpecialDate]] = {}
        with (shared / "data" / "holidays.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                day = D.fromisoformat(row["date"])
                year = day.year + (day.month == 12 and row["name"] == "元旦")
                by_year.setdefault(year, []).append(SpecialDate(day, row["name"], row["day"] == "work"))
        for year, days in by_year.items():
            if year <= 2026:
                load_notice(year, "国务院办公厅通知", days)
        assert calendar().years == set(range(2018, 2027))
        assert calendar().count(D(2020, 1, 23), 1).due == D(2020, 2, 3)  # the holiday that was made longer
