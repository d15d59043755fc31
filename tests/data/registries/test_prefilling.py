"""Forms are filled in from registers; each value says where it comes from, and the reading is kept."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import citizen, firm_of
from tests.factories.registers import firms, population, registered
from yiwang.data.registries.actions import load
from yiwang.data.registries.models import LookUp
from yiwang.foundation.access.queries import ANONYMOUS, Actor, system
from yiwang.foundation.accounts.models import Party
from yiwang.foundation.forms.slots import Prefilled, prefill_sources

pytestmark = pytest.mark.django_db


def values(source: str, actor: Actor) -> dict[str, Prefilled]:
    return prefill_sources[source].values(actor)


def test_a_person_s_values_name_their_register_and_day() -> None:
    population()
    me = citizen()
    row = registered(me)
    found = values("person", me)
    assert found["name"].value == "林晓梅"
    assert found["identity_number"].value == row["identity_number"]
    assert (found["sex"].value, found["sex_words"].value) == ("2", "女性")
    assert found["address"].source == "人口基础库"
    assert found["address"].as_of is not None
    assert found["address"].href == "/my/data/objection?register=population&element=residence"
    kept = LookUp.objects.get()
    assert (kept.kind, kept.purpose) == ("self", "自动填写申请表")
    assert sorted(kept.fields) == ["identity_number", "name", "residence", "sex"]  # no more than is asked for


def test_a_firm_s_values_come_when_somebody_acts_for_it_and_the_person_s_too() -> None:
    population()
    firms()
    me = citizen()
    registered(me)
    assert values("firm", me) == {}
    boss = firm_of(me)
    firm = Party.objects.get(id=boss.party_id)
    row = {"uscc": firm.code.plain(), "name": firm.name, "capital": 30_000_000}
    load(system(), "firms", [row], as_of=dt.date(2026, 10, 31))
    found = values("firm", boss)
    assert found["name"] == Prefilled(
        firm.name, "法人基础库", dt.date(2026, 10, 31), "/my/data/objection?register=firms&element=name"
    )
    assert (found["capital"].value, found["capital_words"].value) == (30_000_000, "¥300,000.00")
    assert values("person", boss)["name"].value == "林晓梅"


def test_who_is_in_no_register_has_what_was_checked_with_the_account() -> None:
    me = citizen()
    found = values("person", me)
    assert found["name"] == Prefilled("林晓梅", "实名认证时核对的信息")
    assert "address" not in found
    population()
    assert values("person", me)["name"].source == "实名认证时核对的信息"


def test_nobody_has_nothing() -> None:
    population()
    assert values("person", ANONYMOUS) == {}
    assert values("firm", ANONYMOUS) == {}
