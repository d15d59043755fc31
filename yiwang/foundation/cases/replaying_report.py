"""What a replay came to, counted in the store and compared with the file."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone

from yiwang.foundation.orgs import queries as orgs
from yiwang.kernel.sheets import harmless

from .clocks import days_left
from .models import Case, Clock, JournalEntry, Task
from .replaying import SET_DOWN, Log, case_id
from .replaying_plan import Plan

CHUNK = 500


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """An event of the file that the procedure does not allow."""

    case: str
    number: str
    date: dt.date
    activity: str
    reason: str


@dataclass(slots=True)
class ClockCount:
    """The clocks of one kind: all, those that ran over before they stopped or by the last day of the file, and the most days over."""

    started: int = 0
    over: int = 0
    running_over: int = 0
    most_days: int = 0


@dataclass(slots=True)
class Summary:
    """The file and the store side by side. ``unopened`` are cases of the file that do not begin with an opening."""

    in_file: Counter[str] = field(default_factory=Counter)
    performed: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    not_allowed: list[NotAllowed] = field(default_factory=list)
    unopened: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    clocks: dict[str, ClockCount] = field(default_factory=dict)
    cases: int = 0
    as_of: dt.date = dt.date.min

    @property
    def agrees(self) -> bool:
        """Whether each event of the file is in the store exactly once: performed, or set down as not allowed."""
        return self.in_file == self.performed + self.refused


def summarise(plan: Plan, log: Log) -> Summary:
    """Count what the store has of the cases of ``log``; a few queries for each :data:`CHUNK` cases."""
    found = Summary()
    found.as_of = max((events[-1].at.date() for events in log.values()), default=dt.date.min)
    opening = {activity for activity, moves in plan.events.items() if any(move.opens for move in moves)}
    for events in log.values():
        found.in_file.update(event.activity for event in events)
    names = iter(log)
    while batch := list(islice(names, CHUNK)):
        ids = {case_id(plan, name): name for name in batch}
        _count(found, plan, log, ids, opening)
    order = {name: place for place, name in enumerate(log)}
    found.not_allowed.sort(key=lambda line: order[line.case])  # stable: within a case as they happened
    return found


def _count(found: Summary, plan: Plan, log: Log, ids: dict[UUID, str], opening: set[str]) -> None:
    known = {case.id: case for case in Case.objects.filter(id__in=ids).defer("engine")}
    for key, name in ids.items():
        if key not in known:
            found.unopened.append(name)
            found.refused.update(event.activity for event in log[name])
    found.cases += len(known)
    found.outcomes.update(case.outcome_name for case in known.values())
    first_activity = {key: log[ids[key]][0].activity for key in known}
    assert set(first_activity.values()) <= opening
    found.performed.update(first_activity.values())
    by_move = {
        (move.step, outcome): activity
        for activity, moves in plan.events.items()
        for move in moves
        for outcome in ([move.outcome] if move.outcome else [""])
    }
    done = Task.objects.filter(case__in=known, state=Task.State.DONE).values_list("step", "outcome")
    found.performed.update(
        by_move.get((step, outcome)) or by_move.get((step, "")) or f"{step}: {outcome}" for step, outcome in done
    )
    for line in JournalEntry.objects.filter(case__in=known, act=SET_DOWN).order_by("at", "id"):
        case = known[line.case_id]
        found.refused[line.text] += 1
        found.not_allowed.append(
            NotAllowed(ids[case.id], case.number, timezone.localdate(line.at), line.text, line.note)
        )
    calendar = orgs.calendar()
    for clock in Clock.objects.filter(case__in=known):
        count = found.clocks.setdefault(clock.kind, ClockCount())
        count.started += 1
        end = clock.stopped_on or found.as_of
        if clock.due_on is not None and end > clock.due_on:
            count.over += 1
            count.running_over += clock.stopped_on is None
            count.most_days = max(count.most_days, -days_left(calendar, clock.unit, clock.due_on, end))


def write_report(path: Path, summary: Summary) -> None:
    """The events that the procedure does not allow, as CSV."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case", "number", "date", "activity", "reason"])
        for line in summary.not_allowed:
            names = [harmless(name) for name in (line.case, line.number, str(line.date), line.activity, line.reason)]
            writer.writerow(names)
        for name in summary.unopened:
            writer.writerow([harmless(name), "", "", "", "the log does not begin with the opening of the case"])


def as_dict(summary: Summary) -> dict[str, Any]:
    """For programs."""
    return {
        "cases": summary.cases,
        "events": {
            activity: {
                "in_file": count,
                "performed": summary.performed[activity],
                "not_allowed": summary.refused[activity],
            }
            for activity, count in summary.in_file.most_common()
        },
        "outcomes": dict(summary.outcomes.most_common()),
        "clocks": {
            kind: {"started": c.started, "over": c.over, "running_over": c.running_over, "most_days_over": c.most_days}
            for kind, c in sorted(summary.clocks.items())
        },
        "unopened": len(summary.unopened),
        "agrees": summary.agrees,
    }
