"""A permit goes through window, correction, parallel review, inspection, decision and issue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.factories import agency, citizen, official
from tests.factories.cases import TrialKind, open_permit, open_task, trial_kind
from yiwang.foundation.access.models import Denial
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import actions, queries
from yiwang.foundation.cases.models import Case, Task
from yiwang.foundation.events.models import Event
from yiwang.foundation.events.worker import Worker
from yiwang.foundation.ledger.models import Entry
from yiwang.kernel.refusals import Conflict, Denied, Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture
def kind() -> Iterator[TrialKind]:
    with trial_kind() as plugged:
        yield plugged


@pytest.fixture
def staff() -> dict[str, Actor]:
    roles = ["window-clerk", "reviewer-documents", "reviewer-premises", "inspector", "chief"]
    return {role: official(role, ["cases.read", "cases.complete"]) for role in roles}


def steps(case: Case) -> list[str]:
    return sorted(Task.objects.filter(case=case, state="open").values_list("step", flat=True))


def do(actor: Actor, case: Case, step: str, outcome: str, opinion: str = "") -> actions.Finished:
    return actions.complete(actor, open_task(case, step).id, outcome, opinion)


def in_review(applicant: Actor, staff: dict[str, Actor]) -> Case:
    case = open_permit(applicant)
    do(staff["window-clerk"], case, "accept", "accept")
    return case


def test_the_whole_way_to_the_licence(kind: TrialKind, staff: dict[str, Actor]) -> None:
    applicant = citizen()
    case = open_permit(applicant)
    assert steps(case) == ["accept"]
    do(staff["window-clerk"], case, "accept", "correct", "请补房屋租赁合同")
    assert steps(case) == ["correct"]
    do(applicant, case, "correct", "resubmit")
    do(staff["window-clerk"], case, "accept", "accept")
    assert steps(case) == ["review_documents", "review_premises"]
    do(staff["reviewer-premises"], case, "review_premises", "agree")
    assert steps(case) == ["review_documents"]
    do(staff["reviewer-documents"], case, "review_documents", "agree")
    do(staff["inspector"], case, "inspect", "pass", "布局与图纸一致")
    do(staff["chief"], case, "decide", "approve")
    assert steps(case) == ["issue"]
    Worker().run(once=True)
    case.refresh_from_db()
    assert (case.outcome, case.stage, case.closed_at is not None) == ("approved", "准予许可", True)
    assert not Task.objects.filter(case=case, state="open").exists()
    assert kind.heard[-1].closed
    words = [entry.text for entry in queries.journal(case, public=True)]
    assert words == [
        "提交申请", "请您补正材料", "提交了补正材料", "受理了您的申请", "完成现场核查：合格", "决定准予许可", "证照已制发", "准予许可",
    ]  # fmt: skip


def test_every_step_is_in_the_ledger_and_announced(kind: TrialKind, staff: dict[str, Actor]) -> None:
    case = in_review(citizen(), staff)
    entries = Entry.objects.filter(kind="case", subject=case.number).order_by("at", "id")
    assert [entry.act for entry in entries] == ["trial.open", "cases.complete"]
    assert Event.objects.filter(type="case.stepped", subject=case.number).count() == 1


def test_a_refusal_ends_the_case(kind: TrialKind, staff: dict[str, Actor]) -> None:
    case = open_permit(citizen())
    do(staff["window-clerk"], case, "accept", "refuse", "不属于本机关职权范围")
    case.refresh_from_db()
    assert (case.outcome, steps(case)) == ("not-accepted", [])


def test_a_reason_that_must_be_given(kind: TrialKind, staff: dict[str, Actor]) -> None:
    case = open_permit(citizen())
    with pytest.raises(Invalid) as caught:
        do(staff["window-clerk"], case, "accept", "refuse", "  ")
    assert caught.value.problems[0].field == "opinion"
    assert steps(case) == ["accept"]


def test_an_outcome_that_the_procedure_does_not_offer(kind: TrialKind, staff: dict[str, Actor]) -> None:
    case = open_permit(citizen())
    with pytest.raises(Invalid):
        do(staff["window-clerk"], case, "accept", "approve")


def test_another_role_and_another_agency_are_refused_and_recorded(kind: TrialKind, staff: dict[str, Actor]) -> None:
    case = open_permit(citizen())
    elsewhere = official("window-clerk", at=agency("rsj", "人社局"))
    for intruder in (staff["chief"], elsewhere, citizen("邻居")):
        with pytest.raises(Denied):
            do(intruder, case, "accept", "accept")
    assert Denial.objects.filter(subject=f"case:{case.number}/accept").count() == 3
    assert steps(case) == ["accept"]


def test_only_the_party_corrects(kind: TrialKind, staff: dict[str, Actor]) -> None:
    applicant = citizen()
    case = open_permit(applicant)
    do(staff["window-clerk"], case, "accept", "correct", "缺健康证明")
    for intruder in (citizen("邻居"), staff["window-clerk"]):
        with pytest.raises(Denied):
            do(intruder, case, "correct", "resubmit")
    do(applicant, case, "correct", "resubmit")


def test_nobody_judges_their_own_case(kind: TrialKind, staff: dict[str, Actor]) -> None:
    from tests.factories.people import LONG_AGO
    from yiwang.foundation.access.queries import of_account
    from yiwang.foundation.accounts.models import Account, Standing

    applicant = citizen()
    case = open_permit(applicant)
    account = Account.objects.get(pk=staff["window-clerk"].account_id)
    Standing.objects.create(account=account, party_id=applicant.party_id, ground="agent", since=LONG_AGO)
    clerk = of_account(Account.objects.get(pk=account.pk))
    assert queries.view(clerk, case.number).task_for(clerk) is None
    with pytest.raises(Denied, match="回避"):
        do(clerk, case, "accept", "accept")
    assert steps(case) == ["accept"]


def test_two_clerks_on_one_task(kind: TrialKind, staff: dict[str, Actor]) -> None:
    case = open_permit(citizen())
    task = open_task(case, "accept")
    second = official("window-clerk")
    actions.claim(staff["window-clerk"], task.id)
    with pytest.raises(Conflict):
        actions.claim(second, task.id)
    with pytest.raises(Conflict):
        actions.complete(second, task.id, "accept")
    actions.release(staff["window-clerk"], task.id)
    actions.complete(second, task.id, "accept")
    with pytest.raises(Conflict):
        actions.complete(staff["window-clerk"], task.id, "accept")
    assert steps(case) == ["review_documents", "review_premises"]


def test_a_case_keeps_the_version_it_began_with(kind: TrialKind, staff: dict[str, Actor]) -> None:
    from tests.factories.cases import PERMIT

    old = open_permit(citizen())
    shorter = PERMIT.replace('name="受理"', 'name="新受理"')
    new = open_permit(citizen(), bpmn=shorter)
    assert (old.procedure.version, new.procedure.version) == (1, 2)
    assert (open_task(old, "accept").name, open_task(new, "accept").name) == ("受理", "新受理")


def test_withdrawing_cancels_what_is_open(kind: TrialKind, staff: dict[str, Actor]) -> None:
    applicant = citizen()
    case = in_review(applicant, staff)
    with pytest.raises(Denied):
        actions.withdraw(citizen("邻居"), case.number)
    actions.withdraw(applicant, case.number, "不办了")
    case.refresh_from_db()
    assert (case.outcome, steps(case), case.due_on) == ("withdrawn", [], None)
    with pytest.raises(Conflict):
        actions.withdraw(applicant, case.number)


def test_a_failing_operation_is_tried_again_and_does_not_lose_the_case(
    kind: TrialKind, staff: dict[str, Actor]
) -> None:
    from yiwang.foundation.cases import slots
    from yiwang.foundation.events.models import Job

    attempts: list[str] = []

    def fail(case: Case, facts: object) -> tuple[str, str]:
        attempts.append(case.number)
        raise RuntimeError("the seal is not ready")

    case = in_review(citizen(), staff)
    for role, step, outcome in [
        ("reviewer-documents", "review_documents", "agree"),
        ("reviewer-premises", "review_premises", "agree"),
        ("inspector", "inspect", "pass"),
        ("chief", "decide", "approve"),
    ]:
        do(staff[role], case, step, outcome, "意见")
    with slots.operations.plugged("licences.issue", slots.Operation("licences.issue", fail)):
        Worker().run(once=True)
    assert attempts == [case.number]
    assert Job.objects.get(key__startswith="operation:").last_error.endswith("the seal is not ready\n")
    assert steps(case) == ["issue"]


def test_who_may_open_a_case_by_its_number(kind: TrialKind, staff: dict[str, Actor]) -> None:
    applicant, neighbour = citizen(), citizen("邻居")
    case = open_permit(applicant)
    assert queries.view(applicant, case.number).case == case
    assert queries.view(staff["window-clerk"], case.number).task_for(staff["window-clerk"]) is not None
    refusals = []
    for number in (case.number, "99010026112100000000", "胡写"):
        with pytest.raises(Denied) as caught:
            queries.view(neighbour, number)
        refusals.append(str(caught.value))
    assert len(set(refusals)) == 1  # a foreign case and none at all look the same
    assert Denial.objects.filter(account_id=neighbour.account_id, subject=f"case:{case.number}").exists()


def test_the_queue_shows_what_the_role_may_do_here(kind: TrialKind, staff: dict[str, Actor]) -> None:
    case = open_permit(citizen())
    assert [task.case for task in queries.queue(staff["window-clerk"]).items] == [case]
    assert queries.queue(staff["chief"]).items == []
    assert queries.queue(official("window-clerk", at=agency("rsj", "人社局"))).items == []
    assert queries.queue(citizen()).items == []
