"""What the law of an item lets its office read of others' registers 依法授权: settled with grants when the item comes into force.

Forms are filled in, materials are replaced and rules decide from registers on no other ground. Private to this room.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from yiwang.data.registries import queries as registries
from yiwang.data.sharing import actions as sharing
from yiwang.foundation.access.queries import system
from yiwang.foundation.forms import queries as forms
from yiwang.foundation.rules import queries as rules


def settle(body: Mapping[str, Any]) -> None:
    """Grant the item's agency what its form, its table and its materials read; the same again changes nothing. Part of the act that publishes."""
    known = {declaration.code: declaration for declaration in registries.registers()}
    if not known:
        return
    for code, fields in _needed(body, known).items():
        declaration = known[code]
        elements = [
            {"name": one.name, "label": one.label, "type": one.type, "level": one.level, "mask": one.mask, "agreed": "keep"}
            for one in declaration.elements.values()
        ]  # fmt: skip
        sharing.grant_by_law(
            system("job"), item=body["code"], agency=body["agency"], fields=sorted(fields),
            purpose=_("办理“%(item)s”") % {"item": body["name"]},
            basis="；".join(f"《{law['title']}》{law.get('article', '')}" for law in body.get("basis", [])) or _("事项的设定依据"),
            resource={
                "code": f"register:{code}", "name": declaration.name, "provider": declaration.owner, "place": f"register:{code}",
                "keys": [one for one in elements if one["name"] == declaration.key], "fields": elements,
            },
        )  # fmt: skip


def _needed(body: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, set[str]]:
    """The elements of each register that the item reads, and the key by which it finds them."""
    found: dict[str, set[str]] = {}

    def need(code: str, *elements: str) -> None:
        found.setdefault(code, {known[code].key}).update(elements)

    asked = _paths(body.get("form", ""))
    for declaration in known.values():
        if any(f"{declaration.prefill_source}.{path}" in asked for path in declaration.prefill_paths):
            need(declaration.code, *declaration.prefill_paths.values())
    for declaration in known.values():
        for name, rule in declaration.facts.items():
            if f"{declaration.code}_{name}" in _facts(body.get("decision", "")):
                need(declaration.code, rule.element, *({"sex"} & declaration.elements.keys() if rule.derive else ()))
    for material in body.get("materials", []):
        replaced = material.get("replaced_by") or {}
        if replaced.get("kind") == "register" and replaced.get("ref") in known:
            need(replaced["ref"])
    return found


def _paths(form: str) -> set[str]:
    """The paths from which a form is filled in, as "person.name"; those in words count as the code behind them."""
    try:
        return {field.prefill.removesuffix("_words") for field in forms.form(form).fields.values()} if form else set()
    except LookupError:
        return set()


def _facts(decision: str) -> tuple[str, ...]:
    try:
        return rules.facts_needed(decision) if decision else ()
    except LookupError:
        return ()
