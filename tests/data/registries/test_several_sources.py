"""Several sources speak of one record: rules decide each element, and who won and why is kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.people import agency, citizen, identity_number, official
from tests.factories.registers import population_body
from tests.factories.sources import DAY, SOURCES, insured_row, police_row, says, shared_body, shared_population, steward
from tests.helpers import recorded, refused
from yiwang.data.registries.actions import declare, load, settle
from yiwang.data.registries.models import Claim, Conflict, RegisterRecord
from yiwang.data.registries.queries import check, conflict, conflicts, history, look_up
from yiwang.foundation.access.queries import system
from yiwang.kernel.refusals import Conflict as Clash
from yiwang.kernel.refusals import Invalid

pytestmark = pytest.mark.django_db
A, B = identity_number(701), identity_number(702)


def golden(key: str = A) -> dict[str, Any]:
    reading = look_up("population", key, purpose="测试来源", actor=system())
    assert reading is not None
    return reading.data


def why(key: str = A) -> dict[str, tuple[str, str]]:
    shown = history(system(), "population", key, purpose="测试来源")
    return {line.name: (line.source, line.rule) for line in shown.lines}


def test_one_source_alone_is_its_own_record_and_makes_no_claims() -> None:
    shared_population()
    loaded = says("police", police_row(A), police_row(B))
    assert (loaded.new, loaded.changed) == (2, 0)
    assert not Claim.objects.exists()
    assert why()["name"] == ("人口信息系统", "only")


def test_authority_wins_what_is_empty_is_filled_and_the_winner_is_told() -> None:
    shared_population()
    says("police", police_row(A, name="林晓梅", residence="柳荫路18号"))
    says("insurance", insured_row(A, name="林小梅", residence="翠湖路1号"))
    assert golden()["name"] == "林晓梅"
    assert golden()["residence"] == "柳荫路18号"
    assert golden()["phone"] == "16400000009"  # the police say nothing of it
    assert why()["name"] == ("人口信息系统", "authority")
    assert why()["phone"] == ("医保参保登记", "only")
    assert Claim.objects.filter(until=None).count() == 2
    decided = set(Conflict.objects.values_list("element", "state", "rule"))
    assert decided == {("name", "decided", "authority"), ("residence", "decided", "authority")}


def test_the_order_in_which_sources_come_does_not_matter_to_what_is_decided() -> None:
    shared_population()
    says("insurance", insured_row(A, name="林小梅"), as_of=DAY)
    says("police", police_row(A, name="林晓梅"), as_of=DAY)
    assert golden()["name"] == "林晓梅"


def test_full_width_and_spaces_are_no_difference() -> None:
    shared_population()
    says("police", police_row(A, residence="柳荫路18号"))
    says("insurance", insured_row(A, residence="柳荫路１８ 号"))
    assert not Conflict.objects.exists()
    assert why()["residence"][1] == "agree"


def test_where_the_newer_wins_a_confirmation_makes_a_source_newer() -> None:
    shared_population()
    says("police", police_row(A, phone="16400000001"), as_of=dt.date(2026, 1, 1))
    says("insurance", insured_row(A, phone="16400000002"), as_of=dt.date(2026, 2, 1))
    assert golden()["phone"] == "16400000002"
    again = says("police", police_row(A, phone="16400000001"), as_of=dt.date(2026, 3, 1))
    assert again.same == 1
    assert golden()["phone"] == "16400000001"
    assert why()["phone"] == ("人口信息系统", "newest")


def test_a_claim_that_is_no_longer_fresh_yields() -> None:
    shared_population()
    says("clinic", {"identity_number": A, "phone": "16400000003", "health": "良好"}, as_of=dt.date(2024, 1, 1))
    says("insurance", insured_row(A, phone="16400000002"), as_of=dt.date(2026, 2, 1))
    assert why()["phone"] == ("医保参保登记", "fresh")


def test_what_no_rule_decides_stays_as_learnt_first_and_waits_for_the_steward() -> None:
    shared_population()
    says("police", police_row(A, phone="16400000001"))
    says("insurance", insured_row(A, phone="16400000002"))
    assert golden()["phone"] == "16400000001"
    [waiting] = conflicts(steward(), "population").items
    assert (waiting.element, waiting.state, waiting.rule) == ("phone", "open", "undecided")
    says("insurance", insured_row(A, phone="16400000001"))
    waiting.refresh_from_db()
    assert waiting.state == "gone"
    assert conflicts(steward(), "population").items == []


class TestSettling:
    @pytest.fixture
    def waiting(self) -> Conflict:
        shared_population()
        says("police", police_row(A, phone="16400000001"))
        says("insurance", insured_row(A, phone="16400000002"))
        return Conflict.objects.get(element="phone")

    def test_the_steward_sees_what_each_says_and_the_subject_sees_that(self, waiting: Conflict) -> None:
        clerk = steward(name="方志明")
        shown = conflict(clerk, waiting.id)
        assert {(one.name, one.value) for one in shown.says} == {
            ("人口信息系统", "16400000001"),
            ("医保参保登记", "16400000002"),
        }
        assert A not in shown.key

    def test_a_ruling_stands_until_a_source_says_something_new(self, waiting: Conflict) -> None:
        clerk = steward()
        with recorded("registries.settle", by=clerk, kind="conflict", subject=waiting.id):
            settle(clerk, waiting.id, "insurance", reason="电话核对本人")
        assert golden()["phone"] == "16400000002"
        assert why()["phone"] == ("数据管理员裁定", "ruling")
        says("police", police_row(A, phone="16400000001", residence="新址1号"))  # the wrong phone once more
        assert golden()["phone"] == "16400000002"
        says("police", police_row(A, phone="16400000005", residence="新址1号"), as_of=dt.date(2026, 11, 1))
        assert golden()["phone"] == "16400000005"
        waiting.refresh_from_db()
        assert (waiting.state, waiting.reason) == ("settled", "电话核对本人")

    def test_who_may_not(self, waiting: Conflict) -> None:
        refused(
            settle,
            official("data-steward", ["registries.*"], at=agency("rsj", "人社局")),
            waiting.id,
            "police",
            reason="核对过",
        )
        refused(settle, citizen(), waiting.id, "police", reason="核对过")

    def test_without_a_reason_or_with_a_source_that_says_nothing(self, waiting: Conflict) -> None:
        clerk = steward()
        with pytest.raises(Invalid):
            settle(clerk, waiting.id, "police", reason=" ")
        with pytest.raises(Invalid):
            settle(clerk, waiting.id, "clinic", reason="核对过")
        settle(clerk, waiting.id, "police", reason="核对过")
        with pytest.raises(Clash):
            settle(clerk, waiting.id, "police", reason="核对过")


def test_a_source_s_own_agency_may_load_it_and_no_other() -> None:
    shared_population()
    insurance = steward("ybj")
    assert load(insurance, "population", [insured_row(A)], source="insurance").new == 1
    refused(load, insurance, "population", [police_row(A)], source="police")


def test_a_load_names_a_declared_source() -> None:
    shared_population()
    with pytest.raises(Invalid, match="没有声明来源"):
        load(system(), "population", [police_row(A)], source="某处")
    with pytest.raises(Invalid):  # an element that the source does not give
        says("insurance", insured_row(A, sex="1"))


def test_a_register_that_had_one_source_may_declare_more() -> None:
    shared_population()
    body = shared_body()
    declare(system(), population_body(code="people", sources=[]) | {"sources": SOURCES[:1]})
    del body["sources"], body["rules"], body["linking"]
    declare(system(), body)
    load(system(), "population", [police_row(A, name="林晓梅")], source="人口系统")
    declare(system(), shared_body())
    says("insurance", insured_row(A, name="林小梅"), as_of=dt.date(2027, 1, 1))
    assert golden()["name"] == "林晓梅"  # what was there before is the first source's word


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sources": [{**SOURCES[0], "code": "ruling"}]}, "sources.0.code"),
        ({"sources": [SOURCES[0], SOURCES[0]]}, "sources.1.code"),
        ({"sources": [{**SOURCES[0], "authority": ["shoe"]}]}, "sources.0.authority"),
        ({"sources": [{**SOURCES[0], "elements": ["name"]}]}, "sources.0.elements"),
        ({"sources": [{**SOURCES[3]}], "linking": None}, "sources.0.own_key"),
        ({"rules": {"shoe": ["rank"]}}, "rules.shoe"),
        ({"linking": {"compare": [{"element": "name", "how": "date"}, {"element": "sex", "how": "exact"}], "block": [["sex"]]}}, "linking.compare.0"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_sources_is_told_with_its_place(change: dict[str, Any], field: str) -> None:
    body = {key: value for key, value in {**shared_body(), **change}.items() if value is not None}
    assert field in [problem.field for problem in check(body)]


def test_a_batch_of_two_sources_does_not_ask_the_store_once_per_row() -> None:
    shared_population()
    keys = [identity_number(serial, "19750505") for serial in range(300)]
    says("police", *[police_row(key) for key in keys])
    with CaptureQueriesContext(connection) as captured:
        says("insurance", *[insured_row(key, name="别名") for key in keys])
    queries = [query["sql"] for query in captured.captured_queries if "crypto_key" not in query["sql"]]
    assert len([sql for sql in queries if not sql.startswith("INSERT")]) < 25
    assert RegisterRecord.objects.filter(until=None, latest=True).count() == 300
    assert Conflict.objects.count() == 300


def test_claims_say_nothing_in_the_store() -> None:
    shared_population()
    says("police", police_row(A, name="林晓梅"))
    says("insurance", insured_row(A, name="林小梅"))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {Claim._meta.db_table}")
        stored = repr(
            [[bytes(cell) if isinstance(cell, memoryview) else cell for cell in row] for row in cursor.fetchall()]
        )
    for text in (A, "林", "16400000009"):
        assert text not in stored
        assert repr(text.encode())[2:-1] not in stored
