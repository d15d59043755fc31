"""Clocks in the store: started, stopped, suspended and resumed as steps of a procedure say. Private to this room."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from yiwang.foundation.orgs import queries as orgs

from . import clocks
from .models import Case, Clock, Suspension
from .procedures import Outcome, Step


def _reckon(clock: Clock, suspensions: Sequence[Suspension], today: dt.date) -> None:
    """Work a clock out again and keep the result on its row (not saved here)."""
    found = clocks.reckon(orgs.calendar(), clock.unit, clock.count, clock.started_on, suspensions, today)
    clock.provisional = found.provisional
    suspended = clock.state == Clock.State.SUSPENDED
    clock.due_on = None if suspended else found.due
    clock.warn_on = None if suspended else found.warn


def new_clocks(case: Case, kinds: Iterable[str], today: dt.date) -> list[Clock]:
    """The clocks of ``kinds`` that the case's limits know, started today and not yet saved."""
    started = []
    for kind in kinds:
        limit = case.limits.get(kind)
        if limit:
            clock = Clock(case=case, kind=kind, unit=limit["unit"], count=limit["count"], started_on=today)
            _reckon(clock, (), today)
            started.append(clock)
    return started


def face_of_case(case: Case, running: Sequence[Clock]) -> None:
    """Repeat the most urgent running clock on the case (not saved here)."""
    due = [clock for clock in running if clock.state == Clock.State.RUNNING and clock.due_on is not None]
    urgent = min(due, key=lambda clock: clock.due_on or dt.date.max, default=None)
    case.due_on = urgent.due_on if urgent else None
    case.warn_on = urgent.warn_on if urgent else None
    case.paused = any(clock.state == Clock.State.SUSPENDED for clock in running)


def turn(
    case: Case, step: Step, outcome: Outcome | None, opened: Sequence[Step], today: dt.date, *, over: bool
) -> None:
    """Do to the case's clocks what finishing ``step`` with ``outcome`` means, then what the newly ``opened`` steps mean.

    ``over``: the case has ended and every clock stops. Sets the case's own due dates; the caller saves the case.
    """
    living = list(case.clocks.exclude(state=Clock.State.STOPPED).order_by("started_on", "id"))
    suspensions: dict[object, list[Suspension]] = {clock.id: [] for clock in living}
    for suspension in Suspension.objects.filter(clock__in=living).order_by("since"):
        suspensions[suspension.clock_id].append(suspension)
    changed: list[Clock] = []

    for clock in living:
        held = suspensions[clock.id]
        if clock.state == Clock.State.SUSPENDED and step.suspends and clock.kind in step.suspends:
            for suspension in held:
                if suspension.until is None and suspension.step == step.code:
                    suspension.until = today
                    suspension.save(update_fields=["until"])
            if all(suspension.until for suspension in held):
                clock.state = Clock.State.RUNNING
            changed.append(clock)
        if over or (outcome is not None and clock.kind in outcome.stops):
            for suspension in held:
                if suspension.until is None:
                    suspension.until = today
                    suspension.save(update_fields=["until"])
            clock.state, clock.stopped_on = Clock.State.STOPPED, today
            changed.append(clock)

    if outcome is not None and outcome.starts and not over:
        started = new_clocks(case, outcome.starts, today)
        Clock.objects.bulk_create(started)
        living += started
        suspensions |= {clock.id: [] for clock in started}

    for opening in opened:
        for clock in living:
            if clock.kind in opening.suspends and clock.state != Clock.State.STOPPED:
                suspension = Suspension.objects.create(
                    clock=clock, reason=opening.reason, step=opening.code, since=today
                )
                suspensions[clock.id].append(suspension)
                clock.state = Clock.State.SUSPENDED
                changed.append(clock)

    for clock in dict.fromkeys(changed):
        if clock.state != Clock.State.STOPPED:
            _reckon(clock, suspensions[clock.id], today)
        clock.save(update_fields=["state", "stopped_on", "due_on", "warn_on", "provisional"])
    face_of_case(case, [clock for clock in living if clock.state != Clock.State.STOPPED])


def recount(clock: Clock, today: dt.date) -> bool:
    """Count a running clock again with the calendar as it is now; returns whether its last day moved. Saves the clock."""
    before = (clock.due_on, clock.provisional)
    _reckon(clock, list(clock.suspensions.all()), today)
    if (clock.due_on, clock.provisional) == before:
        return False
    clock.save(update_fields=["due_on", "warn_on", "provisional"])
    return clock.due_on != before[0]
