"""What a service is made of: seals, licence types, forms, decision tables, procedures, items and search words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import apps
from lxml import etree

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.forms import actions as forms
from yiwang.foundation.licences import actions as licences
from yiwang.foundation.rules import actions as rules
from yiwang.foundation.seals import actions as seals
from yiwang.foundation.seals import queries as seals_queries
from yiwang.kernel.refusals import Missing, Problem
from yiwang.packs import marks
from yiwang.packs.marks import Marked
from yiwang.packs.reading import Document
from yiwang.packs.schema import by_schema
from yiwang.packs.slots import Kind
from yiwang.services.items import actions as items
from yiwang.services.items import queries as items_queries

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"


def _read_bpmn(path: Path) -> tuple[Marked | None, list[Problem]]:
    """The procedure in a BPMN file: its code (the id of the process), its name, and the XML itself; each element has its line."""
    try:
        xml = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None, [Problem("1", "encoding", "the file is not UTF-8; save it as UTF-8")]
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        tree = etree.fromstring(xml.encode(), parser)
    except etree.XMLSyntaxError as error:
        return None, [Problem(str(error.lineno or 1), "xml", f"not valid XML: {error.msg}")]
    process = tree.find(f"{{{BPMN}}}process")
    if process is None or not process.get("id") or not process.get("name"):
        return None, [Problem("1", "process", "the file needs one bpmn:process with an id and a name")]
    lines: dict[marks.Path, int] = {
        (str(element.get("id")),): int(element.sourceline or 1) for element in tree.iter() if element.get("id")
    }
    return Marked({"code": process.get("id"), "name": process.get("name"), "bpmn": xml}, lines), []


def coded(body: Any) -> list[Problem]:
    """For kinds whose room checks the body itself when the pack is tried: only that there is a body with a code."""
    if not isinstance(body, dict) or not isinstance(body.get("code"), str) or not body["code"]:
        return [Problem("code", "required", '"code" is missing; add it (in quotes when it is a number)')]
    return []


def _rules(actor: Actor, document: Document) -> None:
    body = {name: value for name, value in document.body.items() if name != "code"}
    rules.publish(actor, document.code, body)


def _procedure(actor: Actor, document: Document) -> None:
    body = document.body
    cases.publish_procedure(actor, body["code"], body["name"], body["bpmn"])


def _synonyms(actor: Actor, document: Document) -> None:
    items.set_synonyms(actor, [(phrase, document.body["means"]) for phrase in document.body["phrases"]])


def _form(actor: Actor, document: Document) -> None:
    body = {name: value for name, value in document.body.items() if name != "code"}
    forms.publish(actor, document.code, body)


def _licence_type(actor: Actor, document: Document) -> None:
    licences.declare_type(actor, document.body)


def _seal(actor: Actor, document: Document) -> None:
    """A seal is made once; a changed name needs a new seal, which is a person's decision."""
    body = document.body
    try:
        seals_queries.seal_of(body["agency"], body["kind"])
    except Missing:
        seals.make(actor, body["agency"], body.get("name", ""), body["kind"])


def _withdraw_item(actor: Actor, code: str, reason: str) -> bool:
    """Out of the catalogue; one that the place withdrew itself is left as it is."""
    try:
        items_queries.published(code)
    except Missing:
        return False
    items.withdraw(actor, code, reason)
    return True


def _running(codes: Sequence[str]) -> str:
    """Cases of these items that still run: they would end under an item that nobody offers any more."""
    count = apps.get_model("cases", "Case").objects.filter(type_code__in=codes, closed_at=None).count()
    return f"{count} case(s) of its items still run; finish them first" if count else ""


SEALS = Kind("seals", "seal", lambda body: f"{body['agency']}:{body['kind']}", by_schema("seal"), _seal, fixed=True)
LICENCES = Kind("licences", "licence type", lambda body: str(body["code"]), coded, _licence_type)
FORMS = Kind("forms", "form", lambda body: str(body["code"]), coded, _form)
RULES = Kind("rules", "decision table", lambda body: str(body["code"]), coded, _rules)
PROCEDURES = Kind(
    "procedures", "procedure", lambda body: str(body["code"]), lambda body: [], _procedure,
    suffixes=(".bpmn",), read=_read_bpmn,
)  # fmt: skip
ITEMS = Kind(
    "items", "item", lambda body: str(body["code"]), coded,
    lambda actor, document: items.install(actor, document.body), withdraw=_withdraw_item, in_use=_running,
)  # fmt: skip
SYNONYMS = Kind("synonyms", "synonym", lambda body: str(body["means"]), by_schema("synonym"), _synonyms)
