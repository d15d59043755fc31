"""kill -9 of the whole node in the middle of submissions and decisions: what was acknowledged is whole, nothing is half."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial

import httpx
import pytest

from tests.node import Node, until

from .clients import all_pages, number_of, official, submit
from .conftest import BusyCity
from .killing import at_rest, cut_off, findings, undelivered


@pytest.fixture(scope="module")
def node(copy_of_city: Callable[..., Node]) -> Iterator[Node]:
    """One node that is killed again and again; each test leaves it running and whole."""
    running = copy_of_city("cuts", YIWANG_JOB_LEASE="2").start()
    yield running
    running.end()


@pytest.fixture(scope="module")
def cases(node: Node, city: BusyCity) -> list[str]:
    """All drafts of the city submitted, with a power cut in between; the numbers of the food permits."""
    drafts = [(one, draft) for one in city.applicants for draft in (one.permit, one.jobless)]
    programs = {one.session: one.program(node) for one in city.applicants}
    calls = {draft: partial(submit, programs[one.session], one, draft) for one, draft in drafts}
    acknowledged = {draft: number_of(answer) for draft, answer in cut_off(node, calls, after=15, under_way=200).items()}
    node.start()
    assert findings(node) == []

    again = {draft: number_of(call()) for draft, call in calls.items()}
    assert {draft: again[draft] for draft in acknowledged} == acknowledged
    assert len(set(again.values())) == len(drafts)
    assert node.rows("SELECT count(*) FROM cases_case WHERE kind = 'application'") == [(len(drafts),)]
    return [again[one.permit] for one in city.applicants]


def test_submissions(node: Node, cases: list[str]) -> None:
    """Acknowledged cases are there and whole, a retry is never a second one, and everything announced is heard once."""
    at_rest(node)
    assert findings(node) == []
    assert undelivered(node) == []
    node.yiwang("ledger", "audit")


def complete(client: httpx.Client, task: str, outcome: str, opinion: str = "") -> httpx.Response:
    return client.post(f"/api/v1/tasks/{task}/complete", json={"outcome": outcome, "opinion": opinion})


def test_decisions(node: Node, cases: list[str]) -> None:
    """A decision that was acknowledged is done, once; one that was not is done or not, and can be sent again."""
    clerk = official(node, "clerk")
    tasks = [row["task"] for row in all_pages(clerk, "/api/v1/queue") if row["case"]["number"] in cases]
    assert len(tasks) == len(cases)
    calls = {task: partial(complete, clerk, task, "accept") for task in tasks}
    acknowledged = cut_off(node, calls, after=8, under_way=80)
    assert {answer.status_code for answer in acknowledged.values()} == {200}
    node.start()
    assert findings(node) == []

    again = {task: call() for task, call in calls.items()}
    assert {answer.status_code for answer in again.values()} == {200}
    assert all(again[task].json()["repeated"] for task in acknowledged)
    at_rest(node)
    assert findings(node) == []
    assert undelivered(node) == []
    node.yiwang("ledger", "audit")


TASKS = """
SELECT step, role, state, assignee_id, cases_task.outcome FROM cases_task JOIN cases_case ON cases_case.id = case_id
WHERE number = '{}' ORDER BY cases_task.created_at
"""


def approve(node: Node, number: str) -> None:
    """Take an accepted case to its decision."""
    reviews = (("reviewer1", "agree"), ("reviewer2", "agree"), ("inspector", "pass"), ("chief", "approve"))
    for who, outcome in reviews:
        client = official(node, who)
        found = client.get("/api/v1/queue", params={"q": number}).raise_for_status().json()["items"]
        assert len(found) == 1, f"{who} finds {found}; there is {node.rows(TASKS.format(number))}"
        answer = complete(client, found[0]["task"], outcome, "情况属实")
        assert answer.status_code == 200, answer.text


def test_a_licence_whose_maker_was_killed(node: Node, cases: list[str]) -> None:
    """The job runs again after its lease, and there is one licence."""
    at_rest(node)
    makers = "SELECT count(*) FROM {} WHERE {} LIKE '%cases.jobs.operate' AND {}"
    running = makers.format("django_tasks_database_dbtaskresult", "task_path", "status = 'RUNNING'")
    tried_twice = makers.format("events_job", "name", "attempts > 1")
    before = node.rows(tried_twice)
    for number in cases[:5]:
        issued = f"SELECT count(*) FROM licences_licence WHERE case_number = '{number}'"
        approve(node, number)
        until(lambda: node.rows(running) == [(1,)], "the licence is being made")
        node.kill_one("command worker")
        interrupted = node.rows(issued) == [(0,)]
        until(lambda issued=issued: node.rows(issued) == [(1,)], "the licence is made after all")
        if interrupted:
            break
    assert interrupted, "each licence was made before its maker could be killed"
    at_rest(node)
    assert node.rows(tried_twice) > before
    assert findings(node) == []
    assert undelivered(node) == []
    node.yiwang("ledger", "audit")


def test_killed_after_any_write_and_around_the_commit(copy_of_city: Callable[..., Node]) -> None:
    """Not by chance as above, but at each single point of a submission, a decision, an issue and an upload."""
    node = copy_of_city("dying", YIWANG_LOG_LEVEL="ERROR")
    assert json.loads(node.run("-m", "tests.faults.inside", "dying")) == []
    node.yiwang("ledger", "audit")
