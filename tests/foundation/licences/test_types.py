"""A type of licence is data: checked, versioned, tried before it is published."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import pytest

from tests.factories import official
from yiwang.foundation.access.queries import system
from yiwang.foundation.ledger.queries import entries_about
from yiwang.foundation.licences import actions, numbers, types
from yiwang.foundation.licences.queries import gather, type_problem
from yiwang.kernel.refusals import Conflict, Denied, Invalid

from .conftest import FOOD, FOOD_FACTS, UNEMPLOYMENT, declare


@pytest.mark.django_db
def test_the_same_body_is_the_same_version() -> None:
    first = actions.declare_type(system(), FOOD)
    assert actions.declare_type(system(), copy.deepcopy(FOOD)) == first
    changed = {**FOOD, "notes": []}
    assert actions.declare_type(system(), changed).version == 2
    assert len(entries_about("licence-type", "food-business")) == 3
    assert type_problem("food-business") == ""
    assert "nothing" in type_problem("nothing")


@pytest.mark.django_db
def test_only_for_those_who_may() -> None:
    with pytest.raises(Denied):
        actions.declare_type(official("chief", ["licences.*"]), FOOD)  # an agency's role is not the node's


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": "JY2{region}"}, "number"),
        ({"number": "JY2{serial:6}{other}"}, "number"),
        ({"holders": []}, "holders"),
        ({"validity": {"years": 5, "open": True}}, "validity"),
        ({"validity": {"years": 0}}, "validity"),
        ({"fields": [{"name": "Name", "label": "名称"}]}, "fields.0.name"),
        ({"fields": [{"name": "a", "label": "甲"}, {"name": "a", "label": "乙"}]}, "fields.1.name"),
        ({"template": "no-such"}, "template"),
        ({"typst": "#let x = ("}, "typst"),
        ({"typst": "no place for a seal"}, "typst"),
        ({"typst": '#import "@preview/x:1.0.0": *'}, "typst"),
        ({"typst": '#read("/../../../etc/passwd")'}, "typst"),
        ({"extra": 1}, ""),
        ({"code": "X"}, "code"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        actions.declare_type(system(), {**FOOD, **change})
    assert field in {problem.field for problem in caught.value.problems}


@pytest.mark.django_db
def test_what_is_no_object_at_all() -> None:
    with pytest.raises(Invalid):
        actions.declare_type(system(), "食品经营许可证")  # type: ignore[arg-type]


@pytest.mark.django_db
def test_values_come_from_the_facts_of_a_case_in_words() -> None:
    declare(FOOD)
    declare(UNEMPLOYMENT)
    found = gather("food-business", FOOD_FACTS)
    assert found["business"] == "餐饮服务经营者（中型餐饮）"
    assert found["scope"] == "热食类食品制售、冷食类食品制售"
    assert found["complaints"] == "12315"
    assert gather("food-business", {"form": {"business": "unknown"}, "party": None})["business"] == "unknown"
    facts = {"form": {"since": "2026-10-31", "reason": "contract-ended"}}
    assert gather("unemployment-registration", facts)["since"] == "2026年10月31日"


@pytest.mark.parametrize(
    ("validity", "first", "last"),
    [
        ({"years": 5}, "2026-11-21", "2031-11-20"),
        ({"years": 1}, "2023-03-01", "2024-02-29"),  # into a leap year
        ({"years": 5}, "2024-02-29", "2029-02-28"),  # out of one: no such day, so the month's last
        ({"years": 4}, "2024-02-29", "2028-02-28"),
        ({"years": 5}, "2027-01-01", "2031-12-31"),  # across New Year
        ({"months": 6}, "2026-08-31", "2027-02-28"),
        ({"months": 1}, "2026-12-31", "2027-01-30"),
        ({"months": 12}, "2026-11-21", "2027-11-20"),
    ],
)
def test_terms_of_years_and_months(validity: dict[str, int], first: str, last: str) -> None:
    kind = types.read({**FOOD, "validity": validity})
    assert kind.last_day(dt.date.fromisoformat(first)) == dt.date.fromisoformat(last)


def test_pages_mask_numbers_even_when_the_paper_does_not() -> None:
    field = types.Field("identity", "身份证号码", kind="identity")
    assert field.on_paper("990102198001010012") == "990102198001010012"
    assert field.on_page("990102198001010012") == field.in_public("990102198001010012") == "990*************12"


def test_without_end() -> None:
    assert types.read(UNEMPLOYMENT).last_day(dt.date(2026, 11, 21)) is None


@pytest.mark.django_db
def test_numbers_run_without_gaps_in_their_series() -> None:
    food, voucher = types.read(FOOD), types.read(UNEMPLOYMENT)
    given = [numbers.next_number(food, "990100", 2026) for _time in range(3)]
    assert [number[:-1] for number in given] == ["JY2990100000001", "JY2990100000002", "JY2990100000003"]
    assert numbers.next_number(food, "990102", 2026).startswith("JY2990102000001")
    assert numbers.next_number(voucher, "990100", 2026) == "云失登〔2026〕000001号"
    assert numbers.next_number(voucher, "990100", 2027) == "云失登〔2027〕000001号"


@pytest.mark.django_db
def test_two_types_with_one_beginning_share_the_series() -> None:
    food = types.read(FOOD)
    other = types.read({**FOOD, "code": "other"})
    assert numbers.next_number(food, "990100", 2026) != numbers.next_number(other, "990100", 2026)


@pytest.mark.django_db
def test_a_full_series_is_said() -> None:
    from yiwang.foundation.licences.models import Series

    kind = types.read({**UNEMPLOYMENT, "number": "短{region}{serial:3}"})
    Series.objects.create(key="短990100", last=998)
    assert numbers.next_number(kind, "990100", 2026) == "短990100999"
    with pytest.raises(Conflict):
        numbers.next_number(kind, "990100", 2026)


def test_identifiers_have_a_check_character() -> None:
    from stdnum.iso7064 import mod_37_36

    found = numbers.identifier(types.read(FOOD), "11990100MB00000010", "JY29901000000014")
    parts = found.split(".")
    assert parts[:5] == ["1", "2", "156", "3005", "2"]
    assert mod_37_36.is_valid("".join(parts[5:]))
    assert numbers.identifier(types.read(FOOD), "", "JY2") == ""


def test_codes_survive_the_way_people_type() -> None:
    code = numbers.new_code()
    assert len(code) == 16
    grouped = "-".join(code[i : i + 4] for i in range(0, 16, 4)).lower().replace("0", "o").replace("1", "i")
    assert numbers.clean_code(f" {grouped} ") == code
    assert numbers.clean_code("U" * 16) == ""
    assert len({numbers.new_code() for _time in range(1000)}) == 1000


PERMIT = {**FOOD, "validity": {"from": "form.since", "until": "form.until"}}
TODAY = dt.date(2026, 11, 20)


@pytest.mark.parametrize(
    ("since", "until", "term"),
    [
        ("2027-01-01", "2027-12-31", ("2027-01-01", "2027-12-31")),
        ("2026-11-01", "2027-12-31", ("2026-11-20", "2027-12-31")),  # decided after the day that was asked for
        ("2026-11-20", "2026-11-20", ("2026-11-20", "2026-11-20")),
    ],
)
def test_a_term_may_be_the_one_that_the_case_decided(since: str, until: str, term: tuple[str, str]) -> None:
    first, last = types.read(PERMIT).term({"form": {"since": since, "until": until}}, TODAY)
    assert (str(first), str(last)) == term


@pytest.mark.parametrize("form", [{"since": "2026-11-01", "until": "2026-11-19"}, {"since": "2027-01-01"}, {}])
def test_a_term_that_is_over_or_missing_is_never_issued(form: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"the term of|isoformat"):
        types.read(PERMIT).term({"form": form}, TODAY)
