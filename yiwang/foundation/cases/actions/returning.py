"""Going back: returning a case to an earlier step 退回, taking back one's own last step 撤回."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, act, later, of_account
from yiwang.foundation.cases import engine, procedures, rights, settling
from yiwang.foundation.cases.models import Case, Task
from yiwang.foundation.cases.moving import still_reviewed, targets
from yiwang.foundation.cases.procedures import Definition
from yiwang.foundation.cases.wording import sha256, words_of
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Invalid, Problem


def _last_done(case: Case, step: str) -> Task | None:
    rows = case.tasks.filter(step=step, kind=Task.Kind.STEP, state=Task.State.DONE).select_related("done_by")
    return rows.order_by("-done_at", "-id").first()


def _reassign(case: Case, opened: Sequence[Task], step: str, before: Task | None) -> None:
    """Whoever did the step does it again, if they still may."""
    if before is None or before.done_by is None:
        return
    doer = of_account(before.done_by)
    for task in opened:
        official = task.step == step and task.doer == Task.Doer.OFFICIAL
        if (
            official
            and task.role == before.role
            and task.place == before.place
            and rights.may_receive(doer, task, case)
        ):
            task.assignee_id = doer.account_id
            task.save(update_fields=["assignee"])


@act("cases.send_back", gettext_lazy("退回环节"))
def send_back(actor: Actor, task_id: UUID | str, step: str, reason: str) -> tuple[Task, ...]:
    """Return the case from a task in hand to an earlier step, which is then done again; returns the tasks that are open there now.

    What followed from that step is undone, also on the other branches of a parallel review; what was done beside it stays. Clocks run on.
    Raises :class:`Invalid` for a step to which it cannot go back, or without a reason.
    """
    task, case = rights.locked(task_id)
    rights.may_do(actor, task, case)
    rights.in_hand(actor, task)
    rights.is_running(case)
    if task.kind != Task.Kind.STEP or task.doer != Task.Doer.OFFICIAL:
        raise Conflict(_("只有办理环节可以退回。"), code="not-a-step")
    reason = words_of(reason, "reason", _("请写明退回的理由。"))
    definition = procedures.definition(case.procedure_id)
    rows = list(case.tasks.filter(state=Task.State.OPEN))
    if step not in [found.code for found in targets(case, definition, [row.step for row in rows])]:
        message = _("不能退回到这个环节，请重新选择。")
        raise Invalid(message, problems=[Problem("step", "choice", message)])
    before = _last_done(case, step)
    state = engine.rewind(case.procedure_id, bytes(case.engine), step)
    now = actor.now()
    opened, remaining = settling.settle(case, definition, state, rows, now)
    _reassign(case, opened, step, before)
    name = definition.steps[step].name
    entry = record("case", case.number, {
        "step": task.step, "back_to": step, "reason_sha256": sha256(reason), "open": [row.step for row in remaining],
    })  # fmt: skip
    text = _("%(task)s：退回到“%(name)s”") % {"task": task.name, "name": name}
    later(settling.line(case, actor, "cases.send_back", text, now, note=reason, public=False, entry=entry.id))
    emit("case.sent-back", case.number, {"case": case.id, "kind": case.kind, "from": task.step, "to": step})
    return tuple(row for row in remaining if row.step == step)


@act("cases.take_back", gettext_lazy("撤回办理"))
def take_back(actor: Actor, task_id: UUID | str) -> Task:
    """Take back one's own last step while nobody has acted on what it opened. Returns the task, open again and in the actor's hand.

    An opinion in a joint review (会签) can be taken back as long as the review goes on. Not possible once the party was told, or a limit
    was started or stopped by it: then the way is a correction, not a silence. Raises
    :class:`Conflict`.
    """
    task, case = rights.locked(task_id)
    rights.may_do(actor, task, case)
    rights.is_running(case)
    definition = procedures.definition(case.procedure_id)
    if task.state != Task.State.DONE or task.done_by_id != actor.account_id or task.kind != Task.Kind.STEP:
        raise Conflict(_("只能撤回您自己办完的环节。"), code="not-yours")
    rows = list(case.tasks.filter(state=Task.State.OPEN))
    if still_reviewed(definition, task, rows):
        return _take_opinion_back(actor, case, task, definition, rows)
    chosen = definition.steps[task.step].outcome(task.outcome)
    if chosen is None or chosen.done or chosen.starts or chosen.stops:
        raise Conflict(_("当事人已经知道这个结果，或者时限已经因此变化，不能撤回。"), code="announced")
    done = [step for step, _outcome in engine.history(bytes(case.engine))]
    while done and settling.is_quick(definition.steps[done[-1]]):
        done.pop()
    acted = case.tasks.filter(state=Task.State.DONE, done_at__gt=task.done_at).exists() or any(
        row.created_at >= task.done_at and row.assignee_id not in (None, actor.account_id)
        for row in rows
        if task.done_at
    )
    if not done or done[-1] != task.step or acted:
        raise Conflict(_("后面的同事已经接手了，不能撤回。可以请他们退回。"), code="acted-upon")
    state = engine.rewind(case.procedure_id, bytes(case.engine), task.step)
    now = actor.now()
    Task.objects.filter(id=task.id).update(state=Task.State.CANCELLED)
    opened, _remaining = settling.settle(case, definition, state, rows, now)
    again = next(row for row in opened if row.step == task.step and row.place == task.place)
    again.assignee_id = actor.account_id
    again.save(update_fields=["assignee"])
    _taken_back(actor, case, task)
    return again


def _take_opinion_back(actor: Actor, case: Case, task: Task, definition: Definition, rows: Sequence[Task]) -> Task:
    """Open the task of one who has signed again; the review's token has not moved.

    Raises :class:`Conflict` when the next in turn is at it.
    """
    step = definition.steps[task.step]
    following = [row for row in rows if row.engine_id == task.engine_id and row.place > task.place]
    gone: list[Task] = [row for row in rows if row.origin_id == task.id]  # whom the opinion waited for (后加签)
    if step.joint is not None and step.joint.sequential:
        gone += following
        if any(row.assignee_id not in (None, actor.account_id) for row in following):
            raise Conflict(_("后面的同事已经接手了，不能撤回。可以请他们退回。"), code="acted-upon")
    now = actor.now()
    Task.objects.filter(id=task.id).update(state=Task.State.CANCELLED)
    Task.objects.filter(id__in=[row.id for row in gone]).update(state=Task.State.CANCELLED, done_at=now)
    again = settling.joint_task(case, step, task.engine_id, task.place, task.role)
    again.assignee_id = actor.account_id
    again.save(force_insert=True)
    case.revision += 1
    case.save(update_fields=["revision"])
    _taken_back(actor, case, task)
    return again


def _taken_back(actor: Actor, case: Case, task: Task) -> None:
    entry = record("case", case.number, {"step": task.step, "taken_back": task.outcome})
    text = _("%(task)s：撤回“%(outcome)s”") % {"task": task.name, "outcome": task.outcome_name}
    later(settling.line(case, actor, "cases.take_back", text, actor.now(), public=False, entry=entry.id))
    emit("case.taken-back", case.number, {"case": case.id, "kind": case.kind, "step": task.step})
