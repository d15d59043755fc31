"""An applicant answers what an official asks, and urges whoever has the case."""

from __future__ import annotations

import pytest

from tests.factories.applications import neighbour, owner, person, submitted
from tests.factories.browsing import browser_of
from yiwang.foundation.cases import actions
from yiwang.foundation.cases.models import Case, Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]


def asked() -> Task:
    case = submitted(owner()).case
    task = Task.objects.get(case=case, state="open")
    return actions.ask_party(person("clerk"), task.id, "请说明厨房排烟走向")


def test_the_question_is_answered_on_the_page_of_the_case() -> None:
    task = asked()
    page, client = f"/my/cases/{task.case.number}", browser_of(owner())
    assert "请说明厨房排烟走向" in client.get(page).content.decode()
    empty = client.post(f"{page}/answer", {"task": str(task.id), "answer": " "})
    assert (empty.status_code, "请写明您的答复" in empty.content.decode()) == (422, True)
    assert client.post(f"{page}/answer", {"task": str(task.id), "answer": "通到楼顶"}).status_code == 302
    task.refresh_from_db()
    assert (task.state, task.opinion) == ("done", "通到楼顶")
    again = client.post(f"{page}/answer", {"task": str(task.id), "answer": "又一次"}, follow=True)
    assert "已经答复过" in again.content.decode()


def test_nobody_else_answers_or_urges() -> None:
    task = asked()
    client = browser_of(neighbour())
    for what in ("answer", "urge"):
        typed = {"task": str(task.id), "answer": "……"}
        assert client.post(f"/my/cases/{task.case.number}/{what}", typed).status_code in (403, 404)
    task.refresh_from_db()
    assert task.state == "open"


def test_urging_is_offered_once_a_day() -> None:
    case = submitted(owner()).case
    page, client = f"/my/cases/{case.number}", browser_of(owner())
    assert "确定催办" in client.get(page).content.decode()
    assert client.post(f"{page}/urge", {"note": "急着开业"}).status_code == 302
    assert "确定催办" not in client.get(page).content.decode()
    refused = client.post(f"{page}/urge", follow=True)
    assert "一天只能催办一次" in refused.content.decode()
    assert Case.objects.get(pk=case.pk).urges == 1
