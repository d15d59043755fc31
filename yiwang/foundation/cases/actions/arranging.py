"""Who does the work: delegating 转办, asking a colleague 加签 or the party, urging 催办, handing over when somebody leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Held, Level, Scope, act, allowed, later, of_account, require
from yiwang.foundation.accounts.queries import Account
from yiwang.foundation.cases import handing, procedures, rights, settling
from yiwang.foundation.cases.extras import ASK, URGE_AGAIN
from yiwang.foundation.cases.models import Case, HandOver, JournalEntry, Task
from yiwang.foundation.cases.timing import Clockwork
from yiwang.foundation.cases.wording import note_of, sha256, words_of
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem


def _colleague(account_id: int, field: str = "to") -> Actor:
    account = Account.objects.filter(pk=account_id, is_active=True).first()
    if account is None:
        message = _("没有这位同事，请重新选择。")
        raise Invalid(message, problems=[Problem(field, "choice", message)])
    return of_account(account)


def _unfit(message: str, field: str = "to") -> Invalid:
    return Invalid(message, problems=[Problem(field, "choice", message)])


@act("cases.delegate", gettext_lazy("转办"))
def delegate(actor: Actor, task_id: UUID | str, to: int, note: str = "") -> Task:
    """Give a task to a colleague who holds its role. Whoever may do it may, and a head of office who holds this permission.

    Raises :class:`Invalid` when the colleague could not do it (no such role there, or their own case), :class:`Conflict` when another
    holds it.
    """
    task, case = rights.locked(task_id)
    rights.may_arrange(actor, task, case)
    rights.is_open(task)
    if task.assignee_id not in (None, actor.account_id) and not allowed(
        actor, "cases.delegate", rights.office_scope(case)
    ):
        raise Conflict(_("%(name)s已经认领了这件待办。") % {"name": task.assignee}, code="task-claimed")
    colleague = _colleague(to)
    fit = rights.may_receive if task.kind == Task.Kind.STEP else lambda who, _task, what: rights.may_read(who, what)
    if task.doer != Task.Doer.OFFICIAL or not fit(colleague, task, case):
        raise _unfit(_("这位同事没有这个岗位，或者应当回避，不能办这件事。"))
    if colleague.account_id == task.assignee_id:
        raise _unfit(_("这件待办已经在%(name)s手上。") % {"name": colleague.name})
    task.assignee_id = colleague.account_id
    task.save(update_fields=["assignee"])
    now = actor.now()
    entry = record("task", task.id, {"case": case.number, "step": task.step, "to": colleague.reference()})
    text = _("%(task)s：转给%(name)s办") % {"task": task.name, "name": colleague.name}
    later(settling.line(case, actor, "cases.delegate", text, now, note=note_of(note), public=False, entry=entry.id))
    emit("case.delegated", case.number, {"case": case.id, "task": task.id, "to": colleague.account_id})
    return task


def _role_over(colleague: Actor, scope: Scope) -> Held | None:
    """A role through which the colleague can read the case: the added task lies in that role's queue."""
    return next(
        (
            held for held in colleague.held
            if held.allows("cases.read") and scope.agency.startswith(held.agency) and scope.region.startswith(held.region)
        ),
        None,
    )  # fmt: skip


@act("cases.add_reviewer", gettext_lazy("加签"))
def add_reviewer(actor: Actor, task_id: UUID | str, to: int, question: str, *, after: bool = False) -> Task:
    """Ask a colleague for an opinion on a task in hand: before it may be done (前加签) or, ``after``, before the case goes on (后加签).

    A colleague asked after who does not agree sends the task back to whom did it. Raises :class:`Invalid` when the colleague may not
    read the case or is asked already.
    """
    task, case = rights.locked(task_id)
    rights.may_do(actor, task, case)
    rights.in_hand(actor, task)
    rights.is_running(case)
    if task.kind != Task.Kind.STEP or task.doer != Task.Doer.OFFICIAL:
        raise Conflict(_("只有办理环节可以加签。"), code="not-a-step")
    question = words_of(question, "question", _("请写明请同事看什么。"))
    colleague = _colleague(to)
    held = _role_over(colleague, rights.office_scope(case))
    if held is None or not rights.may_read(colleague, case) or colleague.account_id == actor.account_id:
        raise _unfit(_("这位同事看不了这件事，或者应当回避，不能加签。"))
    asked = task.added.filter(kind=Task.Kind.REVIEW, state=Task.State.OPEN)
    if asked.filter(assignee=colleague.account_id).exists():
        raise _unfit(_("已经请%(name)s看了，还没答复。") % {"name": colleague.name})
    added = settling.joint_task(
        case, procedures.definition(case.procedure_id).steps[task.step], task.engine_id, task.place, held.role
    )
    added.kind, added.origin, added.after, added.question = Task.Kind.REVIEW, task, after, question
    added.name, added.doer, added.assignee_id = (
        _("%(task)s（加签）") % {"task": task.name},
        Task.Doer.OFFICIAL,
        colleague.account_id,
    )
    added.save(force_insert=True)
    if task.assignee_id is None:
        task.assignee_id = actor.account_id
        task.save(update_fields=["assignee"])
    entry = record("task", task.id, {
        "case": case.number, "step": task.step, "added": added.id, "to": colleague.reference(), "after": after,
        "question_sha256": sha256(question),
    })  # fmt: skip
    text = _("%(task)s：请%(name)s加签") % {"task": task.name, "name": colleague.name}
    later(
        settling.line(case, actor, "cases.add_reviewer", text, actor.now(), note=question, public=False, entry=entry.id)
    )
    emit("case.reviewer-added", case.number, {"case": case.id, "task": added.id, "to": colleague.account_id})
    return added


@act("cases.ask_party", gettext_lazy("请当事人补充"))
def ask_party(actor: Actor, task_id: UUID | str, question: str) -> Task:
    """Return a task to the party with a question (退回申请人); the task waits, and so do the clocks, until the party answers.

    Raises :class:`Conflict` when the case has no party or the party is asked already.
    """
    task, case = rights.locked(task_id)
    rights.may_do(actor, task, case)
    rights.in_hand(actor, task)
    rights.is_running(case)
    if task.kind != Task.Kind.STEP or task.doer != Task.Doer.OFFICIAL or case.party_id is None:
        raise Conflict(_("这里不能退回当事人。"), code="no-party")
    if case.tasks.filter(kind=Task.Kind.REPLY, state=Task.State.OPEN).exists():
        raise Conflict(_("已经请当事人补充，还没答复。"), code="asked-already")
    question = words_of(question, "question", _("请写明要当事人补充什么。"))
    now = actor.now()
    step = procedures.definition(case.procedure_id).steps[task.step]
    added = settling.joint_task(case, step, task.engine_id, task.place, "")
    added.kind, added.origin, added.question = Task.Kind.REPLY, task, question
    added.name, added.doer = _("补充说明"), Task.Doer.PARTY
    added.save(force_insert=True)
    task.assignee_id = actor.account_id
    task.save(update_fields=["assignee"])
    work = Clockwork.of(case, now)
    work.suspend("correction", step=ASK)
    work.keep()
    case.save(update_fields=["due_on", "warn_on", "paused"])
    case.tasks.filter(state=Task.State.OPEN).update(due_on=case.due_on, warn_on=case.warn_on)
    entry = record("task", task.id, {
        "case": case.number, "step": task.step, "added": added.id, "question_sha256": sha256(question),
    })  # fmt: skip
    later(settling.line(case, actor, "cases.ask_party", _("请您补充说明"), now, note=question, entry=entry.id))
    settling.tell(case, "case-asked", question=question.rstrip("。；"))
    emit("case.party-asked", case.number, {"case": case.id, "task": added.id})
    return added


@act("cases.urge", gettext_lazy("催办"), party=True, level=Level.FACE)
def urge(actor: Actor, number: str, note: str = "") -> Case:
    """Urge a case, as its party or as a supervisor: shown in the queue of whoever has it. At most once a day.

    Raises :class:`Conflict` when it has ended, waits for the party itself, or was urged within the last day.
    """
    case = rights.locked_case(number)
    require(actor, rights.scope_of(case) if case else Scope(agency="-"), subject=f"case:{number[:40]}")
    if case is None:  # only a role over the whole node comes this far
        raise Missing(_("没有编号为 %(number)s 的办件，请核对编号。") % {"number": number[:40]})
    if case.closed_at is not None:
        raise Conflict(_("这件事已经办结。"), code="case-closed")
    now = actor.now()
    if case.urged_at is not None and now - case.urged_at < URGE_AGAIN:
        raise Conflict(_("一天只能催办一次，经办人已经收到了您上次的催办。"), code="urged-lately")
    if not case.tasks.filter(state=Task.State.OPEN).exclude(doer=Task.Doer.PARTY).exists():
        raise Conflict(_("现在在等当事人办理，不用催办。"), code="waits-for-party")
    case.urged_at, case.urges = now, case.urges + 1
    case.save(update_fields=["urged_at", "urges"])
    note = note_of(note)
    entry = record("case", case.number, {"times": case.urges, "note_sha256": sha256(note)})
    later(settling.line(case, actor, "cases.urge", _("催办"), now, note=note, entry=entry.id))
    emit("case.urged", case.number, {"case": case.id, "kind": case.kind, "times": case.urges})
    return case


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What became of a leaver's open tasks: handed to colleagues, given back to their teams, or left because they lie beyond the
    actor's reach. ``id`` is the hand-over, for its list."""

    id: UUID
    moved: int
    released: int
    beyond: int


@act("cases.hand_over", gettext_lazy("离岗移交"))
def hand_over(actor: Actor, leaver: int, receivers: Mapping[str, int], reason: str) -> HandedOver:
    """Give the open tasks of an official who leaves to colleagues, as far as the actor's reach goes.

    ``receivers`` names an account for each post (:func:`queries.holding`), or "*" for all others; 0 is the team. Tasks that the colleague
    may not do go back to their teams. Raises :class:`Invalid` without a reason or for the same person, :class:`Denied` when all that the
    leaver holds lies beyond the actor's reach, :class:`Conflict` when they hold nothing.
    """
    require(actor, _reach_of(actor), subject=f"account:{leaver}")
    reason = words_of(reason, "reason", _("请写明移交原因，比如“调离岗位”。"))
    tasks = list(
        Task.objects.select_for_update(of=("self",))
        .filter(assignee=leaver, state=Task.State.OPEN, doer=Task.Doer.OFFICIAL)
        .select_related("case").order_by("created_at", "id")[: handing.MOST]
    )  # fmt: skip
    mine = handing.in_reach(actor, tasks)
    if tasks and not mine:
        where = Scope(agency=tasks[0].agency_path, region=tasks[0].region_path, level=2)
        require(actor, where, subject=f"account:{leaver}")
    passed = handing.plan(mine, receivers, leaver)
    if not passed:
        raise Conflict(_("手上没有待办，不用移交。"), code="nothing-held")
    moved = [one for one in passed if one.to is not None]
    given: dict[str, int | None] = {}
    by_receiver: dict[int | None, list[Task]] = defaultdict(list)
    for one in passed:
        account_id = one.to.account_id if one.to is not None else None
        given[str(one.task.id)] = account_id
        by_receiver[account_id].append(one.task)
    for account_id, theirs in by_receiver.items():
        Task.objects.filter(id__in=[task.id for task in theirs]).update(assignee=account_id)
    entry = record("account", leaver, {
        "to": sorted({one.to.reference() for one in moved if one.to is not None}),
        "moved": [one.task.id for one in moved], "released": [one.task.id for one in passed if one.to is None],
        "reason_sha256": sha256(reason),
    })  # fmt: skip
    done = HandOver(leaver_id=leaver, done_by_id=actor.account_id, reason=reason, given=given, entry_id=entry.id)
    done.save(force_insert=True)
    later(*(_passing(one, actor, reason, entry.id) for one in passed))
    counts = {"moved": len(moved), "released": len(passed) - len(moved)}
    receivers_of = sorted(account_id for account_id in by_receiver if account_id is not None)
    emit("case.handed-over", leaver, {"to": receivers_of, **counts})
    return HandedOver(done.id, counts["moved"], counts["released"], len(tasks) - len(mine))


def _passing(one: handing.Passed, actor: Actor, reason: str, entry: UUID) -> JournalEntry:
    """The journal's line about one task of a hand-over."""
    text = _("%(task)s：移交给%(name)s") if one.to is not None else _("%(task)s：退回本岗位，等同事认领")
    words = text % {"task": one.task.name, "name": one.to.name if one.to is not None else ""}
    return settling.line(
        one.task.case, actor, "cases.hand_over", words, actor.now(), note=reason, public=False, entry=entry
    )


def _reach_of(actor: Actor) -> Scope:
    """Anywhere the actor holds this permission; each task is asked for by itself afterwards."""
    held = next((held for held in actor.held if held.allows("cases.hand_over")), None)
    return Scope(agency=held.agency, region=held.region) if held else Scope(agency="-")
