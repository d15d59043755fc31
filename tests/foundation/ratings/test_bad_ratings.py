"""A bad rating opens a case for the office: answered in time, called back, and told to the person; never by those it is about."""

from __future__ import annotations

import pytest

from tests.factories import agency, citizen, official
from tests.factories.cases import open_task
from tests.factories.desk import browser
from tests.factories.ratings import SUPERVISOR, closed_case, service_supervisor
from tests.helpers import refused
from yiwang.foundation.access.models import Denial, Role
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries
from yiwang.foundation.cases.models import Case, JournalEntry, Procedure
from yiwang.foundation.messages.models import Message
from yiwang.foundation.ratings import actions, queries
from yiwang.foundation.ratings.contacts import CASE, FOLLOWUP
from yiwang.foundation.ratings.models import Contact
from yiwang.kernel.refusals import Denied

pytestmark = pytest.mark.django_db


def bad(me: Actor, clerk: Actor, text: str = "让我跑了三趟") -> Case:
    case = closed_case(me, clerk)
    rating = actions.rate(me, CASE, case.number, 5, ["many-trips"], text)
    assert rating.followup is not None
    return Case.objects.get(id=rating.followup.id)


def test_the_office_has_fifteen_working_days(clerk: Actor) -> None:
    case = bad(citizen(), clerk)
    assert (case.kind, case.agency_id, case.stage) == (FOLLOWUP, "scjg", "正在核实整改")
    [clock] = case_queries.clock_faces([case])[case.id]
    assert (clock.kind, clock.limit, clock.state) == ("answer", "15 个工作日", "running")
    assert [task.case for task in case_queries.queue(service_supervisor()).items] == [case]


@pytest.mark.parametrize(("grade", "opens"), [(1, False), (2, False), (3, False), (4, True), (5, True)])
def test_only_bad_ratings_open_a_case(clerk: Actor, grade: int, opens: bool) -> None:
    me = citizen()
    rating = actions.rate(me, CASE, closed_case(me, clerk).number, grade)
    assert (rating.followup is not None) == opens


def test_nothing_in_the_case_names_the_person(clerk: Actor) -> None:
    me = citizen("欧阳晓梅")
    case = bad(me, clerk)
    assert (case.party_id, case.opened_by_id) == (None, None)
    assert {(entry.actor_name, entry.account_id) for entry in JournalEntry.objects.filter(case=case)} == {
        ("系统", None)
    }
    page = browser(clerk).get(f"/desk/cases/{case.number}").content.decode()
    original = Contact.objects.get().key
    for secret in ("欧阳", "欧***", "让我跑了", original):
        assert secret not in page
    for secret in ("欧阳", original):
        assert secret not in browser(clerk).get("/desk/cases?state=all&q=差评").content.decode()


def test_whoever_looks_into_it_sees_whom_to_call(clerk: Actor) -> None:
    case = bad(citizen("欧阳晓梅"), clerk)
    page = browser(service_supervisor()).get(f"/desk/cases/{case.number}").content.decode()
    for words in ("欧阳晓梅", "评价人", "让我跑了三趟", "让我跑了好几趟", Contact.objects.get().key, "非常不满意"):
        assert words in page
    elsewhere = official("other-supervisor", SUPERVISOR, at=agency("rsj", "人社局"))
    assert browser(elsewhere).get(f"/desk/cases/{case.number}").status_code == 403


def test_answered_called_back_and_told(clerk: Actor) -> None:
    me = citizen()
    case = bad(me, clerk)
    looking = service_supervisor()
    cases.complete(looking, open_task(case, "rectify").id, "done", "已重新培训窗口人员")
    own = queries.own(me, CASE, Contact.objects.get().key)
    assert (own.stage, own.due, own.closed) == ("等待回访", None, False)
    assert [(one.what, one.text) for one in own.answers] == [("已核实整改并答复", "已重新培训窗口人员")]
    cases.complete(looking, open_task(case, "call_back").id, "again", "还是不满意")
    assert queries.own(me, CASE, own.key).due is not None  # the limit runs anew
    cases.complete(looking, open_task(case, "rectify").id, "done", "已上门道歉")
    cases.complete(looking, open_task(case, "call_back").id, "satisfied", "本人表示满意")
    own = queries.own(me, CASE, own.key)
    assert (own.closed, own.stage) == (True, "已整改并回访")
    told = Message.objects.order_by("id")
    assert [(message.party_id, message.template, message.link) for message in told] == [
        (me.party_id, template, f"/my/cases/{own.key}/rate")
        for template in ("rating-answered", "rating-answered", "rating-closed")
    ]
    assert (told[0].title, "已重新培训窗口人员" in told[0].text) == ("您对“食品经营许可核发”的评价有答复了", True)
    assert "本人表示满意" in told[2].text


def test_nobody_looks_into_a_rating_of_their_own_work(clerk: Actor) -> None:
    served = official("window-clerk")
    Role.objects.filter(code="window-clerk").update(permissions=["cases.read", "cases.complete", "ratings.identify"])
    from yiwang.foundation.access.models import Grant
    from yiwang.foundation.access.queries import of_account
    from yiwang.foundation.accounts.models import Account

    service_supervisor()
    account = Account.objects.get(pk=served.account_id)
    Grant.objects.create(account=account, role_id="service-supervisor", agency=agency(), since="2020-01-01")
    both = of_account(account)
    case = bad(citizen("欧阳晓梅"), both)
    task = open_task(case, "rectify")
    refusal = refused(cases.complete, both, task.id, "done", "没有这回事")
    assert refusal.code == "recused"
    assert Denial.objects.get().subject == f"case:{case.number}/rectify"
    page = browser(both).get(f"/desk/cases/{case.number}").content.decode()
    assert "按回避要求" in page
    assert "欧阳" not in page
    answer = browser(both).post(f"/desk/tasks/{task.id}/decide", {"outcome": "done", "opinion": "没有这回事"})
    assert answer.status_code == 403
    assert "没有这回事" in answer.content.decode()
    seen = queries.behind(both, case)
    assert (seen.recused, seen.party, seen.reference) == (True, None, "")
    plain = queries.behind(clerk, case)
    assert (plain.recused, plain.tags, plain.party) == (False, (), None)  # who reads only is not told whose work it was


def test_a_follow_up_is_no_service_to_be_rated(clerk: Actor) -> None:
    me = citizen()
    case = bad(me, clerk)
    refused(actions.rate, me, CASE, case.number, 5)
    with pytest.raises(Denied):
        queries.own(me, CASE, case.number)


def test_the_procedure_is_published_once_and_the_node_s_own_stays() -> None:
    first = actions.ensure_procedure(system())
    assert actions.ensure_procedure(system()) == first
    changed = cases.publish_procedure(
        system(), "bad_rating", "差评核实整改", first.bpmn.replace("核实整改", "核实和整改")
    )
    assert actions.ensure_procedure(system()) == changed
    assert Procedure.objects.count() == 2
    with pytest.raises(Denied):
        cases.publish_procedure(citizen(), "bad_rating", "差评", first.bpmn)


def test_somebody_who_may_not_publish_cannot_bring_the_procedure_in() -> None:
    with pytest.raises(Denied):
        actions.ensure_procedure(citizen())
    assert not Procedure.objects.exists()
