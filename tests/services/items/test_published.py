"""What other rooms get of an item: compiled once, looked up in one small query, answering what one case needs."""

from __future__ import annotations

import datetime as dt
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.factories import agency
from tests.factories.items import PERMIT, permit_body, published_item
from yiwang.foundation.access.queries import system
from yiwang.foundation.orgs.actions import put_agency
from yiwang.kernel.refusals import Missing
from yiwang.services.items import actions
from yiwang.services.items.published import Service, holds
from yiwang.services.items.queries import MaterialNeed, published, version

pytestmark = pytest.mark.django_db


def codes(needs: tuple[MaterialNeed, ...]) -> list[str]:
    return [need.code for need in needs]


def test_an_item_says_where_it_lies_and_what_belongs_to_it() -> None:
    made = published_item()
    item = published(PERMIT)
    assert (item.version, item.version_id) == (1, made.id)
    assert (item.agency_path, item.region_path) == ("/scjg/", "/990000/990100/")
    assert (item.form, item.procedure, item.decision, item.licence) == ("food_permit", "food_permit", "", "food_permit")
    assert (item.online, item.instant, item.detailed, item.real_name_level) == (True, False, True, 2)
    assert str(item.limits.promised) == "10 个工作日"
    with pytest.raises(FrozenInstanceError):
        item.name = "x"  # type: ignore[misc]


def test_a_look_up_is_one_query_and_the_body_is_read_once(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    published_item()
    with django_assert_num_queries(2):
        first = published(PERMIT)
    with django_assert_num_queries(1):
        assert published(PERMIT) is first
    with django_assert_num_queries(1):
        assert version(first.version_id) is first


def test_a_new_version_or_a_moved_agency_is_seen_at_once() -> None:
    published_item()
    first = published(PERMIT)
    published_item(permit_body(name="食品经营许可新办"))
    assert published(PERMIT).name == "食品经营许可新办"
    assert version(first.version_id).name == "食品经营许可核发"  # a case that began keeps its version
    put_agency("gov", "云州市人民政府", region="990100")
    put_agency("scjg", "云州市市场监管局", region="990100", parent="gov")
    moved = published(PERMIT)
    assert (moved.agency_path, moved.agency_name) == ("/gov/scjg/", "云州市市场监管局")


def test_an_unknown_version_is_missing() -> None:
    with pytest.raises(Missing):
        version(published_item().item_id)


def test_materials_follow_the_answers_and_the_facts() -> None:
    published_item()
    item = published(PERMIT)
    always = ["licence", "identity", "layout", "promise"]
    assert codes(item.materials_for({})) == always
    assert codes(item.materials_for({"premises": "rented", "kitchen": "no"})) == [*always[:3], "lease", "promise"]
    both = {"premises": "rented", "kitchen": "yes"}
    assert codes(item.materials_for(both, {"has_alcohol": True})) == [
        *always[:3],
        "lease",
        "flow",
        "alcohol",
        "promise",
    ]
    assert "alcohol" not in codes(item.materials_for(both, {"has_alcohol": False}))
    assert "alcohol" not in codes(item.materials_for(both, {"has_alcohol": 1}))  # a number is no yes
    need = item.materials_for({})[0]
    assert need.replaced_by is not None
    assert (need.replaced_by.kind, need.replaced_by.ref) == ("licence", "business_licence")


@pytest.mark.parametrize(
    ("when", "facts", "expected"),
    [
        ({"firm.kind": ("individual",)}, {"firm": {"kind": "individual"}}, True),
        ({"firm.kind": ("individual",)}, {"firm.kind": "individual"}, True),
        ({"firm.kind": ("individual",)}, {"firm": "x"}, False),
        ({"foods": ("cold", "raw")}, {"foods": ["hot", "raw"]}, True),
        ({"foods": ("cold",)}, {"foods": []}, False),
        ({"a": (1,), "b": (2,)}, {"a": 1}, False),
        ({}, {}, True),
    ],
)
def test_conditions_are_simple_maps(when: dict[str, Any], facts: dict[str, Any], expected: bool) -> None:
    assert holds(when, {}, facts) is expected


def test_answers_are_checked() -> None:
    published_item()
    item = published(PERMIT)
    assert [problem.field for problem in item.problems_of({})] == ["situation.premises", "situation.kitchen"]
    assert [(p.field, p.rule) for p in item.problems_of({"premises": "castle", "kitchen": "yes"})] == [
        ("situation.premises", "choice")
    ]
    assert item.problems_of({"premises": "own", "kitchen": "no"}) == []


def test_a_question_that_an_answer_leads_to() -> None:
    options = [{"code": "yes", "label": "是"}, {"code": "no", "label": "否"}]
    body = permit_body(
        situations=[
            {"code": "kitchen", "question": "有厨房吗？", "options": options},
            {"code": "gas", "question": "用煤气吗？", "options": options, "when": {"situation.kitchen": ["yes"]}},
        ],
        materials=[],
    )
    published_item(body)
    item = published(PERMIT)
    assert [each.code for each in item.situations_for({"kitchen": "no"})] == ["kitchen"]
    assert [problem.field for problem in item.problems_of({"kitchen": "yes"})] == ["situation.gas"]


@pytest.mark.parametrize(
    ("service", "day", "expected"),
    [
        (Service(), "2026-11-21", True),
        (Service("paused", "x"), "2026-11-21", False),
        (Service("paused", "x", until=dt.date(2026, 11, 20)), "2026-11-21", True),
        (Service("paused", "x", since=dt.date(2026, 11, 22)), "2026-11-21", True),
        (Service("closed", "x", since=dt.date(2026, 11, 21)), "2026-11-21", False),
        (Service("seasonal", "x", dt.date(2026, 11, 1), dt.date(2026, 11, 30)), "2026-11-21", True),
        (Service("seasonal", "x", dt.date(2026, 12, 1), dt.date(2026, 12, 31)), "2026-11-21", False),
    ],
)
def test_an_item_is_open_or_not_on_a_day(service: Service, day: str, expected: bool) -> None:
    assert service.open_on(dt.date.fromisoformat(day)) is expected


def test_a_small_body_still_compiles() -> None:
    agency()
    actions.install(system("command"), {"code": "small", "name": "某项", "agency": "scjg", "type": "10"})
    item = published("small")
    assert (item.detailed, item.online, item.audience, item.for_person, item.for_organisation) == (
        False,
        False,
        (),
        True,
        True,
    )
    assert item.type_name == "其他类别事项"
