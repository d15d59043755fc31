"""What every move of a case has in common: the engine's new state becomes tasks, timers, clocks, stage and journal. Private to this room."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import UUIDField
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor, change_later
from yiwang.foundation.events.actions import enqueue
from yiwang.foundation.messages.actions import send
from yiwang.kernel.prepared import Given, Prepared
from yiwang.kernel.writing import write_together

from . import slots, timing
from .engine import State, Waiting
from .jobs import operate
from .models import Case, JournalEntry, Task, TimerEvent
from .procedures import Definition, Outcome, Step
from .timers import fires_at

_TIMERS = Prepared(lambda: TimerEvent.objects.filter(case=Given("case", UUIDField()), state=TimerEvent.State.WAITING))
_CASE = [
    "engine", "revision", "stage", "due_on", "warn_on", "paused", "held", "procedure", "outcome", "outcome_name", "closed_at",
]  # fmt: skip


class Quick:
    """Runs the quick operations that the engine reaches, and remembers what to write in the journal."""

    def __init__(
        self, case: Case, definition: Definition, at: dt.datetime, facts: dict[str, Any] | None = None
    ) -> None:
        self.case, self.definition, self.at, self.facts = case, definition, at, facts
        self.journal: list[JournalEntry] = []
        self.words: list[str] = []

    def __call__(self, step_code: str) -> str | None:
        step = self.definition.steps[step_code]
        if not is_quick(step):
            return None
        if self.facts is None:
            self.facts = slots.kinds[self.case.kind].facts(self.case)
        outcome, words = slots.operations[step.operation].run(self.case, self.facts)
        entry = JournalEntry(
            case=self.case, at=self.at + dt.timedelta(microseconds=len(self.journal) + 1), actor_name=_("系统"),
            act=f"operation:{step.operation}", text=step.name, note=words,
        )  # fmt: skip  # a moment after what led to it
        self.journal.append(entry)
        self.words.append(words)
        return outcome


def is_quick(step: Step) -> bool:
    """Whether a step is an operation that runs inside the act that reached it."""
    return bool(step.operation) and slots.operations[step.operation].now


def line(
    case: Case,
    actor: Actor,
    act_code: str,
    text: str,
    at: dt.datetime,
    *,
    note: str = "",
    public: bool = True,
    entry: UUID | None = None,
) -> JournalEntry:
    """A line of the journal, not yet saved."""
    return JournalEntry(
        case=case, at=at, actor_name=actor.name, account_id=actor.account_id, act=act_code, text=text[:200], note=note,
        public=public, entry_id=entry,
    )  # fmt: skip


def tasks_for(case: Case, step: Step, engine_id: str, now: dt.datetime) -> list[Task]:
    """The tasks of people that a token at ``step`` opens: one, or one for each of a joint review."""
    roles: Sequence[str] = (step.role,)
    if step.joint is not None:
        roles = step.joint.roles[:1] if step.joint.sequential else step.joint.roles
    return [joint_task(case, step, engine_id, place, role, now) for place, role in enumerate(roles)]


def joint_task(case: Case, step: Step, engine_id: str, place: int, role: str, now: dt.datetime | None = None) -> Task:
    """One task at a step that comes to be done ``now``, not yet saved."""
    return Task(
        case=case, engine_id=engine_id, step=step.code, name=step.name, doer=step.doer, role=role, place=place,
        agency_path=case.agency_path, region_path=case.region_path, due_on=case.due_on, warn_on=case.warn_on,
        created_at=now or timezone.now(),
    )  # fmt: skip


def say_stage(case: Case, definition: Definition, open_tasks: Iterable[Task], end: str, now: dt.datetime) -> None:
    """Say where the case is now: the stages of its open steps, or what it came to."""
    if end:
        found = definition.ends[end]
        case.outcome, case.outcome_name, case.stage, case.closed_at = found.outcome, found.label, found.label, now
    else:
        steps = [task.step for task in open_tasks if task.kind == Task.Kind.STEP]
        case.stage = "、".join(dict.fromkeys(definition.steps[step].stage for step in steps))[:120]


def timers_for(case: Case, definition: Definition, state: State, now: dt.datetime) -> list[TimerEvent]:
    """The timers that the tokens of ``state`` have set, not yet saved."""
    found = [(waiting, definition.timers.get(waiting.step)) for waiting in state.events]
    found += [(waiting, definition.steps[waiting.step].timer) for waiting in state.waiting]
    return [
        TimerEvent(
            case=case, element=waiting.step, name=timer.name, engine_id=waiting.engine_id, fires_at=fires_at(timer, now)
        )
        for waiting, timer in found
        if timer is not None
    ]


def start_operations(tasks: Iterable[Task]) -> None:
    """Ask for the jobs of the node's own tasks."""
    for task in tasks:
        if task.doer == Task.Doer.NODE:
            enqueue(operate, key=f"operation:{task.id}", task_id=str(task.id))


def settle(
    case: Case,
    definition: Definition,
    state: State,
    rows: Sequence[Task],
    now: dt.datetime,
    *,
    left: Step | None = None,
    outcome: Outcome | None = None,
    finished: str = "",
) -> tuple[list[Task], list[Task]]:
    """Make tasks, timers, clocks and stage agree with ``state``; returns the tasks opened and all that are open.

    The clocks and the case itself are written at the end of the act.

    ``rows`` are the tasks that were open before, without the one that was finished; ``left`` is its step, ``outcome`` what it came to;
    ``finished`` is the token that went on: whoever else stood there is no longer asked.
    """
    kept, gone = _match(case, state.waiting, [task for task in rows if task.engine_id != finished])
    gone += [task for task in rows if task.engine_id == finished]
    if gone:
        Task.objects.filter(id__in=[task.id for task in gone]).update(state=Task.State.CANCELLED, done_at=now)
    known = {task.engine_id for task in kept}
    fresh = [waiting for waiting in state.waiting if waiting.engine_id not in known]
    opening = [definition.steps[waiting.step] for waiting in fresh]
    staying = {task.step for task in kept}
    leaving = {step.code: step for step in (left, *(definition.steps[task.step] for task in gone)) if step is not None}
    timing.turn(
        case, [step for step in leaving.values() if step.code not in staying], outcome, opening, now, over=bool(state.end)
    )  # fmt: skip
    opened = [
        task
        for waiting, step in zip(fresh, opening, strict=True)
        for task in tasks_for(case, step, waiting.engine_id, now)
    ]
    write_together(opened)
    urgent = [task for task in kept if (task.due_on, task.warn_on) != (case.due_on, case.warn_on)]
    if urgent:
        Task.objects.filter(id__in=[task.id for task in urgent]).update(due_on=case.due_on, warn_on=case.warn_on)
    if definition.timed:
        _set_timers(case, definition, state, now, left.code if left is not None else "")
    case.engine = state.blob
    case.revision += 1
    say_stage(case, definition, [*kept, *opened], state.end, now)
    change_later(case, *_CASE)
    start_operations(opened)
    return opened, [*kept, *opened]


def _match(case: Case, waiting: Sequence[Waiting], rows: Sequence[Task]) -> tuple[list[Task], list[Task]]:
    """Which open tasks go on, and which are gone. A replay gives tokens new names: the task that stands at the same step takes it."""
    free = defaultdict(list)
    held = {task.engine_id for task in rows}
    for item in waiting:
        if item.engine_id not in held:
            free[item.step].append(item.engine_id)
    alive = {item.engine_id for item in waiting}
    kept: list[Task] = []
    gone: list[Task] = []
    for engine_id in dict.fromkeys(task.engine_id for task in rows):
        group = [task for task in rows if task.engine_id == engine_id]
        if engine_id not in alive and free[group[0].step]:
            name = free[group[0].step].pop(0)
            case.tasks.filter(engine_id=engine_id).update(
                engine_id=name
            )  # those that are done too: they count in a joint review
            for task in group:
                task.engine_id = name
            kept += group
        else:
            (kept if engine_id in alive else gone).extend(group)
    return kept, gone


def _set_timers(case: Case, definition: Definition, state: State, now: dt.datetime, left: str) -> None:
    """Keep the timers that still wait (under the tokens' new names), set the new ones, cancel the others.

    Those of the step that was ``left`` are set anew when it is open again at once.
    """
    waiting = {timer.element: timer for timer in _TIMERS.all(case=case.id)}
    for wanted in timers_for(case, definition, state, now):
        timer = definition.timers.get(wanted.element)
        again = left != "" and left in (wanted.element, timer.step if timer is not None else "")
        known = None if again else waiting.pop(wanted.element, None)
        if known is None:
            wanted.save(force_insert=True)
        elif known.engine_id != wanted.engine_id:
            known.engine_id = wanted.engine_id
            known.save(update_fields=["engine_id"])
    if waiting:
        cancel_timers(case, [timer.id for timer in waiting.values()])


def cancel_timers(case: Case, ids: Sequence[UUID] | None = None) -> None:
    """Timers of the case that will not fire any more: all, or those with ``ids``."""
    rows = case.timers.filter(state=TimerEvent.State.WAITING)
    (rows if ids is None else rows.filter(id__in=ids)).update(state=TimerEvent.State.CANCELLED)


def close(case: Case, outcome: str, label: str, now: dt.datetime) -> None:
    """End a case outside its procedure (withdrawn, terminated): open tasks and timers are cancelled, clocks stop. Saves the case."""
    case.tasks.filter(state=Task.State.OPEN).update(state=Task.State.CANCELLED, done_at=now)
    cancel_timers(case)
    timing.turn(case, (), None, (), now, over=True)
    case.outcome, case.outcome_name, case.stage, case.closed_at, case.held = outcome, label, label, now, ""
    case.revision += 1
    case.save(update_fields=_CASE)


def tell(case: Case, template: str, **words: object) -> None:
    """Tell the party, inside the act under way; a case without a party tells nobody."""
    if case.party_id is not None:
        kind = slots.kinds.get(case.kind)
        data = {"item": case.type_name, "number": case.number, **words}
        send(case.party_id, template, data, link=kind.page(case) if kind else "")
