"""Rows are checked, loaded once, kept with their history, and sealed at rest."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import agency, official
from tests.factories.people import identity_number, social_credit_code
from tests.factories.registers import firms, person_row, population
from tests.helpers import recorded, refused
from yiwang.data.registries.actions import load
from yiwang.data.registries.models import Load, RegisterRecord
from yiwang.data.registries.queries import look_up
from yiwang.foundation.access.queries import system
from yiwang.foundation.events.models import Event
from yiwang.kernel.refusals import Invalid, Missing

pytestmark = pytest.mark.django_db
A, B = identity_number(501), identity_number(502)


def read(key: str) -> Any:
    return look_up("population", key, purpose="测试历史", actor=system())


def test_rows_are_loaded_once_and_the_ledger_has_counts_but_no_names() -> None:
    population()
    rows = [person_row(A, "张三"), person_row(B, "李四")]
    with recorded("registries.load", kind="register", subject="population") as entries:
        loaded = load(system(), "population", rows, source="测试", as_of=dt.date(2026, 10, 31))
    assert (loaded.new, loaded.changed, loaded.same, loaded.refused) == (2, 0, 0, 0)
    assert "张三" not in entries[0].content
    again = load(system(), "population", rows)
    assert (again.new, again.changed, again.same) == (0, 0, 2)
    assert RegisterRecord.objects.count() == 2
    assert Load.objects.count() == 1
    assert Event.objects.filter(type="register.loaded").count() == 1
    reading = read(A)
    assert (reading.data["name"], reading.as_of, reading.version) == ("张三", dt.date(2026, 10, 31), 1)


def test_other_content_is_a_new_version_and_the_old_one_is_kept() -> None:
    population()
    load(system(), "population", [person_row(A, "张三"), person_row(B)])
    changed = load(system(), "population", [person_row(A, "张三丰"), person_row(B)])
    assert (changed.new, changed.changed, changed.same) == (0, 1, 1)
    assert read(A).data["name"] == "张三丰"
    versions = list(RegisterRecord.objects.filter(version__gte=1).order_by("pk"))
    former = next(row for row in versions if row.until is not None)
    newest = next(row for row in versions if row.version == 2)
    assert former.data["name"] == "张三"
    assert former.until == newest.since


def test_nothing_of_a_row_can_be_read_in_the_store() -> None:
    population()
    load(system(), "population", [person_row(A, "张三")])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {RegisterRecord._meta.db_table}")
        stored = repr([bytes(cell) if isinstance(cell, memoryview) else cell for cell in cursor.fetchone()])
    for text in (A, "张三", "16400000001", A[6:14]):
        assert text not in stored
        assert repr(text.encode())[2:-1] not in stored


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"identity_number": "11010519491231002x1"}, "1.identity_number"),
        ({"identity_number": ""}, "1.identity_number"),
        ({"name": "  "}, "1.name"),
        ({"name": "长" * 61}, "1.name"),
        ({"sex": "3"}, "1.sex"),
        ({"birth_date": "1980-02-30"}, "1.birth_date"),
        ({"phone": "1640000000"}, "1.phone"),
        ({"residence_region": "云州"}, "1.residence_region"),
        ({"favourite_colour": "blue"}, "1.favourite_colour"),
    ],
)
def test_a_wrong_row_refuses_the_load_and_says_which_and_why(change: dict[str, Any], field: str) -> None:
    population()
    with pytest.raises(Invalid) as refusal:
        load(system(), "population", [{**person_row(A), **change}, person_row(B)])
    assert [problem.field for problem in refusal.value.problems] == [field]
    assert "第 1 行" in refusal.value.problems[0].message
    assert not RegisterRecord.objects.exists()


def test_money_and_truth_are_read_strictly() -> None:
    firms()
    good = {
        "uscc": social_credit_code(1),
        "name": "某公司",
        "capital": "50000000",
        "active": "是",
        "founded": "2020-05-06",
    }
    load(system(), "firms", [good])
    for change in ({"capital": "-1"}, {"capital": "5.5"}, {"active": "也许"}, {"uscc": "91110000600037341M"}):
        with pytest.raises(Invalid):
            load(system(), "firms", [{**good, **change}])


def test_without_strictness_the_good_rows_are_kept_and_the_wrong_ones_counted() -> None:
    population()
    loaded = load(system(), "population", [person_row(A, sex="9"), person_row(B)], strict=False)
    assert (loaded.new, loaded.refused) == (1, 1)
    assert loaded.problems[0].field == "1.sex"


def test_a_key_that_comes_twice_with_other_content_is_refused() -> None:
    population()
    assert load(system(), "population", [person_row(A), person_row(A)]).same == 1
    with pytest.raises(Invalid) as refusal:
        load(system(), "population", [person_row(B, "张三"), person_row(B, "李四")])
    assert refusal.value.problems[0].rule == "unique"


def test_only_the_owner_loads() -> None:
    population()
    refused(load, official("steward", ["registries.*"], at=agency("rsj", "人社局")), "population", [])
    with pytest.raises(Missing):
        load(system(), "nothing", [])


def test_loading_does_not_ask_the_store_once_per_row() -> None:
    population()
    rows = [person_row(identity_number(serial, "19750505")) for serial in range(900)]
    with CaptureQueriesContext(connection) as captured:
        load(system(), "population", rows)
    queries = [query["sql"] for query in captured.captured_queries if "crypto_key" not in query["sql"]]
    inserts = [sql for sql in queries if sql.startswith("INSERT") and "registerrecord" in sql]
    assert len(queries) - len(inserts) < 20
