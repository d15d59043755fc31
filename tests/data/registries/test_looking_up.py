"""Who may read a record, for what, and what the subject later sees of it."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import agency, citizen, firm_of, official
from tests.factories.registers import firms, population, registered
from yiwang.data.registries.actions import load
from yiwang.data.registries.models import LookUp
from yiwang.data.registries.queries import facts, held_about, look_up, registers, who_used
from yiwang.foundation.access.models import Denial
from yiwang.foundation.access.queries import ANONYMOUS, system
from yiwang.foundation.accounts.models import Party
from yiwang.kernel.refusals import Denied, Invalid, Missing, SignInNeeded

pytestmark = pytest.mark.django_db
PURPOSE = "办理食品经营许可"


def test_i_may_read_my_own_record_and_it_is_kept_once_a_day() -> None:
    population()
    me = citizen()
    row = registered(me)
    for _again in range(3):
        reading = look_up("population", row["identity_number"], purpose=PURPOSE, actor=me)
        assert reading is not None
        assert reading.data["residence"] == row["residence"]
    kept = LookUp.objects.get()
    assert (kept.kind, kept.reader, kept.found, kept.purpose) == ("self", "您本人", True, PURPOSE)
    look_up("population", row["identity_number"], purpose="查看本人数据", actor=me)
    assert LookUp.objects.count() == 2


def test_a_neighbour_may_not_and_the_denial_is_kept() -> None:
    population()
    row = registered(citizen())
    neighbour = citizen("王建国")
    with pytest.raises(Denied):
        look_up("population", row["identity_number"], purpose="好奇", actor=neighbour)
    assert Denial.objects.get().account_id == neighbour.account_id
    with pytest.raises(SignInNeeded):
        look_up("population", row["identity_number"], purpose="好奇", actor=ANONYMOUS)
    assert not LookUp.objects.exists()


def test_a_clerk_reads_what_the_register_opens_to_their_role_up_to_their_level() -> None:
    population()
    me = citizen()
    key = registered(me, health="良好")["identity_number"]
    clerk = official("window-clerk", at=agency())
    reading = look_up("population", key, purpose=PURPOSE, actor=clerk, fields=["name", "sex"], about="case:1")
    assert reading is not None
    assert set(reading.data) == {"name", "sex"}
    with pytest.raises(Denied):  # level 3, and a window clerk of the market authority holds level 2
        look_up("population", key, purpose=PURPOSE, actor=clerk, fields=["phone"])
    with pytest.raises(Denied):  # a role that the register does not name
        look_up("population", key, purpose=PURPOSE, actor=official("chief", at=agency()), fields=["name"])
    kept = LookUp.objects.get()
    assert (kept.kind, kept.reader, kept.about) == ("official", "云州市市场监督管理局", "case:1")
    assert kept.account_id == clerk.account_id


def test_the_owner_reads_by_its_own_right() -> None:
    population()
    key = registered(citizen())["identity_number"]
    steward = official("steward", ["registries.look_up"], at=agency("gaj"))
    assert look_up("population", key, purpose="核对登记", actor=steward, fields=["name"]) is not None


@pytest.mark.parametrize("purpose", ["", "  ", "x", "长" * 121])
def test_nobody_reads_just_so(purpose: str) -> None:
    population()
    me = citizen()
    key = registered(me)["identity_number"]
    with pytest.raises(Invalid) as refusal:
        look_up("population", key, purpose=purpose, actor=me)
    assert refusal.value.problems[0].field == "purpose"


def test_what_is_not_there() -> None:
    population()
    me = citizen()
    own = Party.objects.get(id=me.party_id).code.plain()
    assert look_up("population", own, purpose=PURPOSE, actor=me) is None
    assert LookUp.objects.get().found is False  # asking is a use, too
    with pytest.raises(Missing):
        look_up("nothing", own, purpose=PURPOSE, actor=me)
    with pytest.raises(Invalid, match="没有数据项"):
        look_up("population", own, purpose=PURPOSE, actor=me, fields=["shoe_size"])


def test_i_see_what_is_held_about_me_masked_and_who_used_it() -> None:
    population()
    firms()
    me = citizen()
    row = registered(me)
    look_up(
        "population", row["identity_number"], purpose="办理失业登记", actor=official("window-clerk", at=agency()),
        fields=["name"],
    )  # fmt: skip
    held = held_about(me)
    assert [reading.source for reading in held] == ["人口基础库"]
    shown = {line.label: line.shown for line in held[0].lines()}
    assert shown["公民身份号码"].count("*") > 8
    assert row["phone"] not in shown["手机号码"]
    assert shown["性别"] == "女性"
    assert shown["出生日期"] == "1980年1月1日"
    uses = who_used(me).items
    assert [(use.reader, use.purpose) for use in uses] == [
        ("您本人", "查看本人数据"),
        ("云州市市场监督管理局", "办理失业登记"),
    ]
    assert who_used(citizen("王建国")).items == []


def test_a_firm_s_data_are_seen_by_who_acts_for_it() -> None:
    firms()
    owner = citizen()
    boss = firm_of(owner)
    firm = Party.objects.get(id=boss.party_id)
    load(system(), "firms", [{"uscc": firm.code.plain(), "name": firm.name, "active": True, "capital": 50_000_000}])
    assert {line.label: line.shown for line in held_about(boss)[0].lines()}["注册资本"] == "¥500,000.00"
    assert held_about(owner) == []  # as a natural person, the firms register says nothing about them


def test_facts_say_what_is_true_where_it_comes_from_and_read_no_more_than_they_need() -> None:
    population()
    firms()
    me = citizen()
    boss = firm_of(me)
    registered(me, birth_date="1966-05-20", sex="2")
    found = facts(
        ["population.age", "population.working_age", "population.resident", "population.sex", "firms.active"],
        actor=boss, parties=[pid for pid, *_rest in boss.parties], purpose=PURPOSE, about="case:7",
        today=dt.date(2026, 5, 20),
    )  # fmt: skip
    assert {name: fact.value for name, fact in found.items()} == {
        "population.age": 60, "population.working_age": "over", "population.resident": True, "population.sex": "2",
        "firms.active": False,
    }  # fmt: skip
    assert found["population.age"].source == "人口基础库"
    assert found["population.age"].as_of is not None
    assert found["firms.active"].as_of is None  # nothing is registered, which the declaration calls False
    assert sorted(LookUp.objects.get(register="population").fields) == ["birth_date", "residence_region", "sex"]


def test_facts_of_strangers_are_refused_and_unknown_facts_are_the_author_s_mistake() -> None:
    population()
    me, neighbour = citizen(), citizen("王建国")
    registered(me)
    with pytest.raises(Denied):
        facts(["population.age"], actor=neighbour, parties=[me.party_id], purpose=PURPOSE)  # type: ignore[list-item]
    with pytest.raises(LookupError, match="shoe_size"):
        facts(["population.shoe_size"], actor=me, parties=[me.party_id], purpose=PURPOSE)  # type: ignore[list-item]


def test_many_facts_cost_no_more_queries_than_one(django_assert_max_num_queries: object) -> None:
    population()
    me = citizen()
    registered(me)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        facts(
            ["population.age", "population.working_age", "population.resident", "population.sex"],
            actor=me, parties=[me.party_id], purpose=PURPOSE,  # type: ignore[list-item]
        )  # fmt: skip


def test_which_registers_there_are_is_no_secret() -> None:
    population()
    assert [register.name for register in registers()] == ["人口基础库"]
