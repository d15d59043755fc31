"""A register is declared, changed, and refused where its declaration does not hold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import agency, city, official
from tests.factories.registers import population, population_body
from tests.helpers import recorded, refused
from yiwang.data.registries.actions import declare
from yiwang.data.registries.models import Register, RegisterVersion
from yiwang.foundation.access.queries import system
from yiwang.kernel.refusals import Conflict, Invalid

pytestmark = pytest.mark.django_db


def test_the_owner_declares_its_register_and_the_ledger_has_it() -> None:
    steward = official("steward", ["registries.*"], at=agency("gaj", "云州市公安局"))
    steward_of_all_levels = _with_level(steward)
    with recorded("registries.declare", by=steward, kind="register", subject="population"):
        register = declare(steward_of_all_levels, population_body())
    assert (register.version, register.owner_id) == (1, "gaj")


def _with_level(actor: Any) -> Any:
    from dataclasses import replace

    return replace(actor, held=tuple(replace(held, data_level=4) for held in actor.held))


def test_another_agency_may_not_and_neither_may_one_whose_level_is_too_low() -> None:
    city()
    agency("gaj", "云州市公安局")
    refused(declare, _with_level(official("steward", ["registries.*"], at=agency("rsj", "人社局"))), population_body())
    refused(declare, official("low", ["registries.*"], at=agency("gaj")), population_body())


def test_the_same_again_is_nothing_and_a_change_is_a_version() -> None:
    register = population()
    assert declare(system(), population_body()).version == 1
    body = population_body()
    body["elements"].append({"name": "nation", "label": "民族", "type": "text", "level": 2})
    assert declare(system(), body).version == 2
    assert [v.version for v in RegisterVersion.objects.filter(register=register).order_by("version")] == [1, 2]


def test_key_and_subject_stay_what_they_are() -> None:
    population()
    for changes in ({"key": "name"}, {"subject": "other", "prefill": {"source": "person", "paths": {"name": "name"}}}):
        body = population_body(**changes)
        if body["subject"] == "other":
            del body["prefill"]
        with pytest.raises(Conflict):
            declare(system(), body)
    assert Register.objects.get().version == 1


def drop(name: str) -> Any:
    def change(body: dict[str, Any]) -> None:
        del body[name]

    return change


def set_at(path: str, value: Any) -> Any:
    def change(body: dict[str, Any]) -> None:
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place: Any = body
        for part in parents:
            place = place[part]
        place[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (drop("owner"), ""),
        (set_at("owner", "nobody"), "owner"),
        (set_at("key", "passport"), "key"),
        (set_at("key", "residence"), "key"),  # a key that may be empty
        (set_at("elements.1.name", "identity_number"), "elements.1.name"),
        (set_at("elements.1.name", "姓名"), "elements.1.name"),  # ASCII names only
        (set_at("elements.1.level", 5), "elements.1.level"),
        (set_at("elements.1.mask", "blur"), "elements.1.mask"),
        (set_at("elements.1.type", "float"), "elements.1.type"),
        (set_at("elements.1.type", "code"), "elements.1"),  # a code without codes
        (set_at("prefill.paths.nation", "nation"), "prefill.paths.nation"),
        (set_at("prefill.source", "firm"), "prefill.source"),
        (set_at("facts.old", {"element": "birth_date", "derive": "magic"}), "facts.old.derive"),
        (set_at("facts.old", {"element": "born", "derive": "age"}), "facts.old.element"),
        (set_at("facts.old", {"element": "sex", "in": ["1"], "derive": "age"}), "facts.old"),
        (set_at("surprise", 1), ""),
    ],
)
def test_a_wrong_declaration_names_the_place(change: Any, field: str) -> None:
    city()
    agency("gaj", "云州市公安局")
    body = population_body()
    change(body)
    with pytest.raises(Invalid) as refusal:
        declare(system(), body)
    assert field in [problem.field for problem in refusal.value.problems]
    assert not Register.objects.exists()
