"""What the workbench shows of an application: the form beside the materials, what rules said, the correction form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from yiwang.foundation.access.queries import Actor, allowed
from yiwang.foundation.cases.queries import Case, Task, scope_of
from yiwang.foundation.desk.slots import OutcomeForm, Panel, panels
from yiwang.foundation.rules import queries as rules
from yiwang.kernel.refusals import Denied
from yiwang.services.items import queries as items

from . import actions, delivering, papers, queries, rechecking, remedies
from .correcting import correctable, latest
from .kind import KIND
from .models import Correction, Delivery, Filing, Paper, Recheck, Reopening


@dataclass(frozen=True, slots=True)
class Choosable:
    """Something a correction can be about."""

    key: str
    name: str

    @property
    def material_text(self) -> str:
        return f"text.material.{self.key}"

    @property
    def field_text(self) -> str:
        return f"text.field.{self.key}"


def _panel(actor: Actor, case: Case) -> dict[str, Any]:
    if not queries.may_read(actor, case):  # looking after the clocks is no attempt to read the papers: nothing to keep
        raise Denied(queries.progress_only())
    now, *earlier = queries.filings_of(actor, case)
    again = Reopening.objects.select_related("former").filter(case=case).first()
    return {
        "papers": list(Paper.objects.filter(case=case).order_by("created_at")),
        "former": again,
        "later": Reopening.objects.select_related("case").filter(former=case).order_by("-created_at").first(),
        "delivery": Delivery.objects.filter(case=case).first(),
        "handing": delivering.NAMES.get(now.filing.delivery.get("way", "")),
        "may_deliver": _may_deliver(actor, case, now.filing),
        "may_reopen": case.closed_at is not None
        and case.outcome != "withdrawn"
        and _allowed(actor, "applications.reopen", case),
        "now": now,
        "situation": queries.situation_rows(now.item, now.filing.situation),
        "earlier": earlier,
        "corrections": list(Correction.objects.filter(case=case).order_by("created_at")),
        "decisions": rules.decisions_about("case", case.number),
    }


def _allowed(actor: Actor, permission: str, case: Case) -> bool:
    return allowed(actor, permission, scope_of(case))


def _may_deliver(actor: Actor, case: Case, filing: Filing) -> bool:
    """Whether there is a result on paper that this official may hand over."""
    wanted = filing.delivery.get("way", delivering.ELECTRONIC) != delivering.ELECTRONIC
    return (
        wanted
        and case.closed_at is not None
        and case.outcome != "withdrawn"
        and _allowed(actor, "applications.deliver", case)
    )


def _laws(actor: Actor, case: Case, task: Task) -> dict[str, Any]:
    """The law that a refusal rests on if the official names no other, and what the paper says about contesting it."""
    filing = latest(case)
    kind = Paper.Kind.NON_ACCEPTANCE if task.step == "accept" else Paper.Kind.REFUSAL
    laws = papers.basis_of(kind, items.version(filing.item_version)) if filing else []
    return {"laws": "\n".join(laws), "contest": remedies.in_full(case, automatic=False)[0]}


def _refuse(actor: Actor, task: Task, post: QueryDict) -> object:
    return actions.refuse(
        actor, task.id, reason=str(post.get("opinion", "")), basis=str(post.get("basis", "")).splitlines()
    )


def _recheck(actor: Actor, case: Case) -> dict[str, Any]:
    """A follow-up of the draw: the case that is looked at again, with everything that its own page shows."""
    row = Recheck.objects.select_related("case__agency", "case__party").get(followup=case)
    return {"rechecked": row, **_panel(actor, row.case)}


def _correctable(actor: Actor, case: Case, task: Task) -> dict[str, Any]:
    """What a correction can be about: the materials that the applicant brings and the fields that they typed."""
    about = correctable(queries.filings_of(actor, case)[0].filing)
    return {
        "asked_before": Correction.objects.filter(case=case).count(),
        "correctable_materials": [Choosable(code, name) for code, name in about.materials.items()],
        "correctable_fields": [Choosable(name, label) for name, label in about.fields.items()],
    }


def _request(actor: Actor, task: Task, post: QueryDict) -> object:
    """The points of the correction form, in its order: each ticked material and field, then what is said besides."""
    points: list[dict[str, str]] = []
    for kind in ("material", "field"):
        for code in map(str, post.getlist(f"{kind}s")):
            points.append({"kind": kind, "code": code, "text": str(post.get(f"text.{kind}.{code}", ""))})
    if post.get("other", "").strip():
        points.append({"kind": "other", "code": "", "text": str(post["other"])})
    return actions.request_correction(actor, task.id, points)


def plug() -> None:
    """Called once, when the room starts."""
    correction = OutcomeForm("applications/desk_correction.html", _request, _correctable)
    refusal = OutcomeForm("applications/desk_refusal.html", _refuse, _laws)
    panels.plug(
        KIND, Panel("applications/desk_panel.html", _panel, outcome_forms={"correct": correction, "refuse": refusal})
    )
    panels.plug(rechecking.KIND, Panel("applications/desk_panel.html", _recheck))
