"""转办, 加签, 退回, 暂停 … from the case's panel: each has a short form that says what is wrong in place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from tests.factories import citizen, official
from tests.factories.cases import open_permit, open_task, trial_kind
from tests.factories.desk import browser
from tests.factories.moves import WORKER, do, staff, steps
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import actions
from yiwang.foundation.cases.models import Case, Task

pytestmark = pytest.mark.django_db
PANEL = {"HX-Request": "true", "HX-Target": "panel"}


@pytest.fixture(autouse=True)
def _kind() -> Iterator[None]:
    with trial_kind():
        yield


@pytest.fixture
def people() -> dict[str, Actor]:
    return staff()


@pytest.fixture
def case(people: dict[str, Actor]) -> Case:
    found = open_permit(citizen())
    do(people["window-clerk"], found, "accept", "accept")
    return found


def page(client: Client, case: Case, chosen: str = "") -> str:
    response = client.get(f"/desk/cases/{case.number}", {"outcome": chosen} if chosen else {})
    assert response.status_code == 200
    return response.content.decode()


def move(client: Client, case: Case, chosen: str, status: int = 302, **typed: str) -> str:
    response = client.post(f"/desk/cases/{case.number}/move", {"outcome": chosen, **typed})
    assert response.status_code == status, response.content.decode()
    return response.content.decode()


def test_each_sees_the_moves_they_have(people: dict[str, Actor], case: Case) -> None:
    reviewer = page(browser(people["reviewer-documents"]), case)
    for words in ("转办", "加签", "请申请人补充", "退回环节"):
        assert words in reviewer
    assert "终止办理" not in reviewer
    head = page(browser(people["head"]), case)
    for words in ("转办：资料审查", "转办：经营条件审查", "催办", "暂停办理", "终止办理"):
        assert words in head
    assert "加签" not in head
    assert "其他办法" not in page(browser(people["chief"]), case)


def test_a_task_is_given_away_from_the_panel(people: dict[str, Actor], case: Case) -> None:
    colleague = official("reviewer-documents", WORKER, name="李工")
    client = browser(people["reviewer-documents"])
    form = page(client, case, "move.delegate")
    assert "李工" in form
    assert "只列出有这个岗位的同事" in form
    assert "请选择一位同事" in move(client, case, "move.delegate", 422, to="", note="出差")
    move(client, case, "move.delegate", to=str(colleague.account_id), note="出差")
    assert open_task(case, "review_documents").assignee_id == colleague.account_id


def test_what_was_typed_comes_back_with_what_is_wrong(people: dict[str, Actor], case: Case) -> None:
    client = browser(people["reviewer-documents"])
    answer = client.post(
        f"/desk/cases/{case.number}/move",
        {"outcome": "move.send_back", "step": "", "reason": "漏看执照"},
        headers=PANEL,
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "不能退回到这个环节" in text
    assert "漏看执照" in text
    answer = client.post(
        f"/desk/cases/{case.number}/move",
        {"outcome": "move.send_back", "step": "accept", "reason": "漏看执照"},
        headers=PANEL,
    )
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"/desk/cases/{case.number}")
    assert steps(case) == ["accept"]


def test_a_colleague_answers_what_was_asked(people: dict[str, Actor], case: Case) -> None:
    client, asked = browser(people["reviewer-documents"]), people["chief"]
    typed = {"to": str(asked.account_id), "when": "before", "question": "请看租赁合同"}
    move(client, case, "move.add_reviewer", **typed)
    shown = page(browser(asked), case)
    assert "请看租赁合同" in shown
    added = Task.objects.get(case=case, kind="review")
    response = browser(asked).post(f"/desk/tasks/{added.id}/decide", {"outcome": "agree", "opinion": "有效"})
    assert response.status_code == 302
    assert "有效" in page(client, case)


def test_a_suspended_case_says_why_and_offers_to_go_on(people: dict[str, Actor], case: Case) -> None:
    client = browser(people["head"])
    assert "请写明最多暂停几个工作日" in move(client, case, "move.suspend", 422, reason="hearing", days="很久")
    move(client, case, "move.suspend", reason="hearing", days="5")
    shown = page(client, case)
    assert "已暂停办理" in shown
    assert "听证（行政许可法第四十五条）" in shown
    assert "恢复办理" in shown
    move(client, case, "move.suspend", 409, reason="hearing", days="5")
    move(client, case, "move.resume")
    assert "恢复以后才能办" not in page(client, case)


def test_one_takes_back_ones_own_step(people: dict[str, Actor], case: Case) -> None:
    do(people["reviewer-documents"], case, "review_documents", "disagree")
    client = browser(people["reviewer-documents"])
    assert "撤回我办的这一步" in page(client, case)
    move(client, case, "move.take_back")
    assert steps(case) == ["review_documents", "review_premises"]


def test_a_move_that_somebody_does_not_have_is_answered_in_place(people: dict[str, Actor], case: Case) -> None:
    text = move(browser(people["chief"]), case, "move.terminate", 409, reason="理由")
    assert "现在不能这样办了" in text
    assert browser(citizen("邻居")).post(f"/desk/cases/{case.number}/move", {"outcome": "move.urge"}).status_code == 403
    case.refresh_from_db()
    assert case.closed_at is None


def test_the_queue_marks_what_was_urged(people: dict[str, Actor], case: Case) -> None:
    client = browser(people["reviewer-documents"])
    assert "催办" not in client.get("/desk/").content.decode()
    actions.urge(people["head"], case.number)
    assert "催办" in client.get("/desk/").content.decode()
