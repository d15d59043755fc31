"""转办, 加签, 退回当事人, 催办, 离岗移交: who does a task changes, the case stays where it is."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from tests.factories import agency, citizen, official
from tests.factories.cases import notices, open_permit, open_task
from tests.factories.moves import HEAD, WORKER, do, in_review, steps
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import actions, queries
from yiwang.foundation.cases.models import Clock, JournalEntry, Task
from yiwang.foundation.messages.models import Message
from yiwang.kernel.refusals import Conflict, Denied, Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trial")]


def id_of(actor: Actor) -> int:
    assert actor.account_id is not None
    return actor.account_id


def test_a_task_is_given_to_a_colleague_with_the_role(people: dict[str, Actor]) -> None:
    case = in_review(people)
    task = open_task(case, "review_documents")
    mine, colleague = people["reviewer-documents"], official("reviewer-documents", WORKER, name="李工")
    refused(actions.delegate, people["inspector"], task.id, id_of(colleague))
    with recorded("cases.delegate", by=mine, kind="task", subject=task.id):
        actions.delegate(mine, task.id, id_of(colleague), "我明天出差")
    assert [row.id for row in queries.queue(colleague, queries.QueueFilter("mine")).items] == [task.id]
    with pytest.raises(Conflict):
        actions.complete(mine, task.id, "agree")
    with pytest.raises(Conflict):
        actions.delegate(mine, task.id, id_of(mine))
    actions.delegate(people["head"], task.id, id_of(mine))  # a head of office may take it from whoever holds it
    actions.complete(mine, task.id, "agree")
    line = JournalEntry.objects.filter(case=case, act="cases.delegate").earliest("at")
    assert (line.text, line.note, line.public) == ("资料审查：转给李工办", "我明天出差", False)


def test_whoever_could_not_do_it_does_not_get_it(people: dict[str, Actor]) -> None:
    case = in_review(people)
    task = open_task(case, "review_documents")
    elsewhere = official("reviewer-documents", at=agency("rsj", "云州市人力资源和社会保障局"))
    for unfit in (id_of(people["chief"]), id_of(elsewhere), 999_999):
        with pytest.raises(Invalid) as caught:
            actions.delegate(people["reviewer-documents"], task.id, unfit)
        assert caught.value.problems[0].field == "to"
    assert [colleague.id for colleague in queries.colleagues(people["reviewer-documents"], task.id)] == []
    second = official("reviewer-documents", WORKER, name="李工")
    assert [colleague.id for colleague in queries.colleagues(people["reviewer-documents"], task.id)] == [
        second.account_id
    ]


def test_a_colleague_asked_before_must_answer_first(people: dict[str, Actor]) -> None:
    case = in_review(people)
    task, mine, asked = open_task(case, "review_documents"), people["reviewer-documents"], people["chief"]
    refused(actions.add_reviewer, people["inspector"], task.id, id_of(asked), "请看")
    with recorded("cases.add_reviewer", by=mine, kind="task", subject=task.id):
        added = actions.add_reviewer(mine, task.id, id_of(asked), "请看租赁合同是否有效")
    with pytest.raises(Conflict) as caught:
        actions.complete(mine, task.id, "agree")
    assert caught.value.code == "answer-awaited"
    assert added.id in [row.id for row in queries.queue(asked).items]
    refused(actions.complete, people["inspector"], added.id, "agree")
    with pytest.raises(Invalid):
        actions.complete(asked, added.id, "disagree")
    actions.complete(asked, added.id, "agree", "有效")
    assert steps(case) == ["review_documents", "review_premises"]
    actions.complete(mine, task.id, "agree")
    assert steps(case) == ["review_premises"]


def test_a_colleague_asked_after_holds_the_case_and_may_send_the_task_back(people: dict[str, Actor]) -> None:
    case = open_permit(citizen())
    do(people["window-clerk"], case, "accept", "accept")
    do(people["reviewer-premises"], case, "review_premises", "agree")
    task, mine, asked = open_task(case, "review_documents"), people["reviewer-documents"], people["chief"]
    added = actions.add_reviewer(mine, task.id, id_of(asked), "请复核", after=True)
    assert actions.complete(mine, task.id, "agree").opened == ()
    assert steps(case) == ["review_documents"]  # only the colleague's
    actions.complete(asked, added.id, "disagree", "面积不符")
    again = open_task(case, "review_documents")
    assert (again.kind, again.assignee_id) == ("step", mine.account_id)
    second = actions.add_reviewer(mine, again.id, id_of(asked), "改好了，请再看", after=True)
    actions.complete(mine, again.id, "agree")
    actions.complete(asked, second.id, "agree")
    assert steps(case) == ["inspect"]


def test_a_reviewer_must_be_able_to_read_the_case(people: dict[str, Actor]) -> None:
    case = in_review(people)
    task, mine = open_task(case, "review_documents"), people["reviewer-documents"]
    stranger = official("archivist", ["ratings.figures"])
    for unfit in (id_of(stranger), id_of(mine)):
        with pytest.raises(Invalid):
            actions.add_reviewer(mine, task.id, unfit, "请看")
    actions.add_reviewer(mine, task.id, id_of(people["chief"]), "请看")
    with pytest.raises(Invalid):
        actions.add_reviewer(mine, task.id, id_of(people["chief"]), "再请看")


def test_added_tasks_go_with_the_step_they_hang_on(people: dict[str, Actor]) -> None:
    case = in_review(people)
    task = open_task(case, "review_documents")
    added = actions.add_reviewer(people["reviewer-documents"], task.id, id_of(people["chief"]), "请看")
    actions.send_back(people["reviewer-premises"], open_task(case, "review_premises").id, "accept", "退窗口")
    added.refresh_from_db()
    assert (added.state, steps(case)) == ("cancelled", ["accept"])


def test_the_party_is_asked_and_answers_while_the_clocks_stand_still(people: dict[str, Actor]) -> None:
    applicant = citizen()
    case = open_permit(applicant)
    do(people["window-clerk"], case, "accept", "accept")
    task, mine = open_task(case, "review_documents"), people["reviewer-documents"]
    refused(actions.ask_party, people["inspector"], task.id, "请说明")
    with recorded("cases.ask_party", by=mine, kind="task", subject=task.id):
        asked = actions.ask_party(mine, task.id, "请说明厨房排烟走向。")
    case.refresh_from_db()
    assert case.paused
    assert set(Clock.objects.filter(case=case).exclude(state="stopped").values_list("state", flat=True)) == {
        "suspended"
    }
    assert Message.objects.get(party=applicant.party_id).template == "case-asked"
    with pytest.raises(Conflict):
        actions.complete(mine, task.id, "agree")
    with pytest.raises(Conflict):
        actions.ask_party(mine, task.id, "再问")
    refused(actions.complete, citizen("邻居"), asked.id, "answer", "……")
    with pytest.raises(Invalid):
        actions.complete(applicant, asked.id, "answer", "  ")
    actions.complete(applicant, asked.id, "answer", "排烟管道通到楼顶")
    case.refresh_from_db()
    assert (case.paused, case.due_on is not None) == (False, True)
    actions.complete(mine, task.id, "agree")
    words = [entry.text for entry in queries.journal(case, public=True)]
    assert words[-2:] == ["请您补充说明", "补充说明：提交答复"]


def test_urging_is_heard_once_a_day(people: dict[str, Actor]) -> None:
    applicant = citizen()
    with time_machine.travel("2026-11-02T09:00:00+08:00", tick=False) as clock:
        notices(2026)
        case = open_permit(applicant)
        refused(actions.urge, citizen("邻居"), case.number)
        refused(actions.urge, applicant, "99010026112100000000")
        with recorded("cases.urge", by=applicant, kind="case", subject=case.number):
            actions.urge(applicant, case.number, "急着开业")
        for impatient in (applicant, people["head"]):
            with pytest.raises(Conflict) as caught:
                actions.urge(impatient, case.number)
            assert caught.value.code == "urged-lately"
        clock.shift(dt.timedelta(hours=25))
        actions.urge(people["head"], case.number)
        case.refresh_from_db()
        assert case.urges == 2
        do(people["window-clerk"], case, "accept", "correct")
        clock.shift(dt.timedelta(days=2))
        with pytest.raises(Conflict) as caught:
            actions.urge(applicant, case.number)
        assert caught.value.code == "waits-for-party"


def test_whoever_leaves_hands_over_everything_they_hold(people: dict[str, Actor]) -> None:
    leaver, colleague = people["reviewer-documents"], official("reviewer-documents", WORKER, name="李工")
    cases = [in_review(people) for _index in range(3)]
    for case in cases:
        actions.claim(leaver, open_task(case, "review_documents").id)
    asked = actions.add_reviewer(
        people["reviewer-premises"], open_task(cases[0], "review_premises").id, id_of(leaver), "请看"
    )
    refused(actions.hand_over, people["chief"], id_of(leaver), {"*": id_of(colleague)}, "调离")
    for wrong in ((id_of(leaver), "调离"), (id_of(colleague), " ")):
        with pytest.raises(Invalid):
            actions.hand_over(people["head"], id_of(leaver), {"*": wrong[0]}, wrong[1])
    with recorded("cases.hand_over", by=people["head"], kind="account", subject=leaver.account_id):
        result = actions.hand_over(people["head"], id_of(leaver), {"*": id_of(colleague)}, "调离岗位")
    assert (result.moved, result.released) == (4, 0)
    asked.refresh_from_db()
    assert asked.assignee_id == colleague.account_id
    assert not Task.objects.filter(assignee=leaver.account_id, state="open").exists()
    do(colleague, cases[0], "review_documents", "agree")
    result = actions.hand_over(people["head"], id_of(colleague), {"*": id_of(people["chief"])}, "不对口")
    assert (result.moved, result.released) == (1, 2)  # the chief may read and give the opinion, not do the reviews


def test_nobody_hands_over_beyond_their_reach(people: dict[str, Actor]) -> None:
    leaver = people["reviewer-documents"]
    case = in_review(people)
    actions.claim(leaver, open_task(case, "review_documents").id)
    elsewhere = official("head-elsewhere", HEAD, at=agency("rsj", "云州市人力资源和社会保障局"))
    with pytest.raises(Denied):
        actions.hand_over(elsewhere, id_of(leaver), {"*": id_of(official("reviewer-documents"))}, "调离")
    assert Task.objects.filter(assignee=leaver.account_id, state="open").count() == 1
