"""The four matters of the catalogue that go through people under a clock: a disputed source, a demand, an objection, overdue data.

Private to this room: acts open these cases; :class:`Flow` is what the case engine hears of them. The limits are those of
《政务信息资源共享管理暂行办法》 (国发〔2016〕51号): a provider answers within ten working days (第十二条), objections are verified by the
provider (第十七条), the data bureau settles what agencies cannot agree on (第二十一条).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries
from yiwang.foundation.cases.slots import CaseKind, Done
from yiwang.foundation.events.actions import emit
from yiwang.kernel.refusals import Invalid, Problem

from . import sourcing
from .models import Claim, Demand, Objection, Overdue

if TYPE_CHECKING:
    from yiwang.foundation.cases.models import Case, Procedure, Task
    from yiwang.foundation.orgs.queries import Agency

CLAIM, DEMAND, OBJECTION, OVERDUE = "resource-claim", "resource-demand", "resource-objection", "resource-overdue"
_FOLDER = Path(__file__).parent / "procedures"


@dataclass(frozen=True, slots=True)
class Matter:
    """One kind of matter: the procedure that ships for it (a node may publish its own), and its limit in working days."""

    kind: str
    name: Any
    procedure: str
    days: int


MATTERS = {
    matter.kind: matter
    for matter in (
        Matter(CLAIM, gettext_lazy("数据来源争议裁定"), "resource_claim", 15),
        Matter(DEMAND, gettext_lazy("数据需求答复"), "resource_demand", 10),
        Matter(OBJECTION, gettext_lazy("数据异议核实"), "resource_objection", 10),
        Matter(OVERDUE, gettext_lazy("数据超期未更新催办"), "resource_overdue", 5),
    )
}


def _procedure(actor: Actor, matter: Matter) -> Procedure:
    """The procedure of a matter; the one that ships is published the first time, unless the node has its own."""
    try:
        return case_queries.procedure(matter.procedure)
    except LookupError:
        bpmn = (_FOLDER / f"{matter.procedure}.bpmn").read_text(encoding="utf-8")
        return cases.publish_procedure(system(actor.channel), matter.procedure, str(matter.name), bpmn)


def open_case(actor: Actor, kind: str, title: str, agency: Agency, words: str, *, days: int = 0) -> Case:
    """Open a case of ``kind`` at ``agency``, inside the act of who asks. ``days`` working days in place of the usual limit."""
    matter = MATTERS[kind]
    case, _words = cases.open_case(
        actor,
        cases.NewCase(
            kind=kind, type_code=kind, type_name=str(matter.name), title=title[:200], procedure=_procedure(actor, matter).id,
            agency_code=agency.code, agency_path=agency.path, region_path=agency.region.path, party_id=None,
            limits={"answer": {"count": days or matter.days, "unit": "working"}}, starts=("answer",), words=words[:200],
        ),
    )  # fmt: skip
    return case


class Flow(CaseKind):
    """A matter of the catalogue as the case engine knows it. ``ended`` is told what a finished step means for the matter."""

    def __init__(
        self,
        kind: str,
        facts: Callable[[Case], dict[str, Any]],
        ended: Callable[[Actor, Case, Done], None],
        before: Callable[[Case, str, str], None] | None = None,
    ) -> None:
        self.code, self.name = kind, MATTERS[kind].name
        self._facts, self._ended, self._before = facts, ended, before

    def facts(self, case: Case) -> dict[str, Any]:
        return self._facts(case)

    def before_done(self, actor: Actor, case: Case, task: Task, outcome: str, opinion: str) -> None:
        if self._before is not None:
            self._before(case, task.step, outcome)

    def after_done(self, actor: Actor, case: Case, done: Done) -> None:
        self._ended(actor, case, done)


def _claim_facts(case: Case) -> dict[str, Any]:
    claim = Claim.objects.select_related("entry", "against").get(case=case)
    return {"element": claim.element, "entry": claim.entry.code, "against": claim.against.code}


def _claim_ended(actor: Actor, case: Case, done: Done) -> None:
    if not done.closed:
        return
    claim = Claim.objects.select_for_update(of=("self",)).select_related("entry", "against").get(case=case)
    moved = case.outcome == "moved" and claim.entry.listed
    claim.state = Claim.State.MOVED if moved else Claim.State.KEPT
    claim.reason, claim.settled_at = done.opinion[:500], timezone.now()
    claim.save()
    if moved:
        sourcing.move(claim.element, claim.entry, done.opinion)
    emit("claim.settled", claim.element, {"moved": moved, "source": (claim.entry if moved else claim.against).code})


def _demand_facts(case: Case) -> dict[str, Any]:
    demand = Demand.objects.get(case=case)
    return {"agency": demand.agency_id, "provider": demand.provider_id, "due_on": demand.due_on.isoformat()}


def _before_answer(case: Case, step: str, outcome: str) -> None:
    """Supplying names a resource, refusing a law, whichever door the answer comes through."""
    if step != "answer":
        return
    demand = Demand.objects.select_related("entry").get(case=case)
    if outcome == "supply" and (demand.entry is None or not demand.entry.listed):
        message = _("请选择用哪个信息资源来满足这个需求；目录里还没有的，请先登记并发布。")
        raise Invalid(message, problems=[Problem("resource", "required", message)])
    if outcome == "refuse" and not demand.answer_basis:
        message = _("不予提供的，请写明法律、行政法规或政策的依据。")
        raise Invalid(message, problems=[Problem("basis", "required", message)])


def _demand_ended(actor: Actor, case: Case, done: Done) -> None:
    demand = Demand.objects.select_for_update().get(case=case)
    if done.step == "answer":
        now = timezone.now()
        demand.answer, demand.answered_at = done.opinion[:500], now
        late = case_queries.Case.objects.filter(
            pk=case.pk, clocks__kind="answer", clocks__due_on__lt=timezone.localdate(now)
        )
        demand.in_time = not late.exists()
    if done.closed:
        demand.state = Demand.State.SUPPLIED if case.outcome == "supplied" else Demand.State.REFUSED
        emit("demand.answered", str(demand.id), {"state": demand.state, "provider": demand.provider_id})
    demand.save()


def _objection_facts(case: Case) -> dict[str, Any]:
    objection = Objection.objects.select_related("entry").get(case=case)
    return {"resource": objection.entry.code, "field": objection.field}


def _objection_ended(actor: Actor, case: Case, done: Done) -> None:
    if not done.closed:
        return
    objection = Objection.objects.select_for_update(of=("self",)).select_related("entry").get(case=case)
    objection.state = Objection.State.CORRECTED if case.outcome == "corrected" else Objection.State.UPHELD
    objection.answer, objection.answered_at = done.opinion[:500], timezone.now()
    objection.save()
    emit("objection.answered", objection.entry.code, {"state": objection.state, "agency": objection.agency_id})


def _overdue_facts(case: Case) -> dict[str, Any]:
    overdue = Overdue.objects.select_related("entry").get(case=case)
    return {"resource": overdue.entry.code, "as_of": overdue.as_of.isoformat() if overdue.as_of else ""}


def _overdue_ended(actor: Actor, case: Case, done: Done) -> None:
    if done.closed:
        Overdue.objects.filter(case=case).update(closed_at=timezone.now(), answer=done.opinion[:500])


FLOWS = (
    Flow(CLAIM, _claim_facts, _claim_ended),
    Flow(DEMAND, _demand_facts, _demand_ended, _before_answer),
    Flow(OBJECTION, _objection_facts, _objection_ended),
    Flow(OVERDUE, _overdue_facts, _overdue_ended),
)
