"""What the workbench shows of the matters of the catalogue, and the answers to a demand that need more than a sentence. Private to this room."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases.queries import Case, Task
from yiwang.foundation.desk.slots import OutcomeForm, Panel, panels

from . import actions, flows, queries
from .wording import element_name


def _claim(actor: Actor, case: Case) -> dict[str, Any]:
    claim = queries.claim_of(case)
    return {"claim": claim, "element": element_name(claim.element)}


def _demand(actor: Actor, case: Case) -> dict[str, Any]:
    return {"demand": queries.demand_of(case)}


def _objection(actor: Actor, case: Case) -> dict[str, Any]:
    objection = queries.objection_of(case)
    body = objection.entry.current.body if objection.entry.current else {}
    labels = {field["name"]: field["label"] for field in body.get("fields", [])}
    return {"objection": objection, "field": labels.get(objection.field, objection.field)}


def _overdue(actor: Actor, case: Case) -> dict[str, Any]:
    overdue = queries.overdue_of(case)
    return {"overdue": overdue, "resource": overdue.entry}


def _supplies(actor: Actor, case: Case, task: Task) -> dict[str, Any]:
    """The resources of the provider that may meet the demand, the best first."""
    demand = queries.demand_of(case)
    fitting = [
        match
        for match in queries.matches(actor, f"{demand.title}、{demand.wanted}")
        if match.entry.provider_id == demand.provider_id
    ]
    others = queries.entries(actor, queries.Wanted(provider=demand.provider_id), size=200).items
    ordered = {match.entry.code: match.entry for match in fitting} | {
        entry.code: entry for entry in others if entry.listed
    }
    return {
        "supplies": [(entry.code, f"{entry.name}（{entry.code}）") for entry in ordered.values()],
        "suggested": demand.entry.code if demand.entry else (fitting[0].entry.code if fitting else ""),
    }


def _supply(actor: Actor, task: Task, post: QueryDict) -> object:
    return actions.answer_demand(
        actor, task.id, "supply", str(post.get("opinion", "")), resource=str(post.get("resource", ""))
    )


def _refuse(actor: Actor, task: Task, post: QueryDict) -> object:
    return actions.answer_demand(
        actor, task.id, "refuse", str(post.get("opinion", "")), basis=str(post.get("basis", ""))
    )


def plug() -> None:
    """Called once, when the room starts."""
    panels.plug(flows.CLAIM, Panel("catalogue/panel_claim.html", _claim))
    panels.plug(
        flows.DEMAND,
        Panel(
            "catalogue/panel_demand.html", _demand,
            outcome_forms={
                "answer.supply": OutcomeForm("catalogue/answer_supply.html", _supply, _supplies),
                "answer.refuse": OutcomeForm("catalogue/answer_refuse.html", _refuse),
            },
        ),
    )  # fmt: skip
    panels.plug(flows.OBJECTION, Panel("catalogue/panel_objection.html", _objection))
    panels.plug(flows.OVERDUE, Panel("catalogue/panel_overdue.html", _overdue))
