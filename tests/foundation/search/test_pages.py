"""The search page and its API: open to everybody, kept in the address, with ways on when nothing is found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from yiwang.foundation.search.actions import Entered, index, index_many, set_synonyms
from yiwang.foundation.search.slots import Kind, kinds

pytestmark = pytest.mark.django_db


@pytest.fixture
def notices() -> Iterator[None]:
    with kinds.plugged("notice", Kind("公告", "speakerphone", lambda key: f"/notices/{key}")):
        index("notice", "water", title="取水许可公告", body="关于取水许可的 <公告>", audience="organisation")
        index_many(Entered("notice", f"n{number}", f"林木采伐公告第{number}号") for number in range(25))
        yield


def test_the_empty_page_has_one_field_and_ways_in(client: Client) -> None:
    page = client.get("/search").content.decode()
    assert 'name="q"' in page
    assert "也可以这样找" in page


def test_results_link_to_their_page_with_words_marked(client: Client, notices: None) -> None:
    page = client.get("/search", {"q": "取水许可"}).content.decode()
    assert '<a href="/notices/water"><mark>取水许可</mark>公告</a>' in page
    assert "&lt;公告&gt;" in page
    assert "找到 1 条" in page


def test_the_query_is_escaped_in_the_page(client: Client) -> None:
    page = client.get("/search", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page


def test_the_next_page_is_in_the_address(client: Client, notices: None) -> None:
    first = client.get("/search", {"q": "林木采伐"}).content.decode()
    assert "cursor=20" in first
    second = client.get("/search", {"q": "林木采伐", "cursor": "20"}).content.decode()
    assert second.count('class="hit"') == 5
    assert 'rel="next"' not in second


def test_filters_stay_while_searching_again(client: Client, notices: None) -> None:
    page = client.get("/search", {"q": "取水", "for": "organisation", "kind": "notice"}).content.decode()
    assert '<input type="hidden" name="for" value="organisation">' in page
    assert '<input type="hidden" name="kind" value="notice">' in page
    assert "没有找到" in client.get("/search", {"q": "取水许可", "for": "person"}).content.decode()


def test_a_synonym_is_explained(client: Client, notices: None) -> None:
    set_synonyms([("打井", "取水")])
    assert "“打井”也按“取水”一起找了" in client.get("/search", {"q": "打井"}).content.decode()


def test_likeness_is_said(client: Client, notices: None) -> None:
    assert "下面是最接近的" in client.get("/search", {"q": "取水需可"}).content.decode()


def test_nothing_found_offers_ways_on(client: Client, notices: None) -> None:
    page = client.get("/search", {"q": "火星", "for": "person"}).content.decode()
    assert "没有找到" in page
    assert "去掉筛选" in page
    assert "12345" in page


@pytest.mark.parametrize(
    "address",
    [
        {"cursor": "-1"},
        {"cursor": "x"},
        {"cursor": "９"},
        {"cursor": "9" * 30},
        {"cursor": "99999"},
        {"kind": "<"},
        {"for": "all"},
        {"q": "x" * 10_000},
    ],
)
def test_a_wrong_address_shows_a_page(client: Client, notices: None, address: dict[str, str]) -> None:
    assert client.get("/search", {"q": "取水", **address}).status_code == 200


def test_programs_search_without_signing_in(client: Client, notices: None) -> None:
    found = client.get("/api/v1/search", {"q": "取水许可", "kind": "notice"}).json()
    assert found["total"] == 1
    assert found["hits"][0]["url"] == "/notices/water"
    assert found["alike"] is False


def test_programs_are_told_what_is_wrong(client: Client) -> None:
    answer = client.get("/api/v1/search", {"q": "x", "limit": "1000"})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "limit"
