"""The pages and the API of the catalogue and the standards library, through the client."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.data.catalogue.test_survey import PERMITS, _csv, _row
from tests.factories import citizen
from tests.factories.browsing import browser_of
from tests.factories.catalogue import POPULATION, bureau, published_resource, resource_body, steward
from yiwang.data.catalogue import actions
from yiwang.data.catalogue.models import Demand, Entry
from yiwang.foundation.access.actors import forget_actors
from yiwang.foundation.access.models import Grant
from yiwang.foundation.access.queries import system

pytestmark = pytest.mark.django_db
BUREAU_PAGES = [
    "/desk/resources/", "/desk/resources/?q=身份&sort=name&share=conditional", f"/desk/resources/{POPULATION}/", f"/desk/resources/{POPULATION}/edit",
    "/desk/resources/new", "/desk/resources/survey/", "/desk/resources/survey/prepared.xlsx?agency=gaj", "/desk/resources/survey/prepared.csv?agency=gaj",
    "/desk/demands/", "/desk/demands/new?title=住址", "/desk/data/responsibilities", "/desk/data/negative-list", "/desk/data/figures",
    "/standards/?kind=norm", "/standards/code_set/gbt2261.1", "/standards/element/new", "/standards/code_set/gbt2261.1/edit",
    "/standards/deviations", "/standards/import", "/standards/code_set/gbt2261.1/export.csv",
]  # fmt: skip


@pytest.fixture
def office() -> Client:
    """The data bureau, for the whole node."""
    actor = bureau()
    Grant.objects.filter(account=actor.account_id).update(agency=None)
    forget_actors()
    return browser_of(actor)


@pytest.mark.parametrize("path", BUREAU_PAGES)
def test_the_pages_of_the_bureau_stand(office: Client, path: str) -> None:
    published_resource()
    assert office.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/desk/resources/", "/desk/demands/", "/desk/data/figures", "/desk/resources/new", "/standards/deviations"]
)
def test_a_citizen_sees_none_of_them(path: str) -> None:
    published_resource()
    assert browser_of(citizen()).get(path).status_code == 403


def test_a_draft_goes_through_the_pages(office: Client) -> None:
    published_resource()
    clerk = browser_of(steward())
    body = resource_body(code="101001-000077", name="新的资源", place=None)
    form = {name: value for name, value in body.items() if isinstance(value, str)}
    for row, field in enumerate(body["fields"]):
        form |= {f"fields.{row}.{name}": str(value) if value is not True else "1" for name, value in field.items()}
    assert clerk.post("/desk/resources/new", {**form, "do": "rows"}).status_code == 200
    assert clerk.post("/desk/resources/new", {**form, "code": "x", "do": "save"}).status_code == 422
    assert clerk.post("/desk/resources/new", {**form, "keywords": "甲、乙", "do": "save"}).status_code == 302
    assert Entry.objects.get(code="101001-000077").working.body == {**body, "keywords": ["甲", "乙"]}  # type: ignore[union-attr]
    there = "/desk/resources/101001-000077"
    assert clerk.post(f"{there}/submit", {"number": "1"}).status_code == 302
    assert office.post(f"{there}/return", {"number": "1"}).status_code == 422
    assert office.post(f"{there}/pass", {"number": "1"}).status_code == 302
    assert office.post(f"{there}/publish", {"number": "1"}).status_code == 302
    assert clerk.post(f"{there}/edit", {**form, "abstract": "改了", "do": "save", "seen": "1"}).status_code == 302
    assert "改了" in clerk.get(f"{there}/compare").content.decode()
    assert clerk.post(f"{there}/nothing", {}).status_code == 404


def test_what_is_open_is_read_by_everybody() -> None:
    published_resource()
    fields = resource_body()["fields"]
    fields[0]["open"] = "refused"
    published_resource("101001-000002", name="公开的", open="unconditional", fields=fields)
    stranger = Client()
    assert stranger.get(f"/data/catalogue/{POPULATION}").status_code == 404
    shown = stranger.get("/data/catalogue/101001-000002").content.decode()
    assert "姓名" in shown
    assert "公民身份号码" not in shown
    assert [row["code"] for row in stranger.get("/api/v1/catalogue/open").json()["items"]] == ["101001-000002"]
    assert len(stranger.get("/api/v1/catalogue/open/101001-000002").json()["fields"]) == 3
    assert stranger.get("/standards/").status_code == 200
    assert stranger.get("/api/v1/standards/element?q=姓名").json()["items"][0]["code"] == "person.name"
    assert stranger.get("/api/v1/standards/element/person.name").json()["body"]["type"] == "text"


def test_a_survey_is_uploaded() -> None:
    published_resource()
    clerk = browser_of(steward())
    file = SimpleUploadedFile(
        "普查.csv", _csv(_row(**PERMITS), _row(**{**PERMITS, "资源名称": "坏的", "类目代码": ""}))
    )
    answer = clerk.post("/desk/resources/survey/", {"agency": "gaj", "file": file}, follow=True)
    assert "有疑点的" in answer.content.decode()
    assert clerk.post("/desk/resources/survey/", {"agency": "gaj"}).status_code == 422


def test_a_demand_is_made_and_rated_on_pages(office: Client) -> None:
    published_resource()
    clerk = browser_of(steward("mzj"))
    form = {
        "agency": "mzj", "title": "住址", "wanted": "住址", "why": "核对", "basis": "《办法》", "resource": POPULATION,
        "due_on": (dt.date.today() + dt.timedelta(days=50)).isoformat(),
    }  # fmt: skip
    assert clerk.post("/desk/demands/new", {**form, "due_on": ""}).status_code == 422
    assert clerk.post("/desk/demands/new", form).status_code == 302
    demand = Demand.objects.get()
    assert clerk.get(f"/desk/demands/{demand.id}/").status_code == 200
    assert clerk.post(f"/desk/demands/{demand.id}/rate", {"grade": "1"}).status_code == 409
    page = browser_of(steward()).get(f"/desk/cases/{demand.case.number}?outcome=supply")
    assert page.status_code == 200
    assert "用哪个资源满足" in page.content.decode()


def test_duties_and_freshness_on_pages(office: Client) -> None:
    published_resource()
    assert (
        office.post(
            "/desk/data/responsibilities", {"agency": "gaj", "element": "person.residence", "basis": "《条例》"}
        ).status_code
        == 302
    )
    assert (
        office.post(
            "/desk/data/responsibilities", {"agency": "gaj", "element": "nothing", "basis": "《条例》"}
        ).status_code
        == 422
    )
    assert "住址" in office.get("/desk/data/responsibilities?state=owed").content.decode()
    assert office.post("/desk/data/figures").status_code == 302


def test_a_standard_is_written_on_pages(office: Client) -> None:
    published_resource()
    form = {"code": "colour", "name": "颜色", "values.0.code": "1", "values.0.name": "红", "do": "save"}
    answer = office.post("/standards/code_set/new", form)
    assert answer.headers["Location"] == "/standards/code_set/colour/compare"
    assert office.get("/standards/code_set/colour/compare").status_code == 200
    assert office.post("/standards/code_set/colour/publish", {"seen": "1"}).status_code == 302
    assert office.post("/standards/code_set/colour/withdraw", {"reason": "不用了"}).status_code == 302
    assert "不用了" in office.get("/standards/code_set/colour").content.decode()
    file = SimpleUploadedFile("e.csv", "code,name,type\nx.one,一,text\nx.two,二,怪\n".encode())
    assert "x.two" in office.post("/standards/import", {"kind": "element", "file": file}).content.decode()


def test_the_api_does_what_the_pages_do(office: Client) -> None:
    published_resource()
    clerk = browser_of(steward())

    def send(client: Client, method: str, path: str, body: object) -> Any:
        return getattr(client, method)(f"/api/v1/catalogue/{path}", json.dumps(body), content_type="application/json")

    body = resource_body(code="101001-000055", name="接口登记的")
    assert send(clerk, "post", "check", {"body": {**body, "abstract": ""}}).json()[0]["field"] == "abstract"
    assert send(clerk, "post", "resources", {"body": body}).status_code == 201
    assert (
        send(clerk, "put", "resources/101001-000055", {"body": {**body, "abstract": "改"}, "seen": 1}).status_code
        == 200
    )
    assert send(clerk, "post", "resources/101001-000055/submit", {"number": 2}).status_code == 200
    assert send(clerk, "post", "resources/101001-000055/review", {"number": 2, "passed": True}).status_code == 403
    assert send(office, "post", "resources/101001-000055/review", {"number": 2, "passed": True}).status_code == 200
    assert send(office, "post", "resources/101001-000055/publish", {"number": 2}).status_code == 200
    assert clerk.get("/api/v1/catalogue/resources/101001-000055").json()["state"] == "published"
    assert clerk.get("/api/v1/catalogue/resources?state=published").json()["items"]
    due = (dt.date.today() + dt.timedelta(days=50)).isoformat()
    asker = browser_of(steward("mzj"))
    wanted = {
        "agency": "mzj",
        "title": "甲",
        "wanted": "乙",
        "why": "丙",
        "basis": "丁",
        "due_on": due,
        "provider": "gaj",
    }
    assert send(asker, "post", "demands", wanted).status_code == 201
    assert asker.get("/api/v1/catalogue/demands?side=ours").json()["items"][0]["state"] == "open"
    made = send(asker, "post", f"resources/{POPULATION}/objections", {"agency": "mzj", "what": "不对"})
    assert made.status_code == 201


def test_lists_are_exported(office: Client) -> None:
    published_resource()
    actions.declare_duty(system(), "gaj", "person.residence", "《条例》")
    for name in ("resources", "demands", "responsibilities", "negative-list"):
        assert office.get(f"/desk/export/{name}").status_code == 200
        assert office.post(f"/desk/export/{name}", {"purpose": "核对"}).status_code == 200
