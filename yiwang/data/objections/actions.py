"""The acts on objections: turning one into a case, and correcting the register because of one."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.registries import actions as registries
from yiwang.data.registries.queries import Objection, element_of
from yiwang.foundation.access.queries import Actor, Scope, act, require, system
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases.queries import Task
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.messages.actions import send
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from . import answering, messages, opening
from .models import ObjectionCase

LONGEST_BASIS = 500


@act("objections.open", gettext_lazy("把数据异议转为办件"))
def open_case(actor: Actor, objection_id: UUID) -> ObjectionCase:
    """Open the case of an objection at the register's owner, and tell the person its number. Once, however often it is asked. For the node."""
    require(actor, subject=f"objection:{objection_id}")
    rows = Objection.objects.select_for_update(of=("self",)).select_related("register__owner__region", "party")
    objection = rows.filter(id=objection_id).first()
    if objection is None:
        raise Missing(_("没有这条数据异议。"))
    known = ObjectionCase.objects.filter(objection=objection).first()
    if known is not None:
        record("objection", objection.id, {"case": known.case_id, "known": True})
        return known
    case = opening.open_for(actor, objection)
    made = ObjectionCase.objects.create(objection=objection, case_id=case.id)
    record("objection", objection.id, {"case": case.id, "number": case.number})
    send(
        objection.party_id, messages.OPENED,
        {
            "element": element_of(objection).label, "agency": objection.register.owner.name, "days": opening.DAYS,
            "number": case.number,
        },
        link=answering.page_of(case.number),
    )  # fmt: skip
    return made


@act("objections.correct", gettext_lazy("更正登记信息"))
def correct(actor: Actor, task_id: UUID, value: str, basis: str) -> ObjectionCase:
    """Correct the element that the case is about, to ``value``, because of ``basis``, and finish the step: the register has a new version.

    Who may is decided by the task (the owner's data steward). Raises :class:`Invalid` with a problem for each field, :class:`Conflict` when it is
    answered already.
    """
    task = Task.objects.select_related("case").filter(id=task_id).first()
    found = answering.of_case(task.case_id) if task else None
    case = task.case if task and found else None
    require(
        actor, Scope(agency=case.agency_path, region=case.region_path, level=2) if case else Scope(agency="-"),
        role=(task.role if task and case else "") or "-", subject=f"task:{task_id}",
    )  # fmt: skip
    if task is None or found is None:
        raise Missing(_("没有这个待办，可能已经移交或取消。请刷新列表。"))
    if found.objection.state != Objection.State.OPEN:
        raise Conflict(_("这条异议已经答复过。"), code="objection-answered")
    basis = basis.strip()
    problems = []
    if not basis:
        problems.append(Problem("opinion", "required", _("请写明更正的依据，会告诉提出异议的人")))
    elif len(basis) > LONGEST_BASIS:
        problems.append(Problem("opinion", "max-length", _("依据最多 500 个字")))
    try:
        changed = registries.answer_objection(system(actor.channel), found.objection_id, value)
    except Invalid as wrong:
        problems += wrong.problems
    if problems:
        raise Invalid(_("还没有更正，请改好标出的地方。"), problems=problems)
    record("objection", found.objection_id, {"case": found.case_id, "corrected": True, "version": changed.version})
    cases.complete(actor, task.id, "correct", basis)
    return answering.of_case(task.case_id) or found
