"""The acts of the case engine."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Scope, act, later, require, running
from yiwang.foundation.events.actions import emit, enqueue
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.ids import uuid7
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from . import engine, procedures, slots, timing
from .jobs import operate
from .models import Case, JournalEntry, Procedure, Task
from .numbers import new_number
from .procedures import Definition, Outcome, Step

LONGEST_OPINION = 4000


@act("cases.publish_procedure", gettext_lazy("发布流程"))
def publish_procedure(actor: Actor, code: str, name: str, bpmn: str) -> Procedure:
    """Publish a procedure. The same BPMN again is the same version; other BPMN is a new one, for new cases only.

    Raises :class:`Invalid` with every mistake and the id of the element that has it.
    """
    require(actor)
    digest = hashlib.sha256(bpmn.encode()).hexdigest()
    latest = Procedure.objects.filter(code=code).order_by("-version").first()
    if latest and latest.digest == digest and latest.name == name:
        record("procedure", code, {"version": latest.version, "unchanged": True})
        return latest
    definition = procedures.read(code, name, bpmn)
    engine.begin(definition, engine.spec_of(definition), lambda step: None)  # a trial: it must reach a first task
    row = Procedure(code=code, name=name, bpmn=bpmn, digest=digest, version=latest.version + 1 if latest else 1)
    row.save(force_insert=True)
    record("procedure", code, {"version": row.version, "sha256": digest})
    return row


@dataclass(frozen=True, slots=True)
class NewCase:
    """What it takes to open a case. ``limits`` maps clock kinds to {"count", "unit"}; ``starts`` are the clocks that run at once."""

    kind: str
    type_code: str
    type_name: str
    title: str
    procedure: UUID
    agency_code: str
    agency_path: str
    region_path: str
    party_id: UUID | None
    limits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    starts: tuple[str, ...] = ()
    id: UUID = field(default_factory=uuid7)


def open_case(actor: Actor, new: NewCase, *, facts: dict[str, Any] | None = None) -> tuple[Case, str]:
    """Open a case inside the act of another room; returns it and what happened at once ("" when people are to decide).

    The case, its first tasks, clocks and journal are written at the end of the act. Quick operations (a decision table) at the start of the
    procedure run here, on ``facts``. The surrounding act records in the ledger and emits its own event.
    """
    current = running()
    assert current is not None, "open_case() belongs inside an act"
    now = actor.now()
    today = timezone.localdate(now)
    definition = procedures.definition(new.procedure)
    case = Case(
        id=new.id, number=new_number(today), kind=new.kind, type_code=new.type_code, type_name=new.type_name,
        title=new.title, party_id=new.party_id, opened_by_id=actor.account_id, agency_id=new.agency_code,
        agency_path=new.agency_path, region_path=new.region_path, channel=actor.channel, procedure_id=new.procedure,
        limits=dict(new.limits),
    )  # fmt: skip
    state = engine.first_state(new.procedure)
    quick = _Quick(case, definition, facts, now)
    if any(_is_now(definition.steps[waiting.step]) for waiting in state.waiting):
        state = engine.advance(new.procedure, state.blob, quick)
    case.engine = state.blob
    clocks = [] if state.end else timing.new_clocks(case, new.starts, today)
    timing.face_of_case(case, clocks)
    tasks = _tasks(case, definition, state.waiting)
    _settle_stage(case, definition, tasks, state.end, now)
    first = _journal(case, actor, current.code, _("提交申请") if new.party_id else _("登记"), now)
    later(case, race="number")  # the random number may be taken: then the whole act runs once more with another
    later(*tasks, *clocks, first, *quick.journal)
    _start_operations(case, definition, tasks)
    return case, "；".join(quick.words)


class _Quick:
    """Runs the quick operations that the engine reaches, and remembers what to write in the journal."""

    def __init__(self, case: Case, definition: Definition, facts: dict[str, Any] | None, at: dt.datetime) -> None:
        self.case, self.definition, self.facts, self.at = case, definition, facts, at
        self.journal: list[JournalEntry] = []
        self.words: list[str] = []

    def __call__(self, step_code: str) -> str | None:
        step = self.definition.steps[step_code]
        if not _is_now(step):
            return None
        if self.facts is None:
            self.facts = slots.kinds[self.case.kind].facts(self.case)
        outcome, words = slots.operations[step.operation].run(self.case, self.facts)
        entry = JournalEntry(
            case=self.case,
            at=self.at + dt.timedelta(microseconds=len(self.journal) + 1),  # after what led to it
            actor_name=_("系统"),
            act=f"operation:{step.operation}",
            text=step.name,
            note=words,
        )
        self.journal.append(entry)
        self.words.append(words)
        return outcome


def _is_now(step: Step) -> bool:
    return bool(step.operation) and slots.operations[step.operation].now


def _tasks(case: Case, definition: Definition, waiting: tuple[engine.Waiting, ...]) -> list[Task]:
    made = []
    for item in waiting:
        step = definition.steps[item.step]
        made.append(
            Task(
                case=case,
                engine_id=item.engine_id,
                step=step.code,
                name=step.name,
                doer=step.doer,
                role=step.role,
                agency_path=case.agency_path,
                region_path=case.region_path,
                due_on=case.due_on,
                warn_on=case.warn_on,
            )
        )
    return made


def _settle_stage(case: Case, definition: Definition, open_tasks: list[Task], end: str, now: dt.datetime) -> None:
    """Say where the case is now: the stages of its open steps, or what it came to."""
    if end:
        found = definition.ends[end]
        case.outcome, case.outcome_name, case.stage, case.closed_at = found.outcome, found.label, found.label, now
    else:
        case.stage = "、".join(dict.fromkeys(definition.steps[task.step].stage for task in open_tasks))[:120]


def _journal(
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
    return JournalEntry(
        case=case, at=at, actor_name=actor.name, account_id=actor.account_id, act=act_code, text=text, note=note,
        public=public, entry_id=entry,
    )  # fmt: skip


def _start_operations(case: Case, definition: Definition, tasks: list[Task]) -> None:
    for task in tasks:
        if task.doer == Task.Doer.NODE:
            enqueue(operate, key=f"operation:{task.id}", task_id=str(task.id))


def scope_of(case: Case) -> Scope:
    """Where a case lies, for :func:`access.require`."""
    return Scope(agency=case.agency_path, region=case.region_path, party=case.party_id, level=2)


def _locked(task_id: UUID | str) -> tuple[Task, Case]:
    task = Task.objects.filter(id=task_id).values_list("case_id", flat=True).first()
    if task is None:
        raise Missing(_("没有这个待办，可能已经移交或取消。请刷新列表。"))
    case = Case.objects.select_for_update(of=("self",)).select_related("agency").get(id=task)
    return Task.objects.get(id=task_id), case


def own_case(actor: Actor, case: Case) -> bool:
    """Whether the case is of a party that the actor may act for: nobody judges their own case (回避，公务员法第七十六条)."""
    return case.party_id is not None and any(party == case.party_id for party, *_rest in actor.parties)


def _may_do(actor: Actor, task: Task, case: Case) -> None:
    subject = f"case:{case.number}/{task.step}"
    if task.doer == Task.Doer.PARTY:
        require(actor, Scope(party=case.party_id), subject=subject)
    elif task.doer == Task.Doer.OFFICIAL and own_case(actor, case):
        require(
            actor, Scope(agency="-"), subject=subject, message=_("这是您自己或您单位的事，应当回避，请由同事办理。")
        )
    elif task.doer == Task.Doer.OFFICIAL:
        require(
            actor, Scope(agency=task.agency_path, region=task.region_path, level=2), role=task.role, subject=subject
        )
    else:
        require(actor, Scope(agency="node"), subject=subject)  # only the node itself


@act("cases.claim", gettext_lazy("认领待办"))
def claim(actor: Actor, task_id: UUID | str) -> Task:
    """Take a task, so that colleagues with the same role leave it alone. Raises :class:`Conflict` when a colleague has it."""
    task, case = _locked(task_id)
    _may_do(actor, task, case)
    if task.state != Task.State.OPEN:
        raise Conflict(_("这一环节已经办过了，请刷新页面查看最新情况。"), code="task-done")
    if task.assignee_id not in (None, actor.account_id):
        raise Conflict(_("%(name)s已经认领了这件待办。") % {"name": task.assignee}, code="task-claimed")
    task.assignee_id = actor.account_id
    task.save(update_fields=["assignee"])
    record("task", task.id, {"case": case.number, "step": task.step})
    return task


@act("cases.release", gettext_lazy("退回认领"))
def release(actor: Actor, task_id: UUID | str) -> Task:
    """Give a claimed task back to the team. Raises :class:`Conflict` when the actor does not hold it."""
    task, case = _locked(task_id)
    _may_do(actor, task, case)
    if task.state != Task.State.OPEN or task.assignee_id != actor.account_id:
        raise Conflict(_("这件待办不在您手上，请刷新列表。"), code="not-yours")
    task.assignee = None
    task.save(update_fields=["assignee"])
    record("task", task.id, {"case": case.number, "step": task.step})
    return task


@dataclass(frozen=True, slots=True)
class Finished:
    """What finishing a task came to."""

    case: Case
    task: Task
    opened: tuple[Task, ...]
    entry_id: UUID


@act("cases.complete", gettext_lazy("办理环节"), party=True)
def complete(actor: Actor, task_id: UUID | str, outcome: str, opinion: str = "") -> Finished:
    """Finish a task with one of the outcomes its procedure offers.

    Only who holds the task's role in its agency may (the party, for a task of the party). Raises :class:`Invalid` for an unknown
    outcome or a missing opinion, :class:`Conflict` when a colleague was faster or holds the task.
    """
    task, case = _locked(task_id)
    _may_do(actor, task, case)
    if task.state != Task.State.OPEN:
        raise Conflict(_("这一环节已经办过了，请刷新页面查看最新情况。"), code="task-done")
    if task.assignee_id not in (None, actor.account_id):
        raise Conflict(_("%(name)s已经认领了这件待办。") % {"name": task.assignee}, code="task-claimed")
    definition = procedures.definition(case.procedure_id)
    step = definition.steps[task.step]
    chosen = step.outcome(outcome)
    opinion = opinion.strip()
    if chosen is None:
        raise Invalid(_("请选择办理结果。"), problems=[Problem("outcome", "choice", _("没有这种办理结果，请重新选择"))])
    if chosen.opinion == "required" and not opinion:
        raise Invalid(
            _("请写明意见。"),
            problems=[Problem("opinion", "required", _("选择“%(label)s”须写明理由") % {"label": chosen.label})],
        )
    if len(opinion) > LONGEST_OPINION:
        raise Invalid(
            _("意见太长。"),
            problems=[Problem("opinion", "max-length", _("意见最多 %(n)s 字") % {"n": LONGEST_OPINION})],
        )
    slots.kinds[case.kind].before_done(actor, case, task, outcome, opinion)
    return _finish(actor, case, task, definition, step, chosen, opinion)


def _finish(
    actor: Actor, case: Case, task: Task, definition: Definition, step: Step, chosen: Outcome, opinion: str
) -> Finished:
    now = actor.now()
    quick = _Quick(case, definition, None, now)
    state = engine.advance(case.procedure_id, bytes(case.engine), quick, task.engine_id, chosen.code)
    task.state, task.outcome, task.outcome_name, task.opinion = Task.State.DONE, chosen.code, chosen.label, opinion
    task.done_by_id, task.done_at = actor.account_id, now
    task.save(update_fields=["state", "outcome", "outcome_name", "opinion", "done_by", "done_at"])

    known = dict(case.tasks.filter(state=Task.State.OPEN).values_list("engine_id", "id"))
    waiting = {item.engine_id for item in state.waiting}
    gone = [task_id for engine_id, task_id in known.items() if engine_id not in waiting]
    if gone:
        Task.objects.filter(id__in=gone).update(state=Task.State.CANCELLED, done_at=now)
    opened = _tasks(case, definition, tuple(item for item in state.waiting if item.engine_id not in known))
    timing.turn(
        case,
        step,
        chosen,
        [definition.steps[new.step] for new in opened],
        timezone.localdate(now),
        over=bool(state.end),
    )
    for new in opened:
        new.due_on, new.warn_on = case.due_on, case.warn_on
    Task.objects.bulk_create(opened)
    remaining = list(case.tasks.filter(state=Task.State.OPEN))
    case.tasks.filter(state=Task.State.OPEN).update(due_on=case.due_on, warn_on=case.warn_on)
    case.engine = state.blob
    case.revision += 1
    _settle_stage(case, definition, remaining, state.end, now)
    case.save(
        update_fields=[
            "engine",
            "revision",
            "stage",
            "due_on",
            "warn_on",
            "paused",
            "outcome",
            "outcome_name",
            "closed_at",
        ]
    )
    entry = record(
        "case",
        case.number,
        {
            "step": step.code,
            "outcome": chosen.code,
            "opinion_sha256": hashlib.sha256(opinion.encode()).hexdigest() if opinion else "",
            "opened": [new.step for new in opened],
            "ended": case.outcome,
        },
    )
    words = chosen.done or f"{step.name}：{chosen.label}"
    public = task.doer != Task.Doer.OFFICIAL or bool(chosen.done)
    journal = [_journal(case, actor, "cases.complete", words, now, note=opinion, public=public, entry=entry.id)]
    if state.end:
        # After everything that led to it: entries of one instant would come in any order.
        last = max([now, *(line.at for line in quick.journal)]) + dt.timedelta(microseconds=1)
        journal.append(_journal(case, actor, "cases.close", case.outcome_name, last, entry=entry.id))
    later(*journal, *quick.journal)
    _start_operations(case, definition, opened)
    done = slots.Done(
        step.code, chosen.code, chosen.label, opinion, tuple(task.step for task in remaining), bool(state.end)
    )
    slots.kinds[case.kind].after_done(actor, case, done)
    emit(
        "case.stepped",
        case.number,
        {"case": case.id, "kind": case.kind, "step": step.code, "outcome": chosen.code, "ended": case.outcome},
    )
    return Finished(case, task, tuple(opened), entry.id)


@act("cases.operate", gettext_lazy("系统办理环节"))
def finish_operation(actor: Actor, task_id: str) -> None:
    """Do what a service task of the procedure asks of the node, and go on. Run by a job, as the node itself; idempotent."""
    task, case = _locked(task_id)
    _may_do(actor, task, case)
    definition = procedures.definition(case.procedure_id)
    step = definition.steps[task.step]
    if task.state != Task.State.OPEN:
        record("case", case.number, {"step": step.code, "repeated": True})
        return
    operation = slots.operations[step.operation]
    outcome, words = operation.run(case, slots.kinds[case.kind].facts(case))
    _finish(actor, case, task, definition, step, Outcome(outcome, step.name, done=words), "")


def note(
    actor: Actor,
    case: Case,
    act_code: str,
    text: str,
    *,
    note: str = "",
    public: bool = True,
    entry: UUID | None = None,
) -> None:
    """Write a line into a case's journal, inside the act of another room."""
    _journal(case, actor, act_code, text, actor.now(), note=note, public=public, entry=entry).save(force_insert=True)


@act("cases.withdraw", gettext_lazy("撤回申请"), party=True)
def withdraw(actor: Actor, number: str, reason: str = "") -> Case:
    """The party takes the case back before it is decided. Open tasks are cancelled, clocks stop, the case is closed as withdrawn."""
    case = Case.objects.select_for_update().filter(number=number).first()
    require(actor, Scope(party=case.party_id if case else None), subject=f"case:{number}")
    assert case is not None  # nobody owns what does not exist, so the line above refused
    if case.closed_at is not None:
        raise Conflict(_("这件事已经办结，不能再撤回。"), code="case-closed")
    now = actor.now()
    case.tasks.filter(state=Task.State.OPEN).update(state=Task.State.CANCELLED, done_at=now)
    none = Step("withdraw", "", Task.Doer.PARTY)
    timing.turn(case, none, None, (), timezone.localdate(now), over=True)
    case.outcome, case.outcome_name, case.stage, case.closed_at = "withdrawn", _("申请人撤回"), _("申请人撤回"), now
    case.revision += 1
    case.save()
    entry = record(
        "case", case.number, {"reason_sha256": hashlib.sha256(reason.encode()).hexdigest() if reason else ""}
    )
    JournalEntry.objects.bulk_create(
        [_journal(case, actor, "cases.withdraw", _("撤回申请"), now, note=reason, entry=entry.id)]
    )
    slots.kinds[case.kind].after_done(actor, case, slots.Done("withdraw", "withdrawn", "", reason, (), True))
    emit("case.stepped", case.number, {"case": case.id, "kind": case.kind, "step": "withdraw", "ended": "withdrawn"})
    return case
