"""Who may do what with a case and its tasks. Private to this room."""

from __future__ import annotations

from uuid import UUID

from django.db.models import UUIDField
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor, Scope, acts_for, allowed, deny, owner, require, running
from yiwang.kernel.prepared import Given, Prepared
from yiwang.kernel.refusals import Conflict, Missing

from .models import Case, Task
from .permissions import READ

_CASE_OF = Prepared(lambda: Case.objects.select_for_update(of=("self",)).filter(tasks=Given("task", UUIDField())))
_OPEN = Prepared(lambda: Task.objects.filter(case=Given("case", UUIDField()), state=Task.State.OPEN))
_TASK = Prepared(lambda: Task.objects.filter(id=Given("task", UUIDField())))


def scope_of(case: Case) -> Scope:
    """Where a case lies, for :func:`access.require`."""
    return Scope(agency=case.agency_path, region=case.region_path, party=case.party_id, level=2, matter=case.type_code)


def office_scope(case: Case) -> Scope:
    """Where a case lies for its office: its party holds no right there."""
    return Scope(agency=case.agency_path, region=case.region_path, level=2)


def own_case(actor: Actor, case: Case) -> bool:
    """Whether the case is of a party that the actor may act for: nobody judges their own case (回避，公务员法第七十六条)."""
    return case.party_id is not None and any(party == case.party_id for party, *_rest in actor.parties)


def doable(actor: Actor, task: Task, case: Case) -> bool:
    """Whether the actor may do this open task now; asks nothing of the store and leaves no trace."""
    if task.doer == Task.Doer.PARTY:
        return acts_for(actor, case.party_id, case.type_code)
    if task.doer != Task.Doer.OFFICIAL or task.assignee_id not in (None, actor.account_id) or own_case(actor, case):
        return False
    scope = Scope(agency=task.agency_path, region=task.region_path, level=2)
    return allowed(actor, "cases.complete", scope, role=task.role)


def may_do(actor: Actor, task: Task, case: Case) -> None:
    """Refuse unless the task is for the actor: by the role, for the party, for whom it was added, or for the node itself."""
    subject = f"case:{case.number}/{task.step}"
    if task.doer == Task.Doer.PARTY:
        require(actor, owner(case.party_id, case.type_code), subject=subject)
    elif task.doer == Task.Doer.OFFICIAL and own_case(actor, case):
        deny(actor, subject=subject, message=_("这是您自己或您单位的事，应当回避，请由同事办理。"))
    elif task.doer == Task.Doer.OFFICIAL:
        require(
            actor, Scope(agency=task.agency_path, region=task.region_path, level=2), role=task.role, subject=subject
        )
    else:
        require(actor, Scope(agency="node"), subject=subject)  # only the node itself


def may_arrange(actor: Actor, task: Task, case: Case) -> None:
    """Refuse unless the actor may do the task, or holds the act's own permission where the case lies (a head of office)."""
    current = running()
    assert current is not None, "asked inside an act"
    if allowed(actor, current.code, office_scope(case)) and not own_case(actor, case):
        require(actor, office_scope(case), subject=f"case:{case.number}/{task.step}")
    else:
        may_do(actor, task, case)


def may_receive(colleague: Actor, task: Task, case: Case) -> bool:
    """Whether a colleague could do the task if it were handed to them."""
    scope = Scope(agency=task.agency_path, region=task.region_path, level=2)
    return not own_case(colleague, case) and allowed(colleague, "cases.complete", scope, role=task.role)


def may_read(colleague: Actor, case: Case) -> bool:
    """Whether a colleague may read the case in their office."""
    return not own_case(colleague, case) and allowed(colleague, READ, office_scope(case))


def locked(task_id: UUID | str) -> tuple[Task, Case]:
    """A task and its case, which nobody else changes until the act ends. Raises :class:`Missing`."""
    case = _CASE_OF.first(task=task_id)
    if case is None:
        raise Missing(_("没有这个待办，可能已经移交或取消。请刷新列表。"))
    task = _TASK.first(task=task_id)  # after the lock: what somebody else did meanwhile is seen
    assert task is not None
    task.case = case
    return task, case


def open_tasks(case: Case) -> list[Task]:
    """The tasks of a case that are open; one query."""
    return _OPEN.all(case=case.id)


def locked_case(number: str) -> Case | None:
    """A case by its number, which nobody else changes until the act ends."""
    rows = Case.objects.select_for_update(of=("self",)).select_related("agency")
    return rows.filter(number=number).first()


def is_open(task: Task) -> None:
    """Refuse a task that is no longer open."""
    if task.state != Task.State.OPEN:
        raise Conflict(_("这一环节已经办过了，请刷新页面查看最新情况。"), code="task-done")


def in_hand(actor: Actor, task: Task) -> None:
    """Refuse a task that is no longer open, or that a colleague holds."""
    is_open(task)
    if task.assignee_id not in (None, actor.account_id):
        raise Conflict(_("%(name)s已经认领了这件待办。") % {"name": task.assignee}, code="task-claimed")


def is_running(case: Case) -> None:
    """Refuse a case that has ended, or that stands still."""
    if case.closed_at is not None:
        raise Conflict(_("这件事已经办结。"), code="case-closed")
    if case.held:
        raise Conflict(_("这件事已经暂停办理，请先恢复。"), code="case-held")
