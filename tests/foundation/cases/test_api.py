"""What a page can do with a case, a program can do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.factories import citizen, official
from tests.factories.cases import TrialKind, open_permit, open_task, trial_kind
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.cases import actions
from yiwang.foundation.cases.models import Case, Task

pytestmark = pytest.mark.django_db
CLERK = ["cases.read", "cases.complete", "cases.claim", "cases.release"]


@pytest.fixture(autouse=True)
def kind() -> Iterator[TrialKind]:
    with trial_kind() as plugged:
        yield plugged


@pytest.fixture
def clerk() -> Actor:
    return official("window-clerk", CLERK, name="王芳")


def as_(actor: Actor) -> Client:
    client = Client()
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client


def get(actor: Actor, path: str, status: int = 200) -> Any:
    response = as_(actor).get(f"/api/v1{path}")
    assert response.status_code == status, response.content.decode()
    return response.json()


def post(actor: Actor, path: str, body: dict[str, Any] | None = None, status: int = 200) -> Any:
    response = as_(actor).post(f"/api/v1{path}", body or {}, content_type="application/json")
    assert response.status_code == status, response.content.decode()
    return response.json()


def test_a_party_follows_their_case(clerk: Actor) -> None:
    applicant = citizen()
    case = open_permit(applicant)
    listed = get(applicant, "/my/cases")
    assert [row["number"] for row in listed["items"]] == [case.number]
    assert listed["next"] == ""
    actions.complete(clerk, open_task(case, "accept").id, "correct", "缺健康证明")
    found = get(applicant, f"/cases/{case.number}")
    assert (found["stage"], found["colour"], found["outcome"]) == ("等待申请人补正", "", "")
    assert [(entry["text"], entry["note"]) for entry in found["journal"]] == [
        ("提交申请", ""), ("请您补正材料", "缺健康证明"),
    ]  # fmt: skip
    assert [(task["step"], [one["code"] for one in task["outcomes"]]) for task in found["todo"]] == [
        ("correct", ["resubmit"])
    ]


def test_a_clock_is_counted_out_day_by_day() -> None:
    applicant = citizen()
    case = open_permit(applicant)
    [clock] = get(applicant, f"/cases/{case.number}")["clocks"]
    assert (clock["kind"], clock["limit"], clock["state"]) == ("acceptance", "5 个工作日", "running")
    assert [day["place"] for day in clock["days"] if day["place"]] == [1, 2, 3, 4, 5]
    assert clock["days"][-1]["date"] == clock["due"]


def test_the_party_sees_only_what_is_public(clerk: Actor) -> None:
    applicant = citizen()
    case = open_permit(applicant)
    actions.complete(clerk, open_task(case, "accept").id, "accept")
    reviewer = official("reviewer-documents", CLERK)
    actions.complete(reviewer, open_task(case, "review_documents").id, "agree", "内部意见")
    assert "内部意见" not in str(get(applicant, f"/cases/{case.number}"))
    assert "内部意见" in str(get(clerk, f"/cases/{case.number}"))


def test_a_neighbour_learns_nothing() -> None:
    case = open_permit(citizen())
    neighbour = citizen("邻居")
    task = open_task(case, "accept")
    for path in (f"/cases/{case.number}", "/cases/99010026112100000000", f"/tasks/{task.id}"):
        assert get(neighbour, path, 403)["code"] == "denied"
    assert get(neighbour, "/my/cases")["items"] == []
    assert get(neighbour, "/queue")["items"] == []
    for path in ("/cases", "/board"):
        get(neighbour, path, 403)
    assert Client().get(f"/api/v1/cases/{case.number}").status_code == 401


def test_a_clerk_works_off_the_queue(clerk: Actor) -> None:
    case = open_permit(citizen("欧阳晓梅"))
    [row] = get(clerk, "/queue?who=team")["items"]
    assert (row["case"]["number"], row["case"]["applicant"], row["step"]) == (case.number, "欧***", "accept")
    task = get(clerk, f"/tasks/{row['task']}")
    assert task["mine"]
    assert [(one["code"], one["opinion"]) for one in task["outcomes"]] == [
        ("accept", "none"), ("correct", "required"), ("refuse", "required"),
    ]  # fmt: skip
    assert post(clerk, f"/tasks/{row['task']}/claim")["assignee"] == "王芳"
    assert [one["task"] for one in get(clerk, "/queue?who=mine")["items"]] == [row["task"]]
    assert post(clerk, f"/tasks/{row['task']}/release")["assignee"] == ""
    done = post(clerk, f"/tasks/{row['task']}/complete", {"outcome": "accept"})
    assert (done["outcome_name"], done["repeated"], done["case"]["stage"]) == ("受理并发送通知书", False, "审查中")
    assert get(clerk, "/queue")["items"] == []


def test_done_twice_is_done_once(clerk: Actor) -> None:
    case = open_permit(citizen())
    task = open_task(case, "accept")
    body = {"outcome": "correct", "opinion": "缺健康证明"}
    first = post(clerk, f"/tasks/{task.id}/complete", body)
    again = post(clerk, f"/tasks/{task.id}/complete", body)
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert {**first, "repeated": True} == again
    assert Task.objects.filter(case=case).count() == 2
    assert post(clerk, f"/tasks/{task.id}/complete", {"outcome": "accept"}, 409)["code"] == "task-done"
    colleague = official("window-clerk")
    assert post(colleague, f"/tasks/{task.id}/complete", body, 409)["code"] == "task-done"


def test_what_is_missing_is_named(clerk: Actor) -> None:
    case = open_permit(citizen())
    task = open_task(case, "accept")
    answer = post(clerk, f"/tasks/{task.id}/complete", {"outcome": "refuse"}, 422)
    assert [(problem["field"], problem["rule"]) for problem in answer["problems"]] == [("opinion", "required")]
    answer = post(clerk, f"/tasks/{task.id}/complete", {"outcome": "approve"}, 422)
    assert answer["problems"][0]["field"] == "outcome"
    get(clerk, "/queue?who=everybody", 422)
    get(clerk, "/tasks/not-a-task", 422)
    assert Case.objects.get().revision == 1


def test_the_board_counts_what_the_list_shows(clerk: Actor) -> None:
    for _index in range(3):
        open_permit(citizen())
    supervisor = official("supervisor", ["cases.board", "cases.read"])
    board = get(supervisor, "/board")
    assert board["counts"] == {"red": 0, "yellow": 0, "green": 3, "paused": 0, "none": 0}
    assert [(row["type_code"], row["total"]) for row in board["rows"]] == [("food_permit", 3)]
    assert len(get(supervisor, "/cases?colour=green&type=food_permit")["items"]) == 3
    assert get(supervisor, "/cases?state=closed")["items"] == []


def test_a_list_costs_the_same_for_three_rows_and_for_ten(clerk: Actor, django_assert_max_num_queries: Any) -> None:
    for _index in range(3):
        open_permit(citizen())
    client = as_(clerk)
    for path in ("/queue", "/cases"):
        client.get(f"/api/v1{path}")
        with django_assert_max_num_queries(9):
            client.get(f"/api/v1{path}")
    for _index in range(7):
        open_permit(citizen())
    for path in ("/queue", "/cases"):
        with django_assert_max_num_queries(9):
            assert len(client.get(f"/api/v1{path}").json()["items"]) == 10
