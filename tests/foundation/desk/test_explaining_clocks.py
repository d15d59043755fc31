"""A clock says in a few lines how it was counted."""

from __future__ import annotations

import datetime as dt

from yiwang.foundation.cases.clocks import Counted, Face
from yiwang.foundation.cases.queries import runs, timed

MONDAY = dt.date(2026, 11, 23)


def days(*kinds: tuple[str, bool]) -> tuple[Counted, ...]:
    found, place = [], 0
    for offset, (reason, counts) in enumerate(kinds):
        place += counts
        found.append(Counted(MONDAY + dt.timedelta(days=offset), place if counts else 0, reason, False))
    return tuple(found)


def clock(state: str, colour: str, left: int, *, due: dt.date | None = MONDAY, kind: str = "promised") -> Face:
    return Face(kind, "承诺时限", "5 个工作日", state, colour, left, "", due, False, days(("工作日", True)))


def test_days_are_joined_while_the_reason_is_the_same() -> None:
    work, off, held = ("工作日", True), ("周末", False), ("暂停计时", False)
    found = runs(days(work, work, held, work, work, off, off, work))
    assert [(run.days, run.count, run.reason) for run in found] == [
        ("11月23日–11月24日", "第 1–2 天", "工作日"),
        ("11月25日", "不计", "暂停计时"),
        ("11月26日–11月27日", "第 3–4 天", "工作日"),
        ("11月28日–11月29日", "不计", "周末"),
        ("11月30日", "第 5 天", "工作日"),
    ]


def test_the_most_urgent_clock_comes_first() -> None:
    stopped = clock("stopped", "red", -3)
    later = clock("running", "green", 9, due=MONDAY + dt.timedelta(days=9))
    sooner = clock("running", "yellow", 1)
    waiting = clock("suspended", "green", 20, due=None)
    shorter = clock("suspended", "green", 8, due=None)
    order = [one.face for one in timed([stopped, waiting, later, shorter, sooner])]
    assert order == [sooner, later, shorter, waiting, stopped]


def test_a_clock_that_stands_still_has_no_colour() -> None:
    assert [(one.tone, one.icon) for one in timed([clock("suspended", "red", 0, due=None), clock("stopped", "red", -1)])] == [
        ("grey", "player-pause"), ("grey", "flag-exclamation"),
    ]  # fmt: skip
