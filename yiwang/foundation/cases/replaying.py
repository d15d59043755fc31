"""Replaying a log of past cases through the procedure, each event an act on its own date (ADR 31)."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import zen
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Scope, act, afterwards, require
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Conflict, Denied, Invalid, Missing, Problem, Refusal

from . import actions, procedures, rights, slots
from .models import Case, Task
from .queries import procedure
from .replaying_plan import Move, Plan, check_plan

NAMESPACE = UUID("5f8f3c1e-9a57-5d0b-8a39-6f1d3f3e7c11")  # of the ids of replayed cases
BATCH = 25  # cases in one transaction
TAKE_OVER = "cases.take_over"
SET_DOWN = "cases.set_down"
_OFFICE_OPENS = dt.time(9)
_GAP = dt.timedelta(minutes=1)  # between the events of one day, in the order of the file


class EnforcementKind(slots.CaseKind):
    """Cases that an authority opens itself against somebody. Nothing but the procedure knows of them."""

    code = "enforcement"
    name = gettext_lazy("行政处罚案件")


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the log."""

    at: dt.datetime
    activity: str
    row: dict[str, str]

    def values(self) -> dict[str, Any]:
        """The columns as expressions see them."""
        return {name: _value(text) for name, text in self.row.items()}


def _value(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text or None


Log = dict[str, list[Event]]  # the name of a case -> its events, oldest first


def read_log(path: Path, plan: Plan, limit: int | None = None) -> Log:
    """The cases of an event log in CSV (the first ``limit`` of them), in the order in which they begin in the file.

    Raises :class:`Invalid` for a file without the plan's columns or with a date that is none.
    """
    log: dict[str, list[tuple[dt.date, dict[str, str]]]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = {plan.case, plan.activity, plan.date} - set(reader.fieldnames or ())
            if missing:
                raise Invalid(f"{path.name} has no column {', '.join(sorted(missing))}")
            for row in reader:
                if limit is not None and len(log) == limit and row[plan.case] not in log:
                    continue
                log.setdefault(row[plan.case], []).append((dt.date.fromisoformat(row[plan.date][:10]), row))
    except OSError as error:
        raise Invalid(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise Invalid(f"{path.name}:{reader.line_num}: {error}") from None
    return {name: _on_their_days(plan, rows) for name, rows in log.items()}


def _on_their_days(plan: Plan, rows: list[tuple[dt.date, dict[str, str]]]) -> list[Event]:
    found: list[Event] = []
    for day, row in sorted(rows, key=lambda item: item[0]):  # stable: the file's order within a day
        at = timezone.make_aware(dt.datetime.combine(day, _OFFICE_OPENS))
        if found and found[-1].at >= at:
            at = found[-1].at + _GAP
        found.append(Event(at, row[plan.activity], row))
    return found


def case_id(plan: Plan, name: str) -> UUID:
    """The id that a case of the log has in every run."""
    return uuid5(NAMESPACE, f"{plan.name}\n{name}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the cases of a plan belong, looked up once."""

    procedure: UUID
    agency: Agency

    @property
    def region_path(self) -> str:
        return self.agency.region.path

    @property
    def scope(self) -> Scope:
        return Scope(agency=self.agency.path, region=self.region_path, level=2)


def place_of(plan: Plan) -> Place:
    """Find what the plan names. Raises :class:`Missing` when it is not installed, :class:`Invalid` when it does not fit."""
    try:
        found = procedure(plan.procedure)
    except LookupError as error:
        raise Missing(f"{error}; install it first: yiwang pack install {plan.procedure}") from None
    agency = Agency.objects.select_related("region").filter(code=plan.agency).first()
    if agency is None:
        raise Missing(f"there is no agency {plan.agency!r}")
    if plan.kind not in slots.kinds:
        raise Invalid("no such kind of case", problems=[Problem("kind", "unknown", plan.kind)])
    check_plan(plan, procedures.definition(found.id))
    return Place(found.id, agency)


@act(TAKE_OVER, gettext_lazy("接收历史办件"))
def _take_over(actor: Actor, plan: Plan, place: Place, name: str, note: str, title: str) -> Case:
    """Open a case of the log on its day."""
    require(actor, place.scope, subject=f"plan:{plan.name}")
    new = actions.NewCase(
        kind=plan.kind, type_code=plan.type_code, type_name=plan.type_name, title=title, procedure=place.procedure, agency_code=place.agency.code,
        agency_path=place.agency.path, region_path=place.region_path, party_id=None, limits=plan.limits, starts=plan.starts,
        id=case_id(plan, name),
    )  # fmt: skip
    case, _said = actions.open_case(actor, new)
    entry = record("case", case.number, {"plan": plan.name, "source": hashlib.sha256(name.encode()).hexdigest()})
    if note:
        actions.note(actor, case, TAKE_OVER, _("历史办件"), note=note, public=False, entry=entry.id)
    return case


@act(SET_DOWN, gettext_lazy("记下流程不允许的事项"))
def _set_down(actor: Actor, case: Case, activity: str, reason: str) -> None:
    """Keep in the internal journal that the log tells something which the procedure does not allow."""
    require(actor, actions.scope_of(case), subject=f"case:{case.number}")
    entry = record("case", case.number, {"activity": activity[:80]})
    actions.note(actor, case, SET_DOWN, activity[:200], note=reason, public=False, entry=entry.id)


def perform(actor: Actor, plan: Plan, place: Place, name: str, events: list[Event]) -> Case | None:
    """Perform the events of one case that is not there yet, each on its date; None when the log does not begin with its opening."""
    first = events[0]
    if not any(move.opens for move in plan.events.get(first.activity, ())):
        return None
    memory = dict(plan.memory)
    case: Case | None = None
    for event in events:
        moves = plan.events.get(event.activity, ())
        at_that_time = afterwards(actor, event.at)
        if case is None:
            words = _remember(moves[0], event, memory)
            title = plan.title.format_map(event.row)
            case = _take_over(at_that_time, plan, place, name, words, title)
            continue
        try:
            _make_a_move(at_that_time, case, moves, event, memory)
        except Denied:
            raise
        except Refusal as refusal:
            _set_down(at_that_time, case, event.activity, str(refusal.message))
    return case


def _remember(move: Move, event: Event, memory: dict[str, Any]) -> str:
    """Change the memory by a row; returns the note of the move."""
    row = event.values() if move.sets else {}
    for name, expression in move.sets.items():  # one after another: a later one sees what an earlier one set
        found = zen.evaluate_expression(expression, {**memory, "row": row})
        memory[name] = int(found) if isinstance(found, float) and found.is_integer() else found
    return move.words({**event.row, **memory})


def _make_a_move(actor: Actor, case: Case, moves: tuple[Move, ...], event: Event, memory: dict[str, Any]) -> None:
    """Finish the first task of ``moves`` that is open. Raises :class:`Refusal` when there is none."""
    open_tasks = {task.step: task for task in rights.open_tasks(case)}
    move = next((move for move in moves if move.step in open_tasks), None)
    words = _remember(move or moves[0], event, memory) if moves else ""
    if move is None:
        raise Conflict(_why_not(case, moves, open_tasks), code="not-allowed")
    outcome = move.outcome or str(zen.evaluate_expression(move.choose, {**memory, "row": event.values()}))
    actions.complete(actor, open_tasks[move.step].id, outcome, words)


def _why_not(case: Case, moves: tuple[Move, ...], open_tasks: dict[str, Task]) -> str:
    if not moves:
        return _("流程没有这一步")
    if any(move.opens for move in moves):
        return _("这件已经立案")
    if not open_tasks:
        case.refresh_from_db(fields=["outcome_name"])
        return _("办件已经办结（%(outcome)s）") % {"outcome": case.outcome_name}
    waiting = "、".join(sorted(task.name for task in open_tasks.values()))
    return _("还没有走到这一步，或者已经走过；当时待办：%(waiting)s") % {"waiting": waiting}


@dataclass(slots=True)
class Progress:
    """What this run has done so far. ``there`` counts the cases that were there before."""

    cases: int = 0
    events: int = 0
    there: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0  # of this process: the same on a busy machine


def run(actor: Actor, plan: Plan, log: Log, *, told: Callable[[Progress], None] = lambda done: None) -> Progress:
    """Replay what of ``log`` is not there yet, some cases in one transaction each. May be killed and called again at any time."""
    place = place_of(plan)
    require(actor, place.scope, TAKE_OVER, subject=f"plan:{plan.name}")
    began, spent = time.perf_counter(), time.process_time()
    done = Progress()
    for names in _batches(log, BATCH):
        with transaction.atomic():
            ids = {case_id(plan, name): name for name in names}
            there = {ids[known] for known in Case.objects.filter(id__in=ids).values_list("id", flat=True)}
            fresh = [name for name in names if name not in there]
            performed = [name for name in fresh if perform(actor, plan, place, name, log[name])]
        done.cases += len(performed)
        done.events += sum(len(log[name]) for name in performed)
        done.there += len(there)
        done.seconds, done.cpu_seconds = time.perf_counter() - began, time.process_time() - spent
        told(done)
    return done


def _batches(log: Log, size: int) -> Iterator[list[str]]:
    names = iter(log)
    while batch := list(islice(names, size)):
        yield batch
