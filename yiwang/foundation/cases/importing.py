"""Cases that another system finished, or began, before this node: entered whole and in bulk (历史办件归集).

A past case runs through the engine of its procedure, once for each sequence of outcomes and not once for each case, so its state,
tasks and end are those that the procedure allows. Its clocks are reckoned on the calendar of its own dates. It has no ledger
entries of its own, because nothing was witnessed here: every line of its journal names the one entry of the import, which holds a
digest over all that came in (ADR 0034).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.config.environment import environment
from yiwang.foundation.access.queries import Actor, act, require
from yiwang.foundation.accounts.queries import Party
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.queries import calendar
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.ids import uuid7
from yiwang.kernel.refusals import Invalid, Problem

from . import clocks, engine, procedures
from .models import Case, Clock, JournalEntry, Suspension, Task
from .numbers import check_digit
from .procedures import Definition, Outcome, Step
from .words import words_of

BATCH = 500


@dataclass(frozen=True, slots=True)
class PastStep:
    """A step that was finished: by whom (an account and the name in the journal), when, with which outcome and opinion."""

    step: str
    outcome: str
    at: dt.datetime
    account_id: int | None = None
    name: str = ""
    opinion: str = ""


@dataclass(frozen=True, slots=True)
class PastCase:
    """A case of the former system. ``serial`` makes its number, with its day; it waits on if its steps do not reach an end."""

    serial: int
    kind: str
    type_code: str
    type_name: str
    procedure: UUID
    agency_code: str
    agency_path: str
    region_path: str
    party_id: UUID | None
    channel: str
    opened_at: dt.datetime
    steps: tuple[PastStep, ...]
    limits: Mapping[str, Mapping[str, Any]]
    starts: tuple[str, ...]

    def number(self) -> str:
        """The number that the case has here: as of its own day, from its serial."""
        digits = f"{environment.node_code}{timezone.localdate(self.opened_at):%y%m%d}{self.serial:07d}"
        return digits + check_digit(digits)


@lru_cache(maxsize=512)
def _states(procedure: UUID, path: tuple[tuple[str, str], ...]) -> tuple[engine.State, ...]:
    """The engine's state at the beginning and after each of the steps. Raises :class:`Invalid` for a step that was not waited for."""
    if not path:
        return (engine.first_state(procedure),)
    before = _states(procedure, path[:-1])
    step, outcome = path[-1]
    waiting = next((item for item in before[-1].waiting if item.step == step), None)
    if waiting is None:
        message = _("流程在“%(step)s”之前没有走到这一环节。") % {"step": step}
        raise Invalid(message, problems=[Problem("steps", "order", message)])
    return (*before, engine.advance(procedure, before[-1].blob, lambda quick: None, waiting.engine_id, outcome))


class _Clocks:
    """The clocks of one past case, turned by its steps on their own days."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.clocks: list[Clock] = []
        self.suspensions: list[Suspension] = []

    def start(self, kinds: Sequence[str], day: dt.date) -> None:
        for kind in kinds:
            limit = self.case.limits.get(kind)
            if limit and limit["unit"] in ("working", "calendar"):
                clock = Clock(case=self.case, kind=kind, unit=limit["unit"], count=limit["count"], started_on=day)
                self.clocks.append(clock)

    def suspend(self, step: Step, day: dt.date) -> None:
        for clock in self.clocks:
            if clock.kind in step.suspends and clock.state == Clock.State.RUNNING:
                held = Suspension(clock=clock, reason=step.reason, step=step.code, since=day)
                self.suspensions.append(held)
                clock.state = Clock.State.SUSPENDED

    def finish(self, step: Step, outcome: Outcome, day: dt.date, *, over: bool) -> None:
        for clock in self.clocks:
            stops = over or clock.kind in outcome.stops
            for held in self.suspensions:
                if held.clock is clock and held.until is None and (stops or held.step == step.code):
                    held.until = day
                    clock.state = Clock.State.RUNNING
            if stops and clock.state != Clock.State.STOPPED:
                clock.state, clock.stopped_on = Clock.State.STOPPED, day
        if not over:
            self.start(outcome.starts, day)

    def reckon(self, today: dt.date) -> None:
        """Work out the last days, and repeat the most urgent one on the case."""
        known = calendar()
        for clock in self.clocks:
            held = [found for found in self.suspensions if found.clock is clock]
            found = clocks.reckon(known, clock.unit, clock.count, clock.started_on, held, clock.stopped_on or today)
            clock.provisional = found.provisional
            if clock.state != Clock.State.SUSPENDED:
                clock.due_on, clock.warn_on = found.due, found.warn
        running = [c for c in self.clocks if c.state == Clock.State.RUNNING and c.due_on is not None]
        urgent = min(running, key=lambda clock: clock.due_on or dt.date.max, default=None)
        if urgent is not None:
            self.case.due_on, self.case.warn_on = urgent.due_on, urgent.warn_on
        self.case.paused = any(clock.state == Clock.State.SUSPENDED for clock in self.clocks)


class _Made:
    """One past case as rows."""

    def __init__(self, past: PastCase, party: str, entry_id: UUID, today: dt.date) -> None:
        definition = procedures.definition(past.procedure)
        states = _states(past.procedure, tuple((step.step, step.outcome) for step in past.steps))
        self.case = Case(
            number=past.number(), kind=past.kind, type_code=past.type_code, type_name=past.type_name, title=past.type_name,
            words=words_of(past.type_name, party), party_id=past.party_id, agency_id=past.agency_code, agency_path=past.agency_path, region_path=past.region_path,
            channel=past.channel, procedure_id=past.procedure, engine=states[-1].blob, limits=dict(past.limits),
            revision=1 + len(past.steps), created_at=past.opened_at,
        )  # fmt: skip
        self.entry_id = entry_id
        self.tasks: dict[str, Task] = {}
        self.journal: list[JournalEntry] = []
        self.clocks = _Clocks(self.case)
        self.clocks.start(past.starts, timezone.localdate(past.opened_at))
        self._open(definition, states[0], past.opened_at)
        self._write(past.opened_at, "", None, "cases.import", _("提交申请（由原业务系统转入）"))
        for done, state in zip(past.steps, states[1:], strict=True):
            self._finish(definition, done, state)
        self._settle(definition, states[-1], past)
        self.clocks.reckon(today)
        for task in self.tasks.values():
            if task.state == Task.State.OPEN:
                task.due_on, task.warn_on = self.case.due_on, self.case.warn_on

    def _open(self, definition: Definition, state: engine.State, at: dt.datetime) -> None:
        for item in state.waiting:
            if item.engine_id not in self.tasks:
                step = definition.steps[item.step]
                self.tasks[item.engine_id] = Task(
                    case=self.case, engine_id=item.engine_id, step=step.code, name=step.name, doer=step.doer, role=step.role,
                    agency_path=self.case.agency_path, region_path=self.case.region_path, created_at=at,
                )  # fmt: skip
                self.clocks.suspend(step, timezone.localdate(at))

    def _finish(self, definition: Definition, done: PastStep, state: engine.State) -> None:
        task = next(t for t in self.tasks.values() if t.step == done.step and t.state == Task.State.OPEN)
        step = definition.steps[done.step]
        outcome = step.outcome(done.outcome) or Outcome(done.outcome, step.name, done=step.name)
        task.state, task.outcome, task.outcome_name = Task.State.DONE, outcome.code, outcome.label
        task.opinion, task.done_by_id, task.done_at = done.opinion, done.account_id, done.at
        waiting = {item.engine_id for item in state.waiting}
        for other in self.tasks.values():
            if other.state == Task.State.OPEN and other.engine_id not in waiting:
                other.state, other.done_at = Task.State.CANCELLED, done.at
        self.clocks.finish(step, outcome, timezone.localdate(done.at), over=bool(state.end))
        self._open(definition, state, done.at)
        words = outcome.done or f"{step.name}：{outcome.label}"
        public = step.doer != Task.Doer.OFFICIAL or bool(outcome.done)
        self._write(
            done.at, done.name or str(_("系统")), done.account_id, "cases.complete", words, done.opinion, public
        )

    def _settle(self, definition: Definition, state: engine.State, past: PastCase) -> None:
        if state.end:
            end, last = definition.ends[state.end], past.steps[-1].at
            self.case.outcome, self.case.outcome_name, self.case.stage = end.outcome, end.label, end.label
            self.case.closed_at = last
            self._write(last + dt.timedelta(microseconds=1), str(_("系统")), None, "cases.close", end.label)
        else:
            stages = dict.fromkeys(definition.steps[item.step].stage for item in state.waiting)
            self.case.stage = "、".join(stages)[:120]

    def _write(
        self, at: dt.datetime, name: str, account: int | None, act_code: str, text: str, note: str = "", public: bool = True
    ) -> None:  # fmt: skip
        self.journal.append(
            JournalEntry(
                case=self.case, at=at, actor_name=name or str(_("原业务系统")), account_id=account, act=act_code, text=text,
                note=note, public=public, entry_id=self.entry_id,
            )
        )  # fmt: skip


@act("cases.import", gettext_lazy("转入历史办件"))
def import_past(actor: Actor, cases: Sequence[PastCase], source: str) -> list[Case]:
    """Enter cases of a former system, named by ``source``, all or none; the same number twice is refused by the store.

    Raises :class:`Invalid` for a step that the procedure did not wait for. About six statements for each 500 cases.
    """
    require(actor, subject="import")
    today = timezone.localdate()
    load_id = uuid7()
    entry = record("import", load_id, {"cases": len(cases), "source": source, "sha256": _digest(cases)})
    names = dict(Party.objects.filter(id__in={past.party_id for past in cases}).values_list("id", "name"))
    made = [_Made(past, names[past.party_id] if past.party_id else "", entry.id, today) for past in cases]
    Case.objects.bulk_create([one.case for one in made], BATCH)
    Task.objects.bulk_create([task for one in made for task in one.tasks.values()], BATCH)
    Clock.objects.bulk_create([clock for one in made for clock in one.clocks.clocks], BATCH)
    Suspension.objects.bulk_create([held for one in made for held in one.clocks.suspensions], BATCH)
    JournalEntry.objects.bulk_create([line for one in made for line in one.journal], BATCH)
    emit("cases.imported", load_id, {"cases": len(cases), "source": source})
    return [one.case for one in made]


def _digest(cases: Sequence[PastCase]) -> str:
    """SHA-256 over what came in: numbers, items, agencies, and each step with its time, outcome and a hash of the opinion."""
    whole = hashlib.sha256()
    for past in cases:
        steps = [[s.step, s.outcome, s.at, hashlib.sha256(s.opinion.encode()).hexdigest()] for s in past.steps]
        whole.update(canonical_bytes([past.number(), past.type_code, past.agency_code, past.opened_at, steps]))
    return whole.hexdigest()
