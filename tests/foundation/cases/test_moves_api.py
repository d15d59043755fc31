"""The office's moves through the API: what a page can do, a program can do, with the same refusals."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import agency, citizen, official
from tests.factories.cases import open_permit, open_task
from tests.factories.desk import whole_node
from tests.factories.moves import HEAD, WORKER, do, in_review, steps
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.cases import actions

from .test_moving_to_a_new_version import NEWER
from .test_procedure_elements import WAITING

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trial")]


def call(actor: Actor, path: str, body: dict[str, Any] | None = None, status: int = 200) -> Any:
    client = Client()
    client.force_login(Account.objects.get(pk=actor.account_id))
    address = f"/api/v1{path}"
    response = client.get(address) if body is None else client.post(address, body, content_type="application/json")
    assert response.status_code == status, response.content.decode()
    return response.json()


def test_a_task_goes_to_a_colleague_and_a_third_gives_an_opinion(people: dict[str, Actor]) -> None:
    case = in_review(people, citizen())
    mine, colleague = people["reviewer-documents"], official("reviewer-documents", WORKER, name="李工")
    path = f"/tasks/{open_task(case, 'review_documents').id}"
    assert call(mine, f"{path}/colleagues") == [{"id": colleague.account_id, "name": "李工"}]
    assert call(mine, f"{path}/delegate", {"to": colleague.account_id})["assignee"] == "李工"
    assert call(mine, f"{path}/delegate", {"to": colleague.account_id}, 409)["code"] == "task-claimed"
    asked = [one["id"] for one in call(colleague, f"{path}/colleagues?to_review=true")]
    assert people["chief"].account_id in asked
    added = call(colleague, f"{path}/reviewers", {"to": people["chief"].account_id, "question": "请看租赁合同"})
    assert (added["kind"], added["question"]) == ("review", "请看租赁合同")
    assert [one["code"] for one in added["outcomes"]] == ["agree", "disagree"]
    assert call(colleague, f"{path}/complete", {"outcome": "agree"}, 409)["code"] == "answer-awaited"
    call(people["chief"], f"/tasks/{added['id']}/complete", {"outcome": "agree"})
    call(colleague, f"{path}/complete", {"outcome": "agree"})
    assert steps(case) == ["review_premises"]


def test_back_to_the_window_and_to_the_party(people: dict[str, Actor]) -> None:
    applicant = citizen()
    case = in_review(people, applicant)
    path = f"/tasks/{open_task(case, 'review_documents').id}"
    asked = call(people["reviewer-documents"], f"{path}/ask-party", {"question": "请说明排烟走向"})
    todo = call(applicant, f"/cases/{case.number}")["todo"]
    assert [(task["id"], task["question"]) for task in todo] == [(asked["id"], "请说明排烟走向")]
    call(applicant, f"/tasks/{asked['id']}/complete", {"outcome": "answer", "opinion": "通到楼顶"})
    assert call(people["reviewer-documents"], f"{path}/return-targets") == [{"step": "accept", "name": "受理"}]
    wrong = call(people["reviewer-documents"], f"{path}/send-back", {"step": "decide", "reason": "退"}, 422)
    assert wrong["problems"][0]["field"] == "step"
    back = call(people["reviewer-documents"], f"{path}/send-back", {"step": "accept", "reason": "受理有误"})
    assert [(task["step"], task["state"]) for task in back] == [("accept", "open")]
    call(people["chief"], f"{path}/send-back", {"step": "accept", "reason": "受理有误"}, 403)


def test_a_step_is_taken_back(people: dict[str, Actor]) -> None:
    case = in_review(people, citizen())
    done = do(people["reviewer-documents"], case, "review_documents", "disagree").task
    again = call(people["reviewer-documents"], f"/tasks/{done.id}/take-back", {})
    assert (again["step"], again["state"], again["mine"]) == ("review_documents", "open", True)
    call(people["reviewer-documents"], f"/tasks/{done.id}/take-back", {}, 409)


def test_a_case_is_urged_suspended_resumed_and_ended(people: dict[str, Actor]) -> None:
    applicant, head = citizen(), people["head"]
    case = in_review(people, applicant)
    path = f"/cases/{case.number}"
    assert call(applicant, f"{path}/urge", {"note": "急"})["urged_at"]
    assert call(applicant, f"{path}/urge", {}, 409)["code"] == "urged-lately"
    reasons = {reason["code"] for reason in call(head, "/cases/suspension-reasons")}
    assert {"hearing", "testing", "appraisal", "public-notice", "correction"} <= reasons
    call(applicant, f"{path}/suspend", {"reason": "hearing", "days": 5}, 403)
    assert call(head, f"{path}/suspend", {"reason": "hearing", "days": 5})["held"] == "hearing"
    clocks = [clock for clock in call(applicant, path)["clocks"] if clock["state"] == "suspended"]
    assert {clock["kind"] for clock in clocks} == {"statutory", "promised"}
    assert all("听证" in clock["pause"] for clock in clocks)
    assert call(head, f"{path}/resume", {})["held"] == ""
    call(head, f"{path}/terminate", {"reason": ""}, 422)
    assert call(head, f"{path}/terminate", {"reason": "法人已注销"})["outcome"] == "terminated"
    assert call(applicant, f"{path}/withdraw", {}, 409)["code"] == "case-closed"


def test_an_applicant_withdraws(people: dict[str, Actor]) -> None:
    applicant = citizen()
    case = open_permit(applicant)
    call(citizen("邻居"), f"/cases/{case.number}/withdraw", {}, 403)
    assert call(applicant, f"/cases/{case.number}/withdraw", {"note": "不办了"})["outcome"] == "withdrawn"


def test_a_laboratory_reports(people: dict[str, Actor]) -> None:
    case = open_permit(citizen(), bpmn=WAITING, code="small")
    found = call(people["head"], f"/cases/{case.number}/messages", {"message": "laboratory.report", "outcome": "pass"})
    assert found["stage"] == "decide"


def test_a_leaver_is_handed_over(people: dict[str, Actor]) -> None:
    case = in_review(people, citizen())
    leaver, colleague = people["reviewer-documents"], official("reviewer-documents", WORKER)
    actions.claim(leaver, open_task(case, "review_documents").id)
    head, key = people["head"], f"reviewer-documents@{agency().code}"
    [holder] = call(head, "/hand-overs/holders")
    assert (holder["id"], holder["tasks"], holder["active"]) == (leaver.account_id, 1, True)
    [post] = call(head, f"/hand-overs/holders/{leaver.account_id}")["posts"]
    assert (post["key"], [row["number"] for row in post["tasks"]]) == (key, [case.number])
    assert {"id": colleague.account_id, "name": colleague.name, "load": 0} in post["colleagues"]
    asked = {"leaver": leaver.account_id, "receivers": {key: colleague.account_id}}
    [passed] = call(head, "/hand-overs/trial", asked)
    assert (passed["to"], passed["why"]) == (colleague.name, "")
    wrong = call(head, "/hand-overs/trial", {**asked, "receivers": {key: leaver.account_id}}, 422)
    assert wrong["problems"][0]["field"] == f"to.{key}"
    body = {**asked, "reason": "调离"}
    for path in ("/hand-overs/holders", f"/hand-overs/holders/{leaver.account_id}"):
        call(leaver, path, status=403)
    call(leaver, "/hand-overs/trial", asked, 403)
    call(leaver, "/hand-overs", body, 403)
    done = call(head, "/hand-overs", body)
    assert (done["moved"], done["released"], done["beyond"]) == (1, 0, 0)
    call(head, "/hand-overs", body, 409)
    kept = call(head, f"/hand-overs/{done['id']}")
    assert (kept["leaver"], kept["reason"], kept["tasks"][0]["to"]) == (leaver.name, "调离", colleague.name)
    call(leaver, f"/hand-overs/{done['id']}", status=403)


def test_cases_are_moved_to_a_new_version(people: dict[str, Actor]) -> None:
    case = in_review(people, citizen())
    admin = whole_node("procedures", ["cases.migrate"])
    actions.publish_procedure(system(), "food_permit", "食品经营许可核发", NEWER)
    trial = call(admin, "/procedures/food_permit/migration")
    assert (trial["version"], trial["can"], trial["cannot"]) == (2, 1, [])
    started = call(admin, "/procedures/food_permit/migrations", {})
    assert (started["total"], started["moved"], started["finished_at"]) == (1, 0, None)
    assert [row["id"] for row in call(admin, "/procedures/food_permit/migrations")] == [started["id"]]
    call(official("head", HEAD), "/procedures/food_permit/migration", status=403)
    assert case.procedure.version == 1
