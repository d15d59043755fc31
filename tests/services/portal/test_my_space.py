"""Home and my space: everything that is mine in one place, and nothing that is somebody else's."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.applications import (
    FIRM,
    awaiting_correction,
    decided,
    draft_for,
    neighbour,
    owner,
    step,
    submitted,
)
from tests.factories.browsing import browser_of
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases.models import Case
from yiwang.foundation.ratings.actions import offer, rate
from yiwang.foundation.ratings.contacts import CASE
from yiwang.services.portal import space

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]
PAGES = ("/my/", "/my/cases", "/my/receipts", "/my/ratings", "/my/licences")


def shown(actor: Actor, path: str) -> str:
    answer = browser_of(actor).get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def stations(case: Case) -> list[tuple[str, str]]:
    return [(station.name, station.state) for station in space.rows([case])[0].line]


def test_a_neighbour_sees_nothing_of_it() -> None:
    filing = submitted(owner())
    decided(filing)
    for path in PAGES:
        page = shown(neighbour(), path)
        assert filing.case.number not in page
        assert FIRM not in page


def test_who_is_not_signed_in_is_led_to_the_door() -> None:
    for path in PAGES:
        assert Client().get(path).status_code == 302


def test_the_line_of_a_case() -> None:
    filing = submitted(owner())
    assert stations(filing.case) == [("提交", "done"), ("受理", "now"), ("办理", "todo"), ("办结", "todo")]
    case = step(filing, "clerk", "accept", "accept")
    assert stations(case)[1:3] == [("受理", "done"), ("办理", "now")]
    other = submitted(owner())
    assert stations(step(other, "clerk", "accept", "refuse", "不归本机关管")) == [
        ("提交", "done"),
        ("不予受理", "done"),
    ]
    third = submitted(owner())
    assert stations(decided(third))[-1] == ("准予许可", "done")


def test_a_list_of_cases_costs_the_same_for_few_and_many() -> None:
    def statements() -> int:
        client = browser_of(owner())
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/my/cases").status_code == 200
        return len(seen)

    submitted(owner())
    few = statements()
    for _n in range(3):
        submitted(owner())
    assert statements() == few


def test_receipts_are_together() -> None:
    filing = submitted(owner())
    page = shown(owner(), "/my/receipts")
    assert f"/my/cases/{filing.case.number}/receipt.pdf" in page
    assert f"/my/cases/{filing.case.number}/receipt.json" in page


def test_what_may_be_rated_and_what_was() -> None:
    filing = submitted(owner())
    decided(filing)
    offer(CASE, filing.case.number)
    assert f"/my/cases/{filing.case.number}/rate" in shown(owner(), "/my/ratings")
    rate(owner(), CASE, filing.case.number, 5, tags=["late"])
    page = shown(owner(), "/my/ratings")
    assert "非常不满意" in page
    assert "正在核实整改" in page


class TestHome:
    def test_it_goes_on_where_i_left_off(self) -> None:
        me = owner()
        draft = draft_for(me)
        assert f"/drafts/{draft.id}" in shown(me, "/")

    def test_what_i_must_do_stands_first(self) -> None:
        filing = submitted(owner())
        awaiting_correction(filing)
        page = shown(owner(), "/")
        assert filing.case.number in page
        assert page.index("接着上次的") < page.index("常办的事")

    def test_strangers_find_search_things_events_hours_and_the_hotline(self) -> None:
        page = Client().get("/").content.decode()
        for words in ("您想办什么", "常办的事", "人生大事", "办事大厅开放时间", "12345"):
            assert words in page, words
        assert "接着上次的" not in page


class TestWithdrawing:
    def test_the_page_says_what_it_means_and_the_button_does_it(self) -> None:
        filing = submitted(owner())
        client = browser_of(owner())
        there = f"/my/cases/{filing.case.number}/withdraw"
        assert there in client.get(f"/my/cases/{filing.case.number}").content.decode()
        assert "要办的话，得重新申请" in client.get(there).content.decode()
        assert client.post(there, {"reason": "不开了"}).status_code == 302
        case = Case.objects.get(id=filing.case_id)
        assert case.outcome == "withdrawn"
        assert client.post(there).status_code == 302  # a second click changes nothing

    def test_what_is_decided_is_not_taken_back(self) -> None:
        filing = submitted(owner())
        decided(filing, "refuse")
        client = browser_of(owner())
        assert client.get(f"/my/cases/{filing.case.number}/withdraw").status_code == 302
        assert (
            f"/my/cases/{filing.case.number}/withdraw"
            not in client.get(f"/my/cases/{filing.case.number}").content.decode()
        )

    def test_nobody_else(self) -> None:
        filing = submitted(owner())
        client = browser_of(neighbour())
        assert client.post(f"/my/cases/{filing.case.number}/withdraw").status_code in (403, 404)
        assert Case.objects.get(id=filing.case_id).closed_at is None


class TestACase:
    def test_it_says_why_its_clocks_stand_still(self) -> None:
        filing = submitted(owner())
        step(filing, "clerk", "accept", "accept")
        step(filing, "reviewer1", "review_documents", "agree", "材料齐全")
        step(filing, "reviewer2", "review_premises", "agree", "布局合理")
        page = shown(owner(), f"/my/cases/{filing.case.number}")
        assert "现场核查（行政许可法第四十五条）" in page

    def test_a_refusal_says_what_can_be_done_and_by_when(self) -> None:
        filing = submitted(owner())
        decided(filing, "refuse")
        page = re.sub(r"\s", "", shown(owner(), f"/my/cases/{filing.case.number}"))
        assert "60日内申请行政复议" in page
        assert "6个月内提起行政诉讼" in page
