"""What did we know on day X about day Y: valid time and knowledge, corrections of the past, look-ups."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories.people import agency, citizen, identity_number, official
from tests.factories.registers import person_row, population
from tests.factories.sources import insured_row, police_row, says, shared_population, steward
from tests.helpers import recorded, refused
from yiwang.data.registries.actions import correct, load
from yiwang.data.registries.models import RegisterRecord
from yiwang.data.registries.queries import history, look_up
from yiwang.foundation.access.queries import system
from yiwang.kernel.refusals import Invalid, Missing

pytestmark = pytest.mark.django_db
A = identity_number(801)
JANUARY, MARCH, JUNE, SEPTEMBER = (dt.date(2026, month, 1) for month in (1, 3, 6, 9))


def tell(address: str, day: dt.date) -> Any:
    return load(system(), "population", [person_row(A, residence=address)], as_of=day)


def held(day: dt.date | None = None, known_at: dt.datetime | None = None) -> str | None:
    reading = look_up("population", A, purpose="测试历史", actor=system(), day=day, known_at=known_at)
    return reading.data["residence"] if reading else None


def test_a_later_day_does_not_end_what_held_before() -> None:
    population()
    tell("旧街1号", JANUARY)
    tell("新街2号", JUNE)
    assert held() == "新街2号"
    assert held(MARCH) == "旧街1号"
    assert held(SEPTEMBER) == "新街2号"
    assert held(dt.date(2025, 12, 31)) is None


def test_a_correction_of_the_past_leaves_what_was_known_before() -> None:
    population()
    tell("旧街1号", JANUARY)
    before = timezone.now()
    tell("别街9号", JANUARY)  # the same day, otherwise: we were wrong
    assert held(MARCH) == "别街9号"
    assert held(MARCH, before) == "旧街1号"


def test_what_is_learnt_late_of_an_earlier_day_does_not_change_today() -> None:
    population()
    tell("新街2号", JUNE)
    before = timezone.now()
    tell("旧街1号", JANUARY)
    assert held() == "新街2号"
    assert held(MARCH) == "旧街1号"
    assert held(MARCH, before) is None
    assert RegisterRecord.objects.get(latest=True, until=None).as_of == JUNE


def test_the_same_content_on_a_later_day_changes_nothing() -> None:
    population()
    tell("旧街1号", JANUARY)
    assert tell("旧街1号", JUNE).same == 1
    assert RegisterRecord.objects.count() == 1


def test_a_steward_corrects_some_days_and_the_days_after_stay() -> None:
    population()
    tell("旧街1号", JANUARY)
    before = timezone.now()
    clerk = steward()
    with recorded("registries.correct", by=clerk, kind="register", subject="population") as entries:
        correct(clerk, "population", A, {"residence": "暂住3号"}, reason="核对暂住登记", from_day=MARCH, to_day=JUNE)
    assert "暂住" not in entries[0].content
    assert (held(JANUARY), held(MARCH), held(JUNE), held()) == ("旧街1号", "暂住3号", "旧街1号", "旧街1号")
    assert held(MARCH, before) == "旧街1号"


def test_a_correction_where_several_sources_speak_is_a_ruling() -> None:
    shared_population()
    says("police", police_row(A, residence="旧街1号"), as_of=JANUARY)
    says("insurance", insured_row(A, residence="别街2号"), as_of=JANUARY)
    before = timezone.now()
    correct(steward(), "population", A, {"residence": "对街3号"}, reason="实地核对", from_day=MARCH, to_day=JUNE)
    assert (held(JANUARY), held(MARCH), held(JUNE)) == ("旧街1号", "对街3号", "旧街1号")
    assert held(MARCH, before) == "旧街1号"
    shown = history(system(), "population", A, purpose="测试历史", day=MARCH)
    assert {line.name: line.rule for line in shown.lines}["residence"] == "ruling"
    shown = history(system(), "population", A, purpose="测试历史", day=MARCH, known_at=before)
    assert {line.name: line.rule for line in shown.lines}["residence"] == "authority"


def test_who_may_not_correct_and_what_cannot_be() -> None:
    population()
    tell("旧街1号", JANUARY)
    refused(correct, citizen(), "population", A, {"residence": "x"}, reason="我说的")
    refused(
        correct,
        official("data-steward", ["registries.*"], at=agency("rsj", "人社局")),
        "population",
        A,
        {"residence": "x"},
        reason="核对",
    )
    clerk = steward()
    for changes, reason, more in (
        ({"residence": "新街"}, "", {}), ({"shoe": "41"}, "核对过", {}), ({"birth_date": "昨天"}, "核对过", {}), ({"identity_number": A}, "核对过", {}),
        ({}, "核对过", {}), ({"residence": "新街"}, "核对过", {"from_day": JUNE, "to_day": MARCH}),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            correct(clerk, "population", A, changes, reason=reason, **more)
    with pytest.raises(Missing):
        correct(clerk, "population", A, {"residence": "新街"}, reason="核对过", from_day=dt.date(2020, 1, 1))


def test_the_history_costs_the_same_however_long_it_is() -> None:
    shared_population()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            history(system(), "population", A, purpose="测试历史", day=SEPTEMBER)
        return len([one for one in captured.captured_queries if "crypto_key" not in one["sql"]])

    says("police", police_row(A, residence="街1号"), as_of=JANUARY)
    says("insurance", insured_row(A), as_of=JANUARY)
    queries()
    first = queries()
    for step in range(2, 12):
        says("police", police_row(A, residence=f"街{step}号"), as_of=JANUARY + dt.timedelta(days=step))
    assert queries() == first
    assert len(history(system(), "population", A, purpose="测试历史").observations) == 12


def test_a_look_up_reads_one_index() -> None:
    population()
    tell("旧街1号", JANUARY)
    found = RegisterRecord.objects.filter(key_hash="x", register_id="population", until=None, latest=True)
    plan = found.explain()
    assert "registries_record" in plan or "Index" in plan
