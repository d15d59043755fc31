"""The room that owns a kind of case shows its own things, and asks for more than an opinion where it must."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import QueryDict
from django.test import override_settings

from tests.factories import citizen
from tests.factories.cases import open_permit, open_task
from tests.factories.desk import browser, clerk
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import actions
from yiwang.foundation.cases.models import Case, Task
from yiwang.foundation.desk import slots
from yiwang.kernel.refusals import Denied, Invalid, Problem

pytestmark = pytest.mark.django_db
PANEL = {"HX-Request": "true", "HX-Target": "panel"}
TEMPLATES = {
    "trial/panel.html": "<p>面积 {{ area }}{% if compact %}（简）{% endif %}</p>",
    "trial/correction.html": (
        '<p>{{ hint }}</p><label for="f-point">缺什么</label><input id="f-point" name="point" value="{{ post.point }}">'
        '{{ problems|problem_for:"point" }}'
    ),
}


def ask_for_correction(actor: Actor, task: Task, post: QueryDict) -> object:
    point = post.get("point", "").strip()
    if not point:
        raise Invalid("请写明缺什么。", problems=[Problem("point", "required", "至少写一条要补正的内容")])
    return actions.complete(actor, task.id, "correct", f"请补：{point}")


def context(actor: Actor, case: Case) -> dict[str, Any]:
    if not actor.holds("window-clerk"):
        raise Denied("您不能看这件事的材料。")
    return {"area": "86 平方米"}


@pytest.fixture
def panel() -> Iterator[slots.Panel]:
    form = slots.OutcomeForm("trial/correction.html", ask_for_correction, lambda actor, case, task: {"hint": task.name})
    plug = slots.Panel(
        "trial/panel.html",
        context,
        outcome_forms={"accept.correct": form},
        styles=["web/board.css"],
        scripts=["web/keys.js"],
    )
    from django.conf import settings

    [engine] = settings.TEMPLATES
    loaders = [("django.template.loaders.locmem.Loader", TEMPLATES), *engine["OPTIONS"]["loaders"][0][1]]
    with (
        override_settings(TEMPLATES=[{**engine, "OPTIONS": {**engine["OPTIONS"], "loaders": loaders}}]),
        slots.panels.plugged("trial", plug),
    ):
        yield plug


def test_the_panel_is_shown_on_the_page_and_shortly_beside_the_list(panel: slots.Panel) -> None:
    case = open_permit(citizen())
    client = browser(clerk())
    assert "面积 86 平方米</p>" in client.get(f"/desk/cases/{case.number}").content.decode()
    assert 'href="/static/web/board.css"' in client.get("/desk/").content.decode()
    assert "面积 86 平方米（简）" in client.get(f"/desk/?case={case.number}", headers=PANEL).content.decode()


def test_who_may_read_the_case_but_not_the_papers_sees_why(panel: slots.Panel) -> None:
    case = open_permit(citizen())
    answer = browser(clerk("chief")).get(f"/desk/cases/{case.number}")
    assert answer.status_code == 200
    assert "您不能看这件事的材料。" in answer.content.decode()


def test_an_outcome_brings_its_own_form(panel: slots.Panel) -> None:
    case = open_permit(citizen())
    client = browser(clerk())
    page = client.get(f"/desk/cases/{case.number}").content.decode()
    assert f'href="/desk/cases/{case.number}?list=&amp;back=&amp;outcome=correct"' in page
    assert 'value="correct"' not in page
    page = client.get(f"/desk/cases/{case.number}?outcome=correct").content.decode()
    assert 'name="point"' in page
    assert "<p>受理</p>" in page
    assert 'name="opinion"' not in page
    beside = client.get(f"/desk/?case={case.number}&outcome=correct", headers=PANEL).content.decode()
    assert 'name="point"' in beside


def test_the_form_comes_back_as_it_was_typed_and_then_does_its_act(panel: slots.Panel) -> None:
    case = open_permit(citizen())
    task = open_task(case, "accept")
    client = browser(clerk())
    answer = client.post(f"/desk/tasks/{task.id}/decide", {"outcome": "correct", "point": " "})
    assert answer.status_code == 422
    assert "至少写一条要补正的内容" in answer.content.decode()
    answer = client.post(f"/desk/tasks/{task.id}/decide", {"outcome": "correct", "point": "租赁合同"})
    assert answer.status_code == 302
    task.refresh_from_db()
    assert (task.outcome, task.opinion) == ("correct", "请补：租赁合同")
    twice = client.post(f"/desk/tasks/{task.id}/decide", {"outcome": "correct", "point": "租赁合同"})
    assert twice.status_code == 302


def test_a_kind_may_decide_in_its_own_way() -> None:
    seen: list[str] = []

    def decide(actor: Actor, task: Task, outcome: str, opinion: str, post: QueryDict) -> object:
        seen.append(post.get("grade", ""))
        return actions.complete(actor, task.id, outcome, opinion)

    case = open_permit(citizen())
    task = open_task(case, "accept")
    with slots.panels.plugged("trial", slots.Panel("web/parts/messages.html", lambda actor, case: {}, decide=decide)):
        browser(clerk()).post(f"/desk/tasks/{task.id}/decide", {"outcome": "accept", "grade": "A"})
    task.refresh_from_db()
    assert (seen, task.outcome) == (["A"], "accept")


def test_further_people_can_be_asked_for() -> None:
    from yiwang.foundation.accounts.models import Party

    agent = Party.objects.get(id=citizen("代办人").party_id)
    case = open_permit(citizen())
    plug = slots.Panel(
        "web/parts/messages.html", lambda actor, case: {}, people=lambda actor, case: [(agent, "受托人")]
    )
    with slots.panels.plugged("trial", plug):
        assert "受托人" in browser(clerk()).get(f"/desk/cases/{case.number}").content.decode()


def test_a_panel_keeps_to_its_own_names() -> None:
    case = open_permit(citizen())
    plug = slots.Panel("web/parts/messages.html", lambda actor, case: {"opinion": "mine", "area": 86})
    with slots.panels.plugged("trial", plug), pytest.raises(ValueError, match="opinion"):
        browser(clerk()).get(f"/desk/cases/{case.number}")
