"""Limits are counted in working days from the next one, suspended with a reason, coloured, and explained day by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine

from tests.factories import citizen, official
from tests.factories.cases import TrialKind, notices, open_permit, open_task, trial_kind
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import actions, clocks, queries
from yiwang.foundation.cases.jobs import recount_provisional, sound_alarms
from yiwang.foundation.cases.models import Case, Clock, JournalEntry, Suspension
from yiwang.foundation.events.models import Event
from yiwang.foundation.orgs.calendar import WorkCalendar
from yiwang.foundation.orgs.queries import forget_calendar

NOTICED = WorkCalendar(
    {
        dt.date(2026, 9, 25): ("中秋节", False),
        dt.date(2026, 9, 20): ("国庆节", True),
        **{dt.date(2026, 10, day): ("国庆节", False) for day in range(1, 8)},
        dt.date(2026, 10, 10): ("国庆节", True),
    },
    frozenset({2026}),
)


def due(start: str, count: int, unit: str = "working", suspensions: tuple[Suspension, ...] = ()) -> clocks.Reckoning:
    return clocks.reckon(
        NOTICED, unit, count, dt.date.fromisoformat(start), suspensions, dt.date.fromisoformat("2026-11-21")
    )


def test_day_one_is_the_next_working_day() -> None:
    assert due("2026-11-20", 1).due == dt.date(2026, 11, 23)  # a Friday
    assert due("2026-11-21", 5).due == dt.date(2026, 11, 27)  # a Saturday


def test_holidays_are_left_out_and_make_up_days_count() -> None:
    reckoning = due("2026-09-30", 5)
    # 1–7 October are off; Thursday 8, Friday 9, the worked Saturday 10, Monday 12, Tuesday 13
    assert reckoning.due == dt.date(2026, 10, 13)
    assert [day.place for day in reckoning.days if day.place] == [1, 2, 3, 4, 5]
    assert reckoning.days[0].reason == "国庆节放假"


def test_a_limit_across_new_year_is_provisional() -> None:
    reckoning = due("2026-12-25", 10)
    assert reckoning.provisional
    assert dt.date(2027, 1, 1) in [day.date for day in reckoning.days if not day.place]
    assert not due("2026-12-01", 5).provisional


def test_a_calendar_limit_that_ends_on_a_day_off_moves_on() -> None:
    assert due("2026-11-11", 10, "calendar").due == dt.date(2026, 11, 23)  # the 21st is a Saturday
    assert due("2026-11-10", 10, "calendar").due == dt.date(2026, 11, 20)


def test_suspended_days_do_not_count() -> None:
    held = Suspension(reason="site-inspection", since=dt.date(2026, 11, 3), until=dt.date(2026, 11, 6))
    plain, suspended = due("2026-11-02", 8), due("2026-11-02", 8, suspensions=(held,))
    assert plain.due == dt.date(2026, 11, 12)
    assert suspended.due == dt.date(2026, 11, 17)  # the 4th, 5th and 6th are left out
    assert [day.date.day for day in suspended.days if "暂停" in day.reason] == [4, 5, 6]


def test_colours_by_share_left() -> None:
    reckoning = due("2026-11-02", 9)  # 3 … 13 November
    tones = {day: clocks.colour(reckoning.due, reckoning.warn, dt.date(2026, 11, day)) for day in (2, 9, 10, 13, 14)}
    assert tones == {2: "green", 9: "green", 10: "yellow", 13: "yellow", 14: "red"}


def hours(count: int, now: str, *held: Suspension) -> clocks.Reckoning:
    started = dt.datetime.fromisoformat("2026-11-06T16:00:00+08:00")  # a Friday
    return clocks.reckon_hours(count, started, held, dt.datetime.fromisoformat(now))


def test_a_limit_in_hours_runs_day_and_night_and_stands_still_by_the_minute() -> None:
    plain = hours(24, "2026-11-06T17:00:00+08:00")
    assert plain.due_at == dt.datetime.fromisoformat("2026-11-07T16:00:00+08:00")
    assert [(day.date.day, day.place, day.reason) for day in plain.days] == [(6, 8, "计 8 小时"), (7, 24, "计 16 小时")]
    held = Suspension(
        reason="testing", since=dt.date(2026, 11, 6), since_at=dt.datetime.fromisoformat("2026-11-06T17:30:00+08:00"),
        until=dt.date(2026, 11, 7), until_at=dt.datetime.fromisoformat("2026-11-07T09:00:00+08:00"),
    )  # fmt: skip
    moved = hours(24, "2026-11-07T10:00:00+08:00", held)
    assert moved.due_at == dt.datetime.fromisoformat("2026-11-08T07:30:00+08:00")
    assert sum(float(day.reason.split()[1]) for day in moved.days) == 24


@pytest.mark.django_db(transaction=True)
def test_a_clock_in_hours_turns_red_at_its_minute(kind: TrialKind) -> None:
    from tests.factories.cases import LIMITS

    notices(2026)
    with time_machine.travel("2026-11-06T16:00:00+08:00", tick=False) as clock:
        case = open_permit(citizen(), limits={**LIMITS, "acceptance": {"count": 2, "unit": "hours"}})
        viewer = official("window-clerk", ["cases.read"])
        [face] = queries.view(viewer, case.number).clocks
        assert (face.limit, face.words) == ("2 小时", "还剩 2 小时")
        clock.shift(dt.timedelta(minutes=121))
        [face] = queries.view(viewer, case.number).clocks
        assert (face.colour, face.words) == ("red", "已超期 1 小时")
        sound_alarms()
        sound_alarms()
        turned = Event.objects.filter(type="clock.turned", subject=case.number)
        assert [event.data["colour"] for event in turned] == ["red"]


@pytest.fixture
def kind() -> Iterator[TrialKind]:
    with trial_kind() as plugged:
        yield plugged


def clock(case: Case, which: str) -> Clock:
    return Clock.objects.get(case=case, kind=which)


def act_on(day: str, actor: Actor, case: Case, step: str, outcome: str, opinion: str = "意见") -> None:
    with time_machine.travel(f"{day}T10:00:00+08:00", tick=False):
        actions.complete(actor, open_task(case, step).id, outcome, opinion)


@pytest.mark.django_db
def test_an_inspection_suspends_the_clock_for_its_days(kind: TrialKind) -> None:
    notices(2026)
    staff = {
        role: official(role, ["cases.read"])
        for role in ("window-clerk", "reviewer-documents", "reviewer-premises", "inspector", "chief")
    }
    with time_machine.travel("2026-11-02T09:00:00+08:00", tick=False):
        case = open_permit(citizen())
    act_on("2026-11-03", staff["window-clerk"], case, "accept", "accept")
    assert clock(case, "acceptance").state == "stopped"
    assert clock(case, "promised").due_on == dt.date(2026, 11, 13)
    act_on("2026-11-04", staff["reviewer-documents"], case, "review_documents", "agree")
    act_on("2026-11-04", staff["reviewer-premises"], case, "review_premises", "agree")
    case.refresh_from_db()
    assert (clock(case, "promised").state, case.due_on, case.paused) == ("suspended", None, True)
    act_on("2026-11-09", staff["inspector"], case, "inspect", "pass")
    case.refresh_from_db()
    # 4 November counted as day one; the 5th, 6th and 9th stood still; seven days are left from the 10th
    assert (clock(case, "promised").due_on, case.due_on) == (dt.date(2026, 11, 18), dt.date(2026, 11, 18))
    with time_machine.travel("2026-11-10T10:00:00+08:00", tick=False):
        face = next(face for face in queries.view(staff["chief"], case.number).clocks if face.kind == "promised")
    assert [day.date.day for day in face.days if "现场核查" in day.reason] == [5, 6, 7, 8, 9]
    assert face.words == "还剩 6 个工作日"
    act_on("2026-11-10", staff["chief"], case, "decide", "approve")
    assert set(Clock.objects.filter(case=case).values_list("state", flat=True)) == {"stopped"}


@pytest.mark.django_db
def test_a_correction_stops_the_acceptance_clock_and_starts_a_new_one(kind: TrialKind) -> None:
    notices(2026)
    clerk, applicant = official("window-clerk"), citizen()
    with time_machine.travel("2026-11-02T09:00:00+08:00", tick=False):
        case = open_permit(applicant)
    act_on("2026-11-03", clerk, case, "accept", "correct")
    case.refresh_from_db()
    assert (case.due_on, case.paused) == (None, False)  # the time is the applicant's now
    act_on("2026-11-10", applicant, case, "correct", "resubmit")
    assert list(Clock.objects.filter(case=case).order_by("started_on").values_list("state", "due_on")) == [
        ("stopped", dt.date(2026, 11, 9)),
        ("running", dt.date(2026, 11, 17)),
    ]


@pytest.mark.django_db(transaction=True)
def test_timers_fire_once_for_yellow_and_once_for_red(kind: TrialKind) -> None:
    notices(2026)
    with time_machine.travel("2026-11-02T09:00:00+08:00", tick=False):
        case = open_permit(citizen())  # due on the 9th
    announced = []
    for day in ("2026-11-03", "2026-11-09", "2026-11-09", "2026-11-10", "2026-11-11"):
        with time_machine.travel(f"{day}T08:00:00+08:00", tick=False):
            sound_alarms()
        announced.append(Event.objects.filter(type="clock.turned", subject=case.number).count())
    assert announced == [0, 1, 1, 2, 2]


@pytest.mark.django_db
def test_loading_the_notice_makes_provisional_limits_firm(kind: TrialKind) -> None:
    notices(2026)
    with time_machine.travel("2026-12-28T09:00:00+08:00", tick=False):
        case = open_permit(citizen())
        held = clock(case, "acceptance")
        assert (held.due_on, held.provisional) == (dt.date(2027, 1, 5), True)  # 1 January is off by statute
        notices(2027, days={"2027-01-01": ("元旦", False), "2027-01-04": ("元旦", False)})
        forget_calendar()
        recount_provisional.func()
    held.refresh_from_db()
    case.refresh_from_db()
    assert (held.due_on, held.provisional, case.due_on) == (dt.date(2027, 1, 6), False, dt.date(2027, 1, 6))
    assert JournalEntry.objects.filter(case=case, act="cases.recount").count() == 1
