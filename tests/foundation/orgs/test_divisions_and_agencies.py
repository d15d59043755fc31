"""Entering divisions, agencies, posts and who holds them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.factories import city
from tests.factories.people import social_credit_code
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.orgs.actions import put_agency, put_post, put_posting, put_region
from yiwang.foundation.orgs.models import Agency, Region
from yiwang.foundation.orgs.queries import agencies_under, posts_on, region
from yiwang.kernel.refusals import Conflict, Invalid

pytestmark = pytest.mark.django_db

SQUARE = {"type": "Polygon", "coordinates": [[[103.0, 26.0], [104.0, 26.0], [104.0, 27.0], [103.0, 26.0]]]}


def enter_city() -> None:
    put_region("990000", "云岭省", "province")
    put_region("990100", "云州市", "city", parent="990000", shape=SQUARE)


def test_from_province_to_grid_each_below_the_other() -> None:
    enter_city()
    put_region("990102", "云山区", "county", parent="990100")
    put_region("990102001", "钟楼街道", "town", parent="990102")
    put_region("990102001001", "东门社区", "village", parent="990102001")
    assert put_region("990102001001001", "第一网格", "grid", parent="990102001001") == "new"
    assert region("990102001001001").path == "/990000/990100/990102/990102001/990102001001/990102001001001/"
    assert Region.objects.filter(path__startswith=region("990102").path).count() == 4


def test_entering_again_is_nothing_and_another_name_is_a_change() -> None:
    enter_city()
    assert put_region("990100", "云州市", "city", parent="990000", shape=SQUARE) == "same"
    assert put_region("990100", "云州", "city", parent="990000", shape=SQUARE) == "changed"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"code": "9901", "level": "city", "parent": "990000"}, "code"),  # too short
        ({"code": "990101", "level": "city", "parent": "990000"}, "code"),  # the code of a county
        ({"code": "99０100", "level": "city", "parent": "990000"}, "code"),  # a full-width digit
        ({"code": "990200", "level": "city", "parent": "110000"}, "parent"),  # not entered
        ({"code": "880100", "level": "city", "parent": "990000"}, "code"),  # lies in another province
        ({"code": "990201", "level": "county", "parent": "990000"}, "parent"),  # a level is skipped
        ({"code": "980000", "level": "province", "parent": "990000"}, "parent"),
        ({"code": "990200", "level": "planet", "parent": "990000"}, "level"),
        ({"code": "990200", "level": "city", "parent": "990000", "shape": {"type": "Point"}}, "shape"),
    ],
)
def test_a_division_that_does_not_fit_is_refused_at_its_field(arguments: dict[str, Any], field: str) -> None:
    enter_city()
    with pytest.raises(Invalid) as refusal:
        put_region(name="某地", **arguments)
    assert [problem.field for problem in refusal.value.problems] == [field]


@pytest.mark.parametrize(
    ("shape", "word"),
    [
        ({"type": "Polygon", "coordinates": []}, "没有坐标"),
        ({"type": "Polygon", "coordinates": [[[103, 26], [104, 26], [103, 26]]]}, "4 个点"),
        ({"type": "Polygon", "coordinates": [[[103, 26], [104, 26], [104, 27], [103, 27]]]}, "首尾"),
        ({"type": "Polygon", "coordinates": [[[26, 103], [26, 104], [27, 104], [26, 103]]]}, "顺序"),
        ({"type": "MultiPolygon", "coordinates": [[["x"]]]}, "4 个点"),
    ],
)
def test_an_outline_that_is_none_is_refused(shape: dict[str, Any], word: str) -> None:
    enter_city()
    with pytest.raises(Invalid, match=word):
        put_region("990200", "某市", "city", parent="990000", shape=shape)


def test_a_code_keeps_its_level() -> None:
    enter_city()
    with pytest.raises(Conflict):
        put_region("990000", "云岭省", "city", parent="990000")


def test_moving_an_agency_moves_what_lies_below_it() -> None:
    city()
    put_agency("gov", "云州市人民政府", region="990100")
    put_agency("scjg", "云州市市场监督管理局", region="990100")
    put_agency("scjg-food", "食品科", region="990100", parent="scjg", uscc=social_credit_code(1))
    assert put_agency("scjg", "云州市市场监督管理局", region="990100", parent="gov") == "changed"
    assert Agency.objects.get(code="scjg-food").path == "/gov/scjg/scjg-food/"
    assert [agency.code for agency in agencies_under("/gov/")] == ["gov", "scjg", "scjg-food"]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"code": "a/b"}, "code"),
        ({"region": "000000"}, "region"),
        ({"parent": "nobody"}, "parent"),
        ({"uscc": "91110000600037341M"}, "uscc"),
        ({"code": "scjg", "parent": "scjg-food"}, "parent"),
    ],
)
def test_an_agency_that_does_not_fit_is_refused_at_its_field(arguments: dict[str, Any], field: str) -> None:
    city()
    put_agency("scjg", "云州市市场监督管理局", region="990100")
    put_agency("scjg-food", "食品科", region="990100", parent="scjg")
    with pytest.raises(Invalid) as refusal:
        put_agency(**{"code": "new", "name": "某局", "region": "990100", **arguments})
    assert refusal.value.problems[0].field == field


def test_who_was_where_on_a_given_day() -> None:
    city()
    put_agency("scjg", "云州市市场监督管理局", region="990100")
    put_post("scjg", "科长")
    account = Account.objects.create_user("li", name="李")
    first, second = dt.date(2024, 1, 1), dt.date(2026, 3, 1)
    put_posting(account.pk, "scjg", "科员", first, second)
    assert put_posting(account.pk, "scjg", "科长", second) == "new"
    assert put_posting(account.pk, "scjg", "科长", second) == "same"

    def held(day: dt.date) -> list[str]:
        return [posting.post.name for posting in posts_on(account.pk, day)]

    assert held(dt.date(2026, 2, 28)) == ["科员"]
    assert held(second) == ["科长"]
    assert held(dt.date(2023, 12, 31)) == []
    with pytest.raises(Invalid):
        put_posting(account.pk, "scjg", "科长", second, second)
