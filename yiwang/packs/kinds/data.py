"""The data base of a place: its standards, its systems, the resources of its catalogue, and for a demo what its agencies ask for."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.apps import apps
from django.utils import timezone

from yiwang.data.catalogue import actions as catalogue
from yiwang.data.catalogue import queries as catalogue_queries
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.standards import actions as standards
from yiwang.foundation.standards import queries as standards_queries
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem
from yiwang.packs.reading import Document
from yiwang.packs.schema import by_schema
from yiwang.packs.slots import Kind

from .services import coded

_PARTS = {"code_set": "code_sets", "element": "elements", "norm": "norms"}
_CATALOGUE = by_schema("catalogue")


def _standards(actor: Actor, document: Document) -> None:
    body = document.body
    try:
        standards.install(actor, document.code, {kind: body.get(part, []) for kind, part in _PARTS.items()})
    except Invalid as refusal:
        problems = [
            Problem(_PARTS.get(first, first) + dot + rest, problem.rule, problem.message)
            for problem in refusal.problems
            for first, dot, rest in [problem.field.partition(".")]
        ]
        raise Invalid(refusal.message, problems=problems) from None


def _system(actor: Actor, document: Document) -> None:
    body: dict[str, Any] = document.body
    built = dt.date.fromisoformat(body["built_on"]) if "built_on" in body else None
    catalogue.enter_system(
        actor, body["code"], body["name"], body["agency"], purpose=body.get("purpose", ""), state=body.get("state", "running"),
        level=body.get("level", 0), store=body.get("store", ""), cloud=body.get("cloud", False), built_on=built,
    )  # fmt: skip


def _field(given: Any) -> dict[str, Any]:
    """A field as it is written; one that names an element takes from it what it does not say itself."""
    field = {"element": given} if isinstance(given, str) else dict(given)
    if "element" in field:
        try:
            element = standards_queries.element(field["element"])
        except Missing:
            return field  # the check of the room says so, with the place
        known = {
            "name": element.code.rpartition(".")[2], "label": element.name, "type": element.type, "length": element.length,
            "codes": element.codes, "level": element.level, "mask": element.mask,
        }  # fmt: skip
        field = {**{name: value for name, value in known.items() if value}, **field}
    return field


def _resource(actor: Actor, document: Document) -> None:
    body = {name: value for name, value in document.body.items() if name != "reported"}
    body["fields"] = [_field(field) for field in body.get("fields", [])]
    version = catalogue.install(actor, body)
    said = document.body.get("reported")
    if said and version.entry.as_of is None:
        today = timezone.localdate()
        try:
            catalogue.report(actor, body["code"], today - dt.timedelta(days=said["days"]), rows=said.get("rows"))
        except Conflict:  # this node reads the place itself
            return


def _matter(actor: Actor, document: Document) -> None:
    """A duty, a demand or a claim, once: what became of it since is not undone."""
    body: dict[str, Any] = document.body
    if "duty" in body:
        said = body["duty"]
        catalogue.declare_duty(actor, said["agency"], said["element"], said["basis"])
    elif "demand" in body:
        said = body["demand"]
        if (
            not apps.get_model("catalogue", "Demand")
            .objects.filter(agency=said["agency"], title=said["title"])
            .exists()
        ):
            catalogue.demand(
                actor, said["agency"], said["title"], wanted=said["wanted"], why=said["why"], basis=said["basis"],
                due_on=timezone.localdate() + dt.timedelta(days=said["days"]), provider=said.get("provider", ""),
                resource=said.get("resource", ""),
            )  # fmt: skip
    else:
        said = body["claim"]
        if catalogue_queries.source_of(said["element"]) != said["resource"] and not apps.get_model(
            "catalogue", "Claim"
        ).objects.filter(element=said["element"], entry__code=said["resource"]).exists():  # fmt: skip
            catalogue.claim(actor, said["element"], said["resource"], said["why"])


STANDARDS = Kind("standards", "library of standards", lambda body: str(body["code"]), coded, _standards)
SYSTEMS = Kind("systems", "information system", lambda body: str(body["code"]), coded, _system)
RESOURCES = Kind(
    "resources", "resource", lambda body: str(body["code"]), coded, _resource,
    withdraw=lambda actor, code, reason: catalogue.withdraw(actor, code, reason),
)  # fmt: skip
CATALOGUE = Kind("catalogue", "matter of the catalogue", lambda body: str(body["code"]), _CATALOGUE, _matter, demo=True)
