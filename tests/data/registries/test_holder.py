"""Registers as places of the catalogue: how much, look-ups in order, everything in batches, what changed."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.people import identity_number
from tests.factories.registers import person_row, population
from tests.factories.sources import DAY, police_row, relief_row, says, shared_population
from yiwang.data.catalogue.slots import holders
from yiwang.data.registries.actions import load
from yiwang.data.registries.models import LookUp
from yiwang.foundation.access.queries import system
from yiwang.kernel.refusals import Invalid, Missing

pytestmark = pytest.mark.django_db
PLACE = "register:population"
KEYS = [identity_number(serial, "19760606") for serial in range(30)]


def fill() -> None:
    load(system(), "population", [person_row(key, f"人{n}") for n, key in enumerate(KEYS)], as_of=DAY)


def test_a_holding_says_how_much_without_counting() -> None:
    population()
    assert holders["register"].holding(PLACE).rows == 0
    fill()
    load(system(), "population", [person_row(KEYS[0], "改名")], as_of=DAY)
    with CaptureQueriesContext(connection) as captured:
        held = holders["register"].holding(PLACE)
    assert (held.rows, held.as_of) == (30, DAY)
    assert held.updated_at is not None
    assert not any("registerrecord" in query["sql"] for query in captured.captured_queries)


def test_rows_that_are_not_linked_are_no_records() -> None:
    shared_population()
    says("police", police_row(KEYS[0]))
    says("relief", relief_row(1, police_row(KEYS[0])))
    assert holders["register"].holding(PLACE).rows == 1


def test_look_ups_come_in_the_order_of_the_keys_in_few_queries_and_leave_no_trace() -> None:
    population()
    fill()
    wanted = [
        {"identity_number": KEYS[3]},
        {"identity_number": identity_number(999)},
        {"identity_number": KEYS[1].lower()},
    ]
    with CaptureQueriesContext(connection) as captured:
        found = holders["register"].look_up(PLACE, wanted, ["name", "health"])
    assert found == [{"name": "人3", "health": None}, None, {"name": "人1", "health": None}]
    assert len([query for query in captured.captured_queries if "crypto_key" not in query["sql"]]) <= 2
    assert not LookUp.objects.exists()


def test_everything_comes_in_arrow_batches() -> None:
    population()
    fill()
    batches = list(holders["register"].scan(PLACE, ["identity_number", "name"], batch=12))
    assert [batch.num_rows for batch in batches] == [12, 12, 6]
    assert batches[0].schema.names == ["identity_number", "name"]
    assert {row["identity_number"] for batch in batches for row in batch.to_pylist()} == set(KEYS)


def test_changes_are_followed_by_a_cursor() -> None:
    population()
    fill()
    holder = holders["register"]
    first = holder.changes(PLACE, "", 20)
    rest = holder.changes(PLACE, first[-1].cursor, 20)
    assert [len(first), len(rest)] == [20, 10]
    assert holder.changes(PLACE, rest[-1].cursor, 20) == []
    load(system(), "population", [person_row(KEYS[5], "改名")], as_of=DAY)
    load(
        system(), "population", [person_row(KEYS[6], "从前")], as_of=dt.date(2020, 1, 1)
    )  # of the past: today is as it was
    [change] = holder.changes(PLACE, rest[-1].cursor, 20)
    assert change.key == {"identity_number": KEYS[5]}
    assert change.row is not None
    assert change.row["name"] == "改名"


def test_places_and_fields_that_are_not_there() -> None:
    population()
    for place in ("register:nothing", "lake:population"):
        with pytest.raises(Missing):
            holders["register"].holding(place)
    with pytest.raises(Invalid):
        holders["register"].look_up(PLACE, [], ["shoe"])
    with pytest.raises(Invalid):
        holders["register"].changes(PLACE, "x' OR 1", 10)
