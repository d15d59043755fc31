"""Working off tasks: claiming, finishing, and what finishes without people (operations, messages from outside, timers)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Level, Scope, act, later, require
from yiwang.foundation.cases import engine, procedures, rights, settling, slots
from yiwang.foundation.cases.extras import ANSWER, ASK, outcomes_of, token_outcome
from yiwang.foundation.cases.models import Case, Task, TimerEvent
from yiwang.foundation.cases.procedures import Definition, Outcome, Step
from yiwang.foundation.cases.timing import Clockwork
from yiwang.foundation.cases.wording import sha256
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem
from yiwang.kernel.writing import write_together

LONGEST_OPINION = 4000
_DONE = ("state", "outcome", "outcome_name", "opinion", "done_by", "done_at")


@act("cases.claim", gettext_lazy("认领待办"))
def claim(actor: Actor, task_id: UUID | str) -> Task:
    """Take a task, so that colleagues with the same role leave it alone. Raises :class:`Conflict` when a colleague has it."""
    task, case = rights.locked(task_id)
    rights.may_do(actor, task, case)
    rights.in_hand(actor, task)
    task.assignee_id = actor.account_id
    task.save(update_fields=["assignee"])
    record("task", task.id, {"case": case.number, "step": task.step})
    return task


@act("cases.release", gettext_lazy("退回认领"))
def release(actor: Actor, task_id: UUID | str) -> Task:
    """Give a claimed task back to the team. Raises :class:`Conflict` when the actor does not hold it."""
    task, case = rights.locked(task_id)
    rights.may_do(actor, task, case)
    if task.state != Task.State.OPEN or task.assignee_id != actor.account_id:
        raise Conflict(_("这件待办不在您手上，请刷新列表。"), code="not-yours")
    if task.kind == Task.Kind.REVIEW:
        raise Conflict(_("这是请您本人提的意见，不能退回给同事。可以转给别人办。"), code="asked-personally")
    task.assignee = None
    task.save(update_fields=["assignee"])
    record("task", task.id, {"case": case.number, "step": task.step})
    return task


@dataclass(frozen=True, slots=True)
class Finished:
    """What finishing a task came to. ``opened`` is empty while others of a joint review, or colleagues who were asked, are waited for."""

    case: Case
    task: Task
    opened: tuple[Task, ...]
    entry_id: UUID


def _chosen(offered: Sequence[Outcome], outcome: str, opinion: str) -> Outcome:
    chosen = next((one for one in offered if one.code == outcome), None)
    if chosen is None:
        raise Invalid(_("请选择办理结果。"), problems=[Problem("outcome", "choice", _("没有这种办理结果，请重新选择"))])
    if chosen.opinion == "required" and not opinion and chosen.code == ANSWER:
        raise Invalid(_("请写明您的答复。"), problems=[Problem("opinion", "required", _("请写明您的答复。"))])
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
    return chosen


@act("cases.complete", gettext_lazy("办理环节"), party=True, level=Level.FACE)
def complete(actor: Actor, task_id: UUID | str, outcome: str, opinion: str = "") -> Finished:
    """Finish a task with one of the outcomes its procedure offers.

    Only who holds the task's role in its agency may (the party, for a task of the party). Raises :class:`Invalid` for an unknown
    outcome or a missing opinion, :class:`Conflict` when a colleague was faster or holds the task, when the case stands still, or when
    somebody who was asked has not answered yet.
    """
    task, case = rights.locked(task_id)
    rights.may_do(actor, task, case)
    rights.in_hand(actor, task)
    rights.is_running(case)
    definition = procedures.definition(case.procedure_id)
    step = definition.steps[task.step]
    opinion = opinion.strip()
    chosen = _chosen(outcomes_of(task, step), outcome, opinion)
    rows = rights.open_tasks(case)
    before = next((row for row in rows if row.origin_id == task.id and not row.after), None)
    if before is not None:
        who = _("当事人") if before.doer == Task.Doer.PARTY else before.assignee
        raise Conflict(_("还在等%(name)s答复，答复以后才能办。") % {"name": who}, code="answer-awaited")
    if task.kind == Task.Kind.STEP:
        slots.kinds[case.kind].before_done(actor, case, task, outcome, opinion)
    return _finish(actor, case, task, definition, step, chosen, opinion, rows)


def _finish(
    actor: Actor,
    case: Case,
    task: Task,
    definition: Definition,
    step: Step,
    chosen: Outcome,
    opinion: str,
    rows: Sequence[Task] | None = None,
) -> Finished:
    now = actor.now()
    if rows is None:
        rows = rights.open_tasks(case)
    if step.joint is not None and task.kind == Task.Kind.STEP:
        _once(actor, task)
    task.state, task.outcome, task.outcome_name, task.opinion = Task.State.DONE, chosen.code, chosen.label, opinion
    task.done_by_id, task.done_at = actor.account_id, now
    write_together((), [(task, _DONE)])
    others = [row for row in rows if row.id != task.id]
    decided = token_outcome(case, step, task, [row for row in others if row.engine_id == task.engine_id])
    if decided is None:
        return _waits(actor, case, task, step, chosen, opinion, others, now)
    token = chosen if decided == chosen.code and task.kind == Task.Kind.STEP else step.outcome(decided) or chosen

    quick = settling.Quick(case, definition, now)
    state = engine.advance(case.procedure_id, bytes(case.engine), quick, task.engine_id, token.code)
    opened, remaining = settling.settle(
        case, definition, state, others, now, left=step, outcome=token, finished=task.engine_id
    )
    entry = record("case", case.number, {
        "step": step.code, "outcome": chosen.code, "opinion_sha256": sha256(opinion),
        "opened": [new.step for new in opened], "ended": case.outcome,
    })  # fmt: skip
    words, public = token.done or _words(task, step, chosen), task.doer != Task.Doer.OFFICIAL or bool(token.done)
    journal = [settling.line(case, actor, "cases.complete", words, now, note=opinion, public=public, entry=entry.id)]
    if state.end:
        # After everything that led to it: entries of one instant would come in any order.
        last = max([now, *(item.at for item in quick.journal)]) + dt.timedelta(microseconds=1)
        journal.append(settling.line(case, actor, "cases.close", case.outcome_name, last, entry=entry.id))
    later(*journal, *quick.journal)
    done = slots.Done(
        step.code, token.code, token.label, opinion, tuple(row.step for row in remaining), bool(state.end)
    )
    slots.kinds[case.kind].after_done(actor, case, done)
    emit(
        "case.stepped",
        case.number,
        {"case": case.id, "kind": case.kind, "step": step.code, "outcome": token.code, "ended": case.outcome},
    )
    return Finished(case, task, tuple(opened), entry.id)


def _waits(
    actor: Actor, case: Case, task: Task, step: Step, chosen: Outcome, opinion: str, others: Sequence[Task], now: dt.datetime
) -> Finished:  # fmt: skip
    """The task is done and its step is not: one of several has answered. The engine's token stays where it is."""
    opened: list[Task] = []
    if task.kind == Task.Kind.REPLY:
        work = Clockwork.of(case, now)
        work.resume(ASK)
        work.keep()
        case.save(update_fields=["due_on", "warn_on", "paused"])
        case.tasks.filter(state=Task.State.OPEN).update(due_on=case.due_on, warn_on=case.warn_on)
    elif task.kind == Task.Kind.STEP and step.joint is not None and step.joint.sequential:
        roles = step.joint.roles
        if task.place + 1 < len(roles) and not any(
            row.kind == Task.Kind.STEP and row.engine_id == task.engine_id for row in others
        ):
            opened = [settling.joint_task(case, step, task.engine_id, task.place + 1, roles[task.place + 1])]
    elif task.kind == Task.Kind.REVIEW and task.after and chosen.code == "disagree":
        assert task.origin_id is not None, "an added task hangs on another"
        origin = Task.objects.get(id=task.origin_id)
        again = settling.joint_task(case, step, task.engine_id, origin.place, origin.role)
        again.assignee_id = origin.done_by_id
        opened = [again]
    write_together(opened)
    entry = record("case", case.number, {
        "step": step.code, "outcome": chosen.code, "opinion_sha256": sha256(opinion), "waits": True,
    })  # fmt: skip
    public = task.doer == Task.Doer.PARTY
    later(
        settling.line(
            case, actor, "cases.complete", _words(task, step, chosen), now, note=opinion, public=public, entry=entry.id
        )
    )
    emit("case.answered", case.number, {"case": case.id, "kind": case.kind, "step": step.code, "outcome": chosen.code})
    return Finished(case, task, tuple(opened), entry.id)


def _words(task: Task, step: Step, chosen: Outcome) -> str:
    return f"{task.name if task.kind != Task.Kind.STEP else step.name}：{chosen.label}"


def _once(actor: Actor, task: Task) -> None:
    """Refuse a second answer by the same person to one joint review."""
    rows = Task.objects.filter(case=task.case_id, engine_id=task.engine_id, kind=Task.Kind.STEP, state=Task.State.DONE)
    if rows.filter(done_by=actor.account_id).exclude(place=task.place).exists():
        raise Conflict(_("您已经会签过了，其余的请由其他同事办理。"), code="signed-already")


@act("cases.operate", gettext_lazy("系统办理环节"))
def finish_operation(actor: Actor, task_id: str) -> None:
    """Do what a service task of the procedure asks of the node, and go on. Run by a job, as the node itself; idempotent."""
    task, case = rights.locked(task_id)
    rights.may_do(actor, task, case)
    definition = procedures.definition(case.procedure_id)
    step = definition.steps[task.step]
    if task.state != Task.State.OPEN:
        record("case", case.number, {"step": step.code, "repeated": True})
        return
    operation = slots.operations[step.operation]
    outcome, words = operation.run(case, slots.kinds[case.kind].facts(case))
    _finish(actor, case, task, definition, step, Outcome(outcome, step.name, done=words), "")


@act("cases.receive", gettext_lazy("接收外部消息"))
def receive(actor: Actor, number: str, message: str, outcome: str = "", note: str = "") -> Finished:
    """Hand a message from outside (a laboratory's report, a payment) to the case that waits for it, known by its number.

    ``outcome`` is one that the receive task declares; it may be left out when there is one only. Raises :class:`Conflict` when the case
    does not wait for ``message`` (now), :class:`Invalid` for an unknown outcome.
    """
    case = rights.locked_case(number)
    require(
        actor, rights.office_scope(case) if case else Scope(agency="-"), subject=f"case:{number[:40]}/{message[:40]}"
    )
    if case is None:
        raise Missing(_("没有编号为 %(number)s 的办件，请核对编号。") % {"number": number[:40]})
    definition = procedures.definition(case.procedure_id)
    rows = rights.open_tasks(case)
    waiting = [row for row in rows if row.doer == Task.Doer.OUTSIDE and definition.steps[row.step].message == message]
    if not waiting:
        raise Conflict(
            _("这件事现在不等“%(message)s”这个消息。") % {"message": message[:60]}, code="message-unexpected"
        )
    step = definition.steps[waiting[0].step]
    if not outcome and len(step.outcomes) == 1:
        outcome = step.outcomes[0].code
    chosen = _chosen(step.outcomes, outcome, note.strip())
    return _finish(actor, case, waiting[0], definition, step, chosen, note.strip(), rows)


@act("cases.fire_timer", gettext_lazy("到时触发"))
def fire_timer(actor: Actor, timer_id: UUID | str) -> None:
    """Let a timer of a procedure happen. Run by a job, as the node itself; idempotent."""
    require(actor, Scope(agency="node"), subject=f"timer:{timer_id}")
    found = TimerEvent.objects.filter(id=timer_id).values_list("case_id", flat=True).first()
    if found is None:
        raise Missing(_("没有这个定时。"))
    case = Case.objects.select_for_update(of=("self",)).get(id=found)
    timer = TimerEvent.objects.get(id=timer_id)
    now = actor.now()
    if timer.state != TimerEvent.State.WAITING or case.closed_at is not None or case.held:
        record("case", case.number, {"timer": timer.element, "repeated": True})
        return
    timer.state, timer.fired_at = TimerEvent.State.FIRED, now
    timer.save(update_fields=["state", "fired_at"])
    definition = procedures.definition(case.procedure_id)
    rows = rights.open_tasks(case)
    task = next((row for row in rows if row.engine_id == timer.engine_id and row.doer == Task.Doer.TIMER), None)
    if task is not None:
        step = definition.steps[task.step]
        _finish(actor, case, task, definition, step, step.outcomes[0], "", rows)
        return
    quick = settling.Quick(case, definition, now)
    state = engine.fire(case.procedure_id, bytes(case.engine), quick, timer.engine_id)
    if state is None:
        record("case", case.number, {"timer": timer.element, "repeated": True})
        return
    opened, _remaining = settling.settle(case, definition, state, rows, now)
    entry = record("case", case.number, {"timer": timer.element, "opened": [new.step for new in opened]})
    text = _("到时间：%(name)s") % {"name": timer.name}
    later(settling.line(case, actor, "cases.fire_timer", text, now, entry=entry.id), *quick.journal)
    ended = {"kind": case.kind, "ended": case.outcome}
    emit("case.timed", case.number, {"case": case.id, "timer": timer.element, **ended})
