"""暂停, 恢复, 终止, 撤回申请: a case stands still for a reason of the law and for a time, or ends before its procedure does."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from tests.factories import citizen, official
from tests.factories.cases import notices, open_permit, open_task
from tests.factories.desk import whole_node
from tests.factories.moves import HEAD, do, steps
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import actions, queries
from yiwang.foundation.cases.jobs import sound_alarms
from yiwang.foundation.cases.models import Case, Clock, JournalEntry
from yiwang.foundation.events.models import Event
from yiwang.foundation.messages.models import Message
from yiwang.kernel.refusals import Conflict, Invalid, Missing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trial")]


def test_a_hearing_stops_the_clocks_and_the_work_until_it_is_over(people: dict[str, Actor]) -> None:
    notices(2026)
    applicant, head = citizen(), people["head"]
    with time_machine.travel("2026-11-02T09:00:00+08:00", tick=False) as clock:
        case = open_permit(applicant)  # due on the 9th
        refused(actions.suspend, people["window-clerk"], case.number, "hearing", 5)
        with recorded("cases.suspend", by=head, kind="case", subject=case.number):
            actions.suspend(head, case.number, "hearing", 5, "申请人要求听证")
        case.refresh_from_db()
        assert (case.held, case.paused, case.due_on) == ("hearing", True, None)
        [face] = queries.view(head, case.number).clocks
        assert (face.words, face.pause) == ("已暂停，还剩 5 个工作日", "听证（行政许可法第四十五条），最晚到11月9日")
        with pytest.raises(Conflict) as caught:
            do(people["window-clerk"], case, "accept", "accept")
        assert caught.value.code == "case-held"
        with pytest.raises(Conflict):
            actions.suspend(head, case.number, "testing", 5)
        clock.move_to(dt.datetime.fromisoformat("2026-11-06T09:00:00+08:00"))
        refused(actions.resume, people["window-clerk"], case.number)
        with recorded("cases.resume", by=head, kind="case", subject=case.number):
            actions.resume(head, case.number)
        case.refresh_from_db()
        assert (case.held, case.due_on) == ("", dt.date(2026, 11, 13))  # the 3rd to the 6th stood still
        with pytest.raises(Conflict):
            actions.resume(head, case.number)
        do(people["window-clerk"], case, "accept", "accept")
    told = Message.objects.filter(party=applicant.party_id).order_by("created_at").values_list("template", flat=True)
    assert list(told) == ["case-suspended", "case-resumed"]
    words = [entry.text for entry in queries.journal(case, public=True)]
    assert "暂停办理：听证（行政许可法第四十五条），最晚到2026年11月9日" in words


@pytest.mark.django_db(transaction=True)
def test_a_suspension_that_outlasts_its_own_limit_is_announced_once(people: dict[str, Actor]) -> None:
    notices(2026)
    with time_machine.travel("2026-11-02T09:00:00+08:00", tick=False) as clock:
        case = open_permit(citizen())
        actions.suspend(people["head"], case.number, "testing", 3)
        announced = []
        for day in ("2026-11-05", "2026-11-06", "2026-11-07"):
            clock.move_to(dt.datetime.fromisoformat(f"{day}T08:00:00+08:00"))
            sound_alarms()
            announced.append(Event.objects.filter(type="suspension.overdue", subject=case.number).count())
        assert announced == [0, 1, 1]
        [face] = queries.view(people["head"], case.number).clocks
        assert face.pause_overdue
    assert JournalEntry.objects.get(case=case, act="cases.suspension-overdue").public is False


def test_a_suspension_names_a_reason_of_the_law_and_a_limit(people: dict[str, Actor]) -> None:
    case = open_permit(citizen())
    for reason, days, field in (("holiday", 5, "reason"), ("hearing", 0, "days"), ("hearing", 9999, "days")):
        with pytest.raises(Invalid) as caught:
            actions.suspend(people["head"], case.number, reason, days)
        assert caught.value.problems[0].field == field
    with pytest.raises(Missing):
        actions.suspend(whole_node("node-head", HEAD), "99010026112100000000", "hearing", 5)


def test_terminating_names_the_reason_and_the_remedy(people: dict[str, Actor]) -> None:
    applicant, head = citizen(), people["head"]
    case = open_permit(applicant)
    actions.suspend(head, case.number, "force-majeure", 10)
    refused(actions.terminate, people["window-clerk"], case.number, "法人已注销")
    with pytest.raises(Invalid):
        actions.terminate(head, case.number, "")
    with recorded("cases.terminate", by=head, kind="case", subject=case.number):
        actions.terminate(head, case.number, "申请的法人已经注销")
    case.refresh_from_db()
    assert (case.outcome, case.held, steps(case)) == ("terminated", "", [])
    assert not Clock.objects.filter(case=case).exclude(state="stopped").exists()
    note = JournalEntry.objects.get(case=case, act="cases.terminate").note
    assert "申请的法人已经注销" in note
    assert "行政复议" in note
    assert Message.objects.filter(party=applicant.party_id, template="case-terminated").count() == 1
    with pytest.raises(Conflict):
        actions.terminate(head, case.number, "再来一次")


def test_nobody_halts_their_own_case() -> None:
    from tests.factories.people import LONG_AGO
    from yiwang.foundation.access.queries import of_account
    from yiwang.foundation.accounts.models import Account, Standing

    applicant = citizen()
    case = open_permit(applicant)
    account = Account.objects.get(pk=official("head", HEAD).account_id)
    Standing.objects.create(account=account, party_id=applicant.party_id, ground="agent", since=LONG_AGO)
    head = of_account(Account.objects.get(pk=account.pk))
    refused(actions.terminate, head, case.number, "理由")
    refused(actions.suspend, head, case.number, "hearing", 5)


def approved(people: dict[str, Actor], applicant: Actor) -> Case:
    case = open_permit(applicant)
    for role, step, outcome in [
        ("window-clerk", "accept", "accept"),
        ("reviewer-documents", "review_documents", "agree"),
        ("reviewer-premises", "review_premises", "agree"),
        ("inspector", "inspect", "pass"),
        ("chief", "decide", "approve"),
    ]:
        do(people[role], case, step, outcome)
    return case


def test_what_is_decided_is_not_withdrawn_any_more(people: dict[str, Actor]) -> None:
    applicant = citizen()
    case = approved(people, applicant)
    assert open_task(case, "issue").doer == "node"
    with pytest.raises(Conflict) as caught:
        actions.withdraw(applicant, case.number)
    assert caught.value.code == "case-decided"
