"""Clocks in the store: started, stopped, suspended and resumed as steps of a procedure, or officials, say. Private to this room."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import UUIDField
from django.utils import timezone

from yiwang.foundation.access.queries import change_later, later
from yiwang.foundation.orgs import queries as orgs
from yiwang.kernel.prepared import Given, Prepared

from . import clocks
from .models import Case, Clock, Suspension
from .procedures import Outcome, Step

_LIVING = Prepared(
    lambda: (
        Clock.objects.filter(case=Given("case", UUIDField()))
        .exclude(state=Clock.State.STOPPED)
        .order_by("started_on", "id")
    )
)
_HELD = Prepared(
    lambda: (
        Suspension.objects.filter(clock__case=Given("case", UUIDField()))
        .exclude(clock__state=Clock.State.STOPPED)
        .order_by("since")
    )
)
_SAVED = ["state", "stopped_on", "stopped_at", "due_on", "due_at", "warn_on", "provisional"]


def _reckon(clock: Clock, suspensions: Sequence[Suspension], now: dt.datetime) -> None:
    """Work a clock out again and keep the result on its row (not saved here)."""
    found = clocks.reckoning(clock, suspensions, orgs.calendar(), timezone.localdate(now), now)
    clock.provisional = found.provisional
    suspended = clock.state == Clock.State.SUSPENDED
    clock.due_on = None if suspended else found.due
    clock.due_at = None if suspended else found.due_at
    clock.warn_on = None if suspended else found.warn


def new_clocks(case: Case, kinds: Iterable[str], now: dt.datetime) -> list[Clock]:
    """The clocks of ``kinds`` that the case's limits know, started now and not yet saved."""
    started = []
    for kind in kinds:
        limit = case.limits.get(kind)
        if limit:
            clock = Clock(
                case=case, kind=kind, unit=limit["unit"], count=limit["count"], started_on=timezone.localdate(now),
                started_at=now if limit["unit"] == "hours" else None,
            )  # fmt: skip
            _reckon(clock, (), now)
            started.append(clock)
    return started


def face_of_case(case: Case, running: Sequence[Clock]) -> None:
    """Repeat the most urgent running clock on the case (not saved here)."""
    due = [clock for clock in running if clock.state == Clock.State.RUNNING and clock.due_on is not None]
    urgent = min(due, key=lambda clock: clock.due_on or dt.date.max, default=None)
    case.due_on = urgent.due_on if urgent else None
    case.warn_on = urgent.warn_on if urgent else None
    case.paused = any(clock.state == Clock.State.SUSPENDED for clock in running)


@dataclass(slots=True)
class Clockwork:
    """The living clocks of a case, with their suspensions, while an act changes them. What changed is written at its end."""

    case: Case
    now: dt.datetime
    living: list[Clock]
    held: dict[object, list[Suspension]]
    changed: list[Clock] = field(default_factory=list)

    @classmethod
    def of(cls, case: Case, now: dt.datetime) -> Clockwork:
        """Read the clocks of a case; two queries, one when it has none."""
        living = _LIVING.all(case=case.id)
        held: dict[object, list[Suspension]] = {clock.id: [] for clock in living}
        if living:
            for suspension in _HELD.all(case=case.id):
                held[suspension.clock_id].append(suspension)
        return cls(case, now, living, held)

    @property
    def today(self) -> dt.date:
        return timezone.localdate(self.now)

    def _end(self, suspension: Suspension) -> None:
        suspension.until, suspension.until_at = self.today, self.now
        change_later(suspension, "until", "until_at")

    def stop(self, clock: Clock) -> None:
        for suspension in self.held[clock.id]:
            if suspension.until is None:
                self._end(suspension)
        clock.state, clock.stopped_on, clock.stopped_at = Clock.State.STOPPED, self.today, self.now
        self.changed.append(clock)

    def start(self, kinds: Iterable[str]) -> None:
        """Start clocks; one of a kind that is living already goes on (a step was returned to and done again)."""
        running = {clock.kind for clock in self.living if clock.state != Clock.State.STOPPED}
        started = new_clocks(self.case, [kind for kind in kinds if kind not in running], self.now)
        later(*started)
        self.living += started
        self.held |= {clock.id: [] for clock in started}

    def suspend(
        self, reason: str, *, step: str = "", kinds: Iterable[str] | None = None, due_on: dt.date | None = None
    ) -> list[Clock]:
        """Let clocks stand still (all, or those of ``kinds``); returns which."""
        found = [c for c in self.living if c.state != Clock.State.STOPPED and (kinds is None or c.kind in kinds)]
        for clock in found:
            suspension = Suspension(
                clock=clock, reason=reason, step=step, since=self.today, since_at=self.now, due_on=due_on
            )
            later(suspension)
            self.held[clock.id].append(suspension)
            clock.state = Clock.State.SUSPENDED
        self.changed += found
        return found

    def resume(self, step: str = "") -> None:
        """End the suspensions that ``step`` ("": an official) began; a clock that nothing holds any more runs on."""
        for clock in self.living:
            mine = [s for s in self.held[clock.id] if s.until is None and s.step == step]
            if clock.state != Clock.State.SUSPENDED or not mine:
                continue
            for suspension in mine:
                self._end(suspension)
            if all(suspension.until for suspension in self.held[clock.id]):
                clock.state = Clock.State.RUNNING
            self.changed.append(clock)

    def keep(self) -> None:
        """Have the clocks that changed written, and set the case's own days (the caller saves the case)."""
        for clock in dict.fromkeys(self.changed):
            if clock.state != Clock.State.STOPPED:
                _reckon(clock, self.held[clock.id], self.now)
            change_later(clock, *_SAVED)
        face_of_case(self.case, [clock for clock in self.living if clock.state != Clock.State.STOPPED])


def turn(
    case: Case,
    left: Iterable[Step],
    outcome: Outcome | None,
    opened: Sequence[Step],
    now: dt.datetime,
    *,
    over: bool,
) -> None:
    """Do to the case's clocks what leaving steps with ``outcome`` means, then what the newly ``opened`` steps mean.

    ``over``: the case has ended and every clock stops. Sets the case's own due dates; the caller saves the case.
    """
    work = Clockwork.of(case, now)
    for step in left:
        if step.suspends:
            work.resume(step.code)
    for clock in list(work.living):
        if over or (outcome is not None and clock.kind in outcome.stops):
            work.stop(clock)
    if outcome is not None and outcome.starts and not over:
        work.start(outcome.starts)
    for opening in opened:
        if opening.suspends:
            work.suspend(opening.reason, step=opening.code, kinds=opening.suspends)
    work.keep()


def recount(clock: Clock, now: dt.datetime) -> bool:
    """Count a running clock again with the calendar as it is now; returns whether its last day moved. Saves the clock."""
    before = (clock.due_on, clock.provisional)
    _reckon(clock, list(clock.suspensions.all()), now)
    if (clock.due_on, clock.provisional) == before:
        return False
    clock.save(update_fields=["due_on", "due_at", "warn_on", "provisional"])
    return clock.due_on != before[0]
