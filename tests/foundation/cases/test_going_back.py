"""退回 and 撤回: a case goes back to a step, also from inside a parallel review, and no token leaks forward (ASKS 28, 29)."""

from __future__ import annotations

import pytest

from tests.factories import citizen, official
from tests.factories.cases import open_permit, open_task
from tests.factories.moves import WORKER, do, end, in_review, procedure_of, start, steps, task
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import actions, queries
from yiwang.foundation.cases.models import Clock, Task
from yiwang.kernel.refusals import Conflict, Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trial")]


def test_from_inside_a_parallel_review_to_the_window(people: dict[str, Actor]) -> None:
    case = in_review(people)
    do(people["reviewer-premises"], case, "review_premises", "agree")
    task = open_task(case, "review_documents")
    refused(actions.send_back, people["chief"], task.id, "accept", "材料受理有误")
    with recorded("cases.send_back", by=people["reviewer-documents"], kind="case", subject=case.number):
        actions.send_back(people["reviewer-documents"], task.id, "accept", "受理时漏看营业执照")
    assert steps(case) == ["accept"]
    assert open_task(case, "accept").assignee_id == people["window-clerk"].account_id
    case.refresh_from_db()
    assert case.stage == "等待受理"
    # Forward again: both reviews are due again, and the one that had agreed does not open the inspection by itself.
    do(people["window-clerk"], case, "accept", "accept")
    assert steps(case) == ["review_documents", "review_premises"]
    do(people["reviewer-documents"], case, "review_documents", "agree")
    assert steps(case) == ["review_premises"]
    do(people["reviewer-premises"], case, "review_premises", "agree")
    assert steps(case) == ["inspect"]


def test_to_one_branch_of_a_review_leaves_the_other_done(people: dict[str, Actor]) -> None:
    case = in_review(people)
    do(people["reviewer-premises"], case, "review_premises", "agree")
    do(people["reviewer-documents"], case, "review_documents", "agree")
    for step in ("review_documents", "review_premises"):  # whichever of the two was the last to arrive
        actions.send_back(people["inspector"], open_task(case, "inspect").id, step, "再看一次")
        assert steps(case) == [step]
        do(people["reviewer-documents" if step == "review_documents" else "reviewer-premises"], case, step, "agree")
        assert steps(case) == ["inspect"]
    do(people["inspector"], case, "inspect", "pass")
    assert steps(case) == ["decide"]


def test_a_colleague_on_the_other_branch_keeps_their_task(people: dict[str, Actor]) -> None:
    case = in_review(people)
    other = open_task(case, "review_premises")
    actions.claim(people["reviewer-premises"], other.id)
    do(people["reviewer-documents"], case, "review_documents", "agree")
    actions.send_back(people["reviewer-premises"], other.id, "review_documents", "请再核对图纸")
    other.refresh_from_db()
    assert (other.state, other.assignee_id) == ("open", people["reviewer-premises"].account_id)
    assert steps(case) == ["review_documents", "review_premises"]
    do(people["reviewer-premises"], case, "review_premises", "agree")
    do(people["reviewer-documents"], case, "review_documents", "agree")
    assert steps(case) == ["inspect"]


def test_suspended_clocks_run_on_when_the_step_that_held_them_is_left(people: dict[str, Actor]) -> None:
    case = in_review(people)
    do(people["reviewer-documents"], case, "review_documents", "agree")
    do(people["reviewer-premises"], case, "review_premises", "agree")
    assert Clock.objects.get(case=case, kind="promised").state == "suspended"
    actions.send_back(people["inspector"], open_task(case, "inspect").id, "review_premises", "图纸不清")
    assert Clock.objects.get(case=case, kind="promised").state == "running"
    actions.send_back(people["reviewer-premises"], open_task(case, "review_premises").id, "accept", "退窗口")
    do(people["window-clerk"], case, "accept", "accept")
    assert (
        Clock.objects.filter(case=case, kind="statutory").count() == 1
    )  # accepted twice, the limit runs since the first time


def test_where_it_cannot_go(people: dict[str, Actor]) -> None:
    case = in_review(people)
    task = open_task(case, "review_documents")
    for step in ("decide", "review_premises", "nowhere", "review_documents"):
        with pytest.raises(Invalid) as caught:
            actions.send_back(people["reviewer-documents"], task.id, step, "理由")
        assert caught.value.problems[0].field == "step"
    with pytest.raises(Invalid) as caught:
        actions.send_back(people["reviewer-documents"], task.id, "accept", "  ")
    assert caught.value.problems[0].field == "reason"
    assert [step.code for step in queries.return_targets(people["reviewer-documents"], task.id)] == ["accept"]


def test_the_doer_takes_back_a_step_nobody_has_acted_on(people: dict[str, Actor]) -> None:
    case = in_review(people)
    do(people["reviewer-premises"], case, "review_premises", "agree")
    done = do(people["reviewer-documents"], case, "review_documents", "disagree").task
    refused(actions.take_back, people["chief"], done.id)
    with pytest.raises(Conflict):
        actions.take_back(official("reviewer-documents", WORKER), done.id)
    with recorded("cases.take_back", by=people["reviewer-documents"], kind="case", subject=case.number):
        again = actions.take_back(people["reviewer-documents"], done.id)
    assert (steps(case), again.assignee_id) == (["review_documents"], people["reviewer-documents"].account_id)
    do(people["reviewer-documents"], case, "review_documents", "agree")
    assert steps(case) == ["inspect"]


def test_what_was_acted_on_or_announced_is_not_taken_back(people: dict[str, Actor]) -> None:
    case = open_permit(citizen())
    accepted = do(people["window-clerk"], case, "accept", "accept").task
    with pytest.raises(Conflict) as caught:
        actions.take_back(people["window-clerk"], accepted.id)
    assert caught.value.code == "announced"
    do(people["reviewer-premises"], case, "review_premises", "agree")
    done = do(people["reviewer-documents"], case, "review_documents", "agree").task
    actions.claim(people["inspector"], open_task(case, "inspect").id)
    with pytest.raises(Conflict) as caught:
        actions.take_back(people["reviewer-documents"], done.id)
    assert caught.value.code == "acted-upon"


def test_what_an_operation_did_in_between_is_undone_with_the_step(people: dict[str, Actor]) -> None:
    from yiwang.foundation.cases import slots

    operation = (
        '<bpmn:businessRuleTask id="rule" name="rule"><bpmn:extensionElements><yiwang:operation name="trial.rule"/>'
        "</bpmn:extensionElements></bpmn:businessRuleTask>"
    )
    xml = procedure_of(
        start() + task("first") + operation + task("second") + end(),
        "start > first\nfirst > rule\nrule > second\nsecond > done",
    )
    quick = slots.Operation("trial.rule", lambda case, facts: ("fine", "符合"), now=True)
    with slots.operations.plugged("trial.rule", quick):
        case = open_permit(citizen(), bpmn=xml, code="small")
        done = do(people["chief"], case, "first", "agree").task
        assert steps(case) == ["second"]
        actions.take_back(people["chief"], done.id)
        assert steps(case) == ["first"]
        do(people["chief"], case, "first", "agree")
        actions.send_back(people["chief"], open_task(case, "second").id, "first", "再看")
        do(people["chief"], case, "first", "agree")
        do(people["chief"], case, "second", "agree")
    case.refresh_from_db()
    assert case.outcome == "done"
    assert not Task.objects.filter(case=case, state="open").exists()
