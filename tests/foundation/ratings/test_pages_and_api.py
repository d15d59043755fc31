"""The page works by plain links and forms; a program can do the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import citizen
from tests.factories.cases import open_permit
from tests.factories.desk import browser
from tests.factories.ratings import closed_case, rated, service_supervisor
from yiwang.foundation.access.models import Denial
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.ratings.models import Rating

pytestmark = pytest.mark.django_db


def test_choosing_a_grade_and_reasons(clerk: Actor) -> None:
    me = citizen()
    case = closed_case(me, clerk)
    client = browser(me)
    path = f"/my/cases/{case.number}/rate"
    page = client.get(path).content.decode()
    for words in ("非常满意", "非常不满意", "让我跑了好几趟", "经办的人看不到是谁评的", "这次不评"):
        assert words in page
    answer = client.post(path, {"text": "没选等级"})
    assert answer.status_code == 422
    assert "请选择满意程度" in answer.content.decode()
    assert "没选等级" in answer.content.decode()
    answer = client.post(
        path, {"grade": "5", "tags": ["many-trips", "once"], "text": "跑了三趟"},
        headers={"User-Agent": "Mozilla/5.0 (Linux; Android 14) Mobile Safari"},
    )  # fmt: skip
    assert answer["Location"] == path
    rating = Rating.objects.get()
    assert (rating.grade, rating.tags, rating.channel) == (5, ["many-trips"], "mobile")  # a hidden reason is not meant
    page = client.get(path).content.decode()
    for words in ("谢谢您的评价", "跑了三趟", "正在核实整改", "答复您"):
        assert words in page
    assert client.post(path, {"grade": "1"}).status_code == 200  # shows what was given; nothing changes
    assert Rating.objects.get().grade == 5


def test_the_page_before_its_time_and_of_others(clerk: Actor) -> None:
    me = citizen()
    going = open_permit(me)
    assert browser(me).get(f"/my/cases/{going.number}/rate").status_code == 409
    case = closed_case(me, clerk)
    assert browser(citizen("邻居")).get(f"/my/cases/{case.number}/rate").status_code == 403
    assert Denial.objects.get().subject == f"case:{case.number}"
    assert browser().get(f"/my/cases/{case.number}/rate")["Location"].startswith("/accounts/login/")


def call(actor: Actor, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    client = browser(actor)
    send = client.get if method == "get" else client.post
    return send(f"/api/v1{path}", body, content_type="application/json") if body is not None else send(f"/api/v1{path}")


def test_a_program_rates_once(clerk: Actor) -> None:
    me = citizen()
    case = closed_case(me, clerk)
    before = call(me, "get", f"/cases/{case.number}/rating").json()
    assert (before["ratable"], before["rating"]) == (True, None)
    assert {"code": "late", "words": "超过了说好的时间", "grades": [4, 5]} in before["reasons"]
    body = {"grade": 4, "tags": ["late"], "text": "晚了两天"}
    first = call(me, "post", f"/cases/{case.number}/rating", body)
    again = call(me, "post", f"/cases/{case.number}/rating", body)
    assert (first.status_code, first.json()) == (201, again.json())
    assert (first.json()["rating"]["grade_name"], first.json()["stage"]) == ("不满意", "正在核实整改")
    assert first.json()["due_on"]
    other = call(me, "post", f"/cases/{case.number}/rating", {"grade": 1})
    assert (other.status_code, other.json()["code"]) == (409, "already-rated")
    assert call(me, "post", f"/cases/{case.number}/rating", {"grade": 9}).status_code == 422
    wrong = call(citizen("邻居"), "post", f"/cases/{case.number}/rating", {"grade": 1})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "denied")


def test_a_program_reads_figures(clerk: Actor) -> None:
    rated(clerk, 5)
    found = call(service_supervisor(), "get", "/ratings/figures?period=all").json()
    assert (found["total"]["rated"], found["total"]["grades"]["5"], found["shielded"]) == (1, 1, False)
    assert call(citizen(), "get", "/ratings/figures").status_code == 403
