"""The directory and the calendar in a browser and for programs."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import citizen, official
from tests.factories.browsing import browser_of
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.establishment import actions, queries
from yiwang.foundation.orgs.models import Agency
from yiwang.foundation.orgs.queries import calendar

pytestmark = pytest.mark.django_db
BASIS = "云州市机构改革方案"
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[103.0, 26.0], [104.0, 26.0], [104.0, 27.0], [103.0, 27.0], [103.0, 26.0]]],
}
NOTICE = """2027-01-01 至 2027-01-03 元旦 放假
2027-05-01 至 2027-05-02 劳动节 放假
2027-10-01 至 2027-10-03 国庆节 放假
2027-10-09,国庆节,上班
"""


def test_the_directory_is_for_those_who_may_read_it(keeper: Actor) -> None:
    assert browser_of(citizen()).get("/desk/agencies").status_code == 403
    page = browser_of(keeper).get("/desk/agencies").content.decode()
    assert "云州市人力资源和社会保障局" in page
    assert 'class="depth-1"' in page


def test_an_agency_is_renamed_on_its_page(keeper: Actor) -> None:
    browser = browser_of(keeper)
    form = browser.get("/desk/agencies/rsj?change=rename").content.decode()
    assert 'action="/desk/agencies/rsj/rename"' in form
    wrong = browser.post("/desk/agencies/rsj/rename", {"name": "甲局", "on": "2026-02-30", "basis": BASIS})
    assert wrong.status_code == 422
    assert "甲局" in wrong.content.decode()  # what was typed is kept
    done = browser.post("/desk/agencies/rsj/rename", {"name": "甲局", "on": "2026-03-01", "basis": BASIS}, follow=True)
    assert "沿革" in done.content.decode()
    assert Agency.objects.get(code="rsj").name == "甲局"
    then = browser.get("/desk/agencies/rsj?on=2026-02-01").content.decode()
    assert "<h1>云州市人力资源和社会保障局</h1>" in then


def test_somebody_is_appointed_and_relieved_on_the_page(keeper: Actor) -> None:
    browser = browser_of(keeper)
    account = Account.objects.get(pk=official("clerk", name="周明").account_id)
    browser.post("/desk/agencies/rsj/appoint", {"username": account.username, "post": "局长", "since": "2025-01-01"})
    assert "周明" in browser.get("/desk/agencies/rsj").content.decode()
    posting = account.postings.get()
    wrong = browser.post(f"/desk/postings/{posting.pk}/end", {"agency": "rsj", "until": "2024-01-01"})
    assert wrong.status_code == 422
    browser.post(f"/desk/postings/{posting.pk}/end", {"agency": "rsj", "until": "2025-06-01"})
    assert "曾经任职" in browser.get("/desk/agencies/rsj").content.decode()


def test_a_reader_without_the_right_sees_no_forms(keeper: Actor) -> None:
    reader = browser_of(official("reader", ["establishment.read"]))
    page = reader.get("/desk/agencies/rsj?change=close").content.decode()
    assert "/desk/agencies/rsj/close" not in page
    assert reader.post("/desk/agencies/rsj/close", {"on": "2026-03-01", "basis": BASIS}).status_code == 403


def test_a_division_is_drawn_with_what_lies_in_it(keeper: Actor) -> None:
    actions.put_region(system(), "990102", "云山区", "county", parent="990100", shape=SQUARE)
    page = browser_of(keeper).get("/desk/regions/990100").content.decode()
    assert '<path class="map-area" d="M' in page
    assert 'href="/desk/regions/990102"' in page
    assert browser_of(keeper).get("/desk/regions").headers["Location"] == "/desk/regions/990000"


def test_a_notice_is_loaded_on_the_page(keeper: Actor) -> None:
    admin = browser_of(official("node-admin", ["establishment.*"]))
    assert (
        admin.post("/desk/calendar", {"year": "2027", "source": "x", "days": NOTICE}).status_code == 403
    )  # not the whole node
    from yiwang.foundation.access.models import Grant

    Grant.objects.filter(role="organiser").update(agency=None)
    Account.objects.filter(pk=keeper.account_id).update(standing_stamp=1)
    browser = browser_of(keeper)
    before = browser.get("/desk/calendar?year=2027").content.decode()
    assert "还没有载入" in before
    wrong = browser.post("/desk/calendar", {"year": "2027", "source": "通知", "days": "2027-01-01 元旦"})
    assert wrong.status_code == 422
    assert "第 1 行" in wrong.content.decode()
    browser.post("/desk/calendar", {"year": "2027", "source": "国务院办公厅通知（试验）", "days": NOTICE})
    assert not calendar().day(dt.date(2027, 1, 3)).provisional
    assert calendar().day(dt.date(2027, 10, 9)).works
    assert "国务院办公厅通知（试验）" in browser.get("/desk/calendar?year=2027").content.decode()


class TestApi:
    def test_an_agency_as_it_was(self, keeper: Actor) -> None:
        browser = browser_of(keeper)
        body = {"name": "甲局", "on": "2026-03-01", "basis": BASIS}
        assert browser.post("/api/v1/agencies/rsj/rename", body, "application/json").status_code == 204
        then = browser.get("/api/v1/agencies/rsj?on=2026-02-01").json()
        assert then["then"]["name"] == "云州市人力资源和社会保障局"
        assert [term["name"] for term in then["terms"]] == ["甲局", "云州市人力资源和社会保障局"]
        assert {row["code"] for row in browser.get("/api/v1/agencies").json()} == {"gov", "scjg", "rsj"}
        late = browser.post("/api/v1/agencies/rsj/rename", body | {"on": "2999-01-01"}, "application/json")
        assert late.status_code == 422
        assert late.json()["problems"][0]["field"] == "on"

    def test_people_and_posts(self, keeper: Actor) -> None:
        browser = browser_of(keeper)
        account = Account.objects.get(pk=official("clerk", name="周明").account_id)
        assert browser.post("/api/v1/agencies/rsj/posts", {"name": "档案岗"}, "application/json").status_code == 204
        body = {"username": account.username, "post": "档案岗", "since": "2025-01-01"}
        made = browser.post("/api/v1/agencies/rsj/postings", body, "application/json")
        assert made.status_code == 201
        end = browser.post(
            f"/api/v1/postings/{made.json()['posting']}/end", {"until": "2025-06-01"}, "application/json"
        )
        assert end.json()["until"] == "2025-06-01"
        assert browser.get("/api/v1/agencies/rsj?on=2025-05-31").json()["people"][0]["name"] == "周明"

    def test_move_merge_close(self, keeper: Actor) -> None:
        browser = browser_of(keeper)
        dated = {"on": "2026-03-01", "basis": BASIS}
        for change, more in (("move", {"parent": "scjg"}), ("merge", {"into": "scjg"})):
            answer = browser.post(f"/api/v1/agencies/rsj/{change}", dated | more, "application/json")
            assert answer.status_code == 204, answer.content
        again = browser.post("/api/v1/agencies/rsj/close", dated, "application/json")
        assert again.status_code == 409

    def test_divisions_and_the_calendar(self, keeper: Actor, admin: Actor) -> None:
        browser = browser_of(admin)
        assert [row["code"] for row in browser.get("/api/v1/regions").json()] == ["990000"]
        assert [row["code"] for row in browser.get("/api/v1/regions?parent=990000").json()] == ["990100"]
        body = {"name": "新州市", "on": "2026-03-01", "basis": BASIS}
        assert browser.post("/api/v1/regions/990100/rename", body, "application/json").status_code == 204
        then = browser.get("/api/v1/regions/990100?on=2026-02-01").json()
        assert (then["name"], then["name_then"]) == ("新州市", "云州市")
        year = browser.get("/api/v1/calendar/2050").json()
        assert (year["edition"], len(year["days"])) == (None, 365)
        limit = browser.get("/api/v1/calendar/limit?start=2026-03-02&days=5").json()
        assert limit["due"] == "2026-03-09"
        notice = {"year": 2027, "source": "通知", "days": []}
        refused = browser_of(keeper).post("/api/v1/calendar/notices", notice, "application/json")
        assert refused.status_code == 403
        assert browser.post("/api/v1/calendar/notices", notice, "application/json").status_code == 422


def test_the_tree_takes_a_fixed_number_of_queries(keeper: Actor) -> None:
    with CaptureQueriesContext(
        connection,
    ) as few:
        queries.agencies(keeper)
    for number in range(30):
        actions.put_agency(system(), f"a{number}", f"机构{number}", region="990100", parent="gov", posts=["局长"])
    with CaptureQueriesContext(connection) as many:
        assert len(queries.agencies(keeper)) == 33
    assert len(many) == len(few) == 4
