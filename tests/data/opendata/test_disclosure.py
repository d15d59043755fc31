"""What could point to a person is found before anything is open: identifiers, rare combinations, small cells, joins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pytest

from tests.factories.opendata import PEOPLE_FIELDS, Tables, checked, plan, released, table_resource
from tests.factories.people import identity_number
from yiwang.data.opendata import actions, store
from yiwang.data.opendata.models import Preparation
from yiwang.foundation.access.queries import system
from yiwang.kernel.refusals import Conflict

pytestmark = pytest.mark.django_db
DISTRICTS = ("990102", "990103")


def people(count: int = 200, **changes: Any) -> list[Mapping[str, Any]]:
    return [
        {
            "identity_number": identity_number(number), "born_on": f"19{50 + number % 5 * 10}-03-{number % 28 + 1:02d}",
            "sex": "12"[number % 2], "district": DISTRICTS[number // 2 % 2], "income": 30_000 + number * 17,
            "disease": ("高血压", "糖尿病", "无")[number % 3], **changes,
        }
        for number in range(1, count + 1)
    ]  # fmt: skip


def check(
    held: Tables,
    rows: Sequence[Mapping[str, Any]],
    code: str = "people",
    resource: str = "306001-000102",
    **changes: Any,
) -> Preparation:
    table_resource(held, code, PEOPLE_FIELDS, rows, code=resource, name="慢性病随访")
    wanted = {"code": code, "resource": resource, "theme": "health", "subject": "person", **changes}
    return checked(system(), plan(**wanted))


def findings(preparation: Preparation, severity: str = "fail") -> dict[str, dict[str, Any]]:
    assert preparation.failure == ""
    return {each["code"]: each for each in preparation.report["findings"] if each["severity"] == severity}


def test_as_suggested_nothing_points_to_anybody(held: Tables) -> None:
    preparation = check(held, people(2000))
    assert preparation.state == Preparation.State.CHECKED, preparation.report
    assert preparation.report["k"] >= 5
    names = {each["name"] for each in preparation.fields if each["treatment"] != "drop"}
    assert "identity_number" not in names


def test_a_rare_combination_is_named_and_cannot_be_submitted(held: Tables) -> None:
    preparation = check(held, people(), fields={"born_on": {"treatment": "keep"}})
    found = findings(preparation)["k-anonymity"]
    assert preparation.state == Preparation.State.FAILED
    assert "born_on" in found["fields"]
    assert found["figures"]["k"] < 5
    with pytest.raises(Conflict):
        actions.submit(system(), preparation.id)


def test_one_value_for_a_whole_group_is_told(held: Tables) -> None:
    rows = [{**row, "disease": "糖尿病"} if row["sex"] == "1" else row for row in people(2000)]
    found = findings(check(held, rows, fields={"disease": {"role": "sensitive"}}))
    assert found["l-diversity"]["fields"] == ["disease"]


def test_an_identifier_kept_or_hidden_in_the_values_fails(held: Tables) -> None:
    kept = check(held, people(), fields={"identity_number": {"treatment": "keep"}})
    assert {"identifier", "value-identity"} <= findings(kept).keys()
    hidden = [{**row, "disease": f"随访电话13800{number:06d}，本人要求上午联系"} for number, row in enumerate(people())]
    assert "value-inside" in findings(check(held, hidden, "people2", "306001-000103"))
    coded = check(held, people(2000), "people3", "306001-000104", fields={"identity_number": {"treatment": "hash"}})
    assert coded.state == Preparation.State.CHECKED, coded.report


def test_codes_and_noise_follow_from_the_secret_of_the_dataset(held: Tables) -> None:
    fields = {"identity_number": {"treatment": "hash"}, "income": {"treatment": "noise", "option": "5"}}
    rows = people(500)
    one, two = (
        check(held, rows, code, f"306001-00011{n}", fields=fields) for n, code in enumerate(("first", "second"))
    )

    def read(preparation: Preparation) -> dict[str, int]:
        path = store.path_of(preparation.dataset.code, preparation.id)
        return dict(duckdb.connect().execute(f"SELECT identity_number, income FROM '{path}'").fetchall())

    first, second = read(one), read(two)
    assert len(first) == 500
    assert not first.keys() & second.keys()
    truth = {row["income"] for row in rows}
    assert sum(1 for value in first.values() if value in truth) < 50
    assert abs(sum(first.values()) / sum(row["income"] for row in rows) - 1) < 0.02
    before = read(one)
    actions.check(system(), one.id)
    from yiwang.data.opendata.jobs import check_now

    check_now(str(one.id))
    assert read(one) == before


def test_joining_with_what_is_open_may_single_nobody_out(held: Tables) -> None:
    rare = people(2000) + [
        {**people(1)[0], "identity_number": identity_number(900 + n), "district": "990121"} for n in range(3)
    ]
    table_resource(held, "first", PEOPLE_FIELDS, rare, code="306001-000120", name="先开放的")
    choose = {"born_on": {"treatment": "drop"}, "sex": {"treatment": "drop"}}
    first = checked(
        system(), plan(code="first", resource="306001-000120", theme="health", subject="organisation", fields=choose)
    )
    assert (
        first.state == Preparation.State.CHECKED
    )  # a warning for organisations, whom the law does not shield as persons
    actions.submit(system(), first.id)
    actions.release(system(), first.id)
    table_resource(held, "second", PEOPLE_FIELDS, rare, code="306001-000121", name="后开放的")
    second = checked(
        system(), plan(code="second", resource="306001-000121", theme="health", subject="organisation", fields=choose)
    )
    assert findings(second)["join"]["figures"] == {"groups": 1}


FIGURES = [
    {"name": "district", "label": "区", "type": "region", "level": 1, "key": True},
    {"name": "kind", "label": "类别", "type": "text", "length": 20, "level": 1, "key": True},
    {"name": "people", "label": "人数", "type": "integer", "level": 1},
]


def test_small_cells_are_hidden_with_the_one_that_would_give_them_away(held: Tables) -> None:
    kinds = ("残疾", "低保", "孤儿")
    rows = [
        {"district": d, "kind": k, "people": 100 + n * 10 + m}
        for n, d in enumerate(("990102", "990103", "990104"))
        for m, k in enumerate(kinds)
    ]
    rows[4] = {**rows[4], "people": 3}
    table_resource(held, "allowances", FIGURES, rows, code="306001-000130", name="救助人数")
    wanted = plan(code="allowances", resource="306001-000130", theme="social", subject="figures")
    plain = checked(system(), plan(code="plain", resource="306001-000130", theme="social", subject="figures",
                                   fields={"people": {"treatment": "keep"}}))  # fmt: skip
    assert findings(plain)["small-cells"]["figures"] == {"cells": 1}
    edition = released(wanted)
    path = store.path_of("allowances", edition.preparation_id)
    cells = duckdb.connect().execute(f"SELECT district, kind, people FROM '{path}'").fetchall()
    hidden = {(district, kind) for district, kind, count in cells if count is None}
    assert ("990103", "低保") in hidden
    for district in ("990102", "990103", "990104"):
        assert sum(1 for place, _kind in hidden if place == district) != 1
    for kind in kinds:
        assert sum(1 for _place, each in hidden if each == kind) != 1
