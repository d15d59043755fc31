"""A clerk finds their work, reads it, decides it; nothing that was typed is lost when it cannot be decided."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine

from tests.factories import agency, citizen, official
from tests.factories.cases import open_permit, open_task
from tests.factories.desk import browser, clerk
from yiwang.foundation.access.models import Denial
from yiwang.foundation.cases import actions
from yiwang.foundation.cases.models import Task

pytestmark = pytest.mark.django_db
PANEL = {"HX-Request": "true", "HX-Target": "panel"}


def decide(client: Any, task: Task, outcome: str, opinion: str = "", **more: Any) -> Any:
    headers = more.pop("headers", {})
    return client.post(
        f"/desk/tasks/{task.id}/decide", {"outcome": outcome, "opinion": opinion, **more}, headers=headers
    )


def test_the_queue_lists_what_waits_for_the_role() -> None:
    case = open_permit(citizen("欧阳晓梅"))
    page = browser(clerk()).get("/desk/").content.decode()
    assert case.number in page
    assert "欧***" in page
    assert "欧阳晓梅" not in page
    assert "还剩 5 个工作日" in page
    assert case.number not in browser(clerk("chief")).get("/desk/").content.decode()
    elsewhere = official("window-clerk", at=agency("rsj", "人社局"))
    assert case.number not in browser(elsewhere).get("/desk/").content.decode()


def test_filters_live_in_the_address() -> None:
    me = clerk()
    with time_machine.travel(dt.datetime.now(dt.UTC) - dt.timedelta(days=30), tick=True):
        late = open_permit(citizen(), title="逾期的事")
    fresh = open_permit(citizen(), title="刚来的事")
    client = browser(me)
    for address, expected in [
        ("/desk/", [late, fresh]),
        ("/desk/?colour=red", [late]),
        ("/desk/?colour=green", [fresh]),
        ("/desk/?q=刚来", [fresh]),
        (f"/desk/?q={late.number}", [late]),
        ("/desk/?step=decide", []),
        ("/desk/?who=mine", []),
        ("/desk/?who=nonsense&colour=pink&step=", [late, fresh]),
    ]:
        page = client.get(address).content.decode()
        assert [case for case in (late, fresh) if case.number in page.replace(f'value="{case.number}"', "")] == expected
    assert "去掉筛选" in client.get("/desk/?step=decide").content.decode()
    assert "都办完了" in browser(clerk("chief")).get("/desk/").content.decode()


def test_a_row_opens_beside_the_list_or_alone() -> None:
    case = open_permit(citizen())
    client = browser(clerk())
    whole = client.get(f"/desk/?case={case.number}&colour=green")
    assert "受理并发送通知书" in whole.content.decode()
    fragment = client.get(f"/desk/?case={case.number}&colour=green", headers=PANEL)
    assert "<html" not in fragment.content.decode()
    assert "受理并发送通知书" in fragment.content.decode()
    assert "HX-Target" in fragment["Vary"]
    assert 'href="/desk/?colour=green"' in fragment.content.decode()  # the way back keeps the filter
    assert f'href="/desk/cases/{case.number}?list=desk&amp;back=colour%3Dgreen"' in fragment.content.decode()
    missing = client.get("/desk/?case=99010026112100000000")
    assert missing.status_code == 200
    assert "没有编号为 99010026112100000000 的办件" in missing.content.decode()


def test_deciding_leads_back_to_the_list() -> None:
    me = clerk()
    case = open_permit(citizen())
    task = open_task(case, "accept")
    client = browser(me)
    answer = decide(client, task, "accept", list="desk", back=f"colour=green&case={case.number}")
    assert (answer.status_code, answer["Location"]) == (302, "/desk/?colour=green")
    assert "已办：受理并发送通知书" in client.get("/desk/").content.decode()
    assert not Task.objects.filter(case=case, state="open", step="accept").exists()
    reviewer = clerk("reviewer-documents")
    answer = decide(browser(reviewer), open_task(case, "review_documents"), "agree", headers=PANEL)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"/desk/cases/{case.number}")


def test_a_way_back_never_leads_away() -> None:
    case = open_permit(citizen())
    answer = decide(browser(clerk()), open_task(case, "accept"), "accept", list="//evil.example", back="//evil.example")
    assert answer["Location"] == f"/desk/cases/{case.number}"


def test_a_missing_reason_is_asked_for_at_its_field() -> None:
    case = open_permit(citizen())
    task = open_task(case, "accept")
    for headers in ({}, PANEL):
        answer = decide(browser(clerk()), task, "refuse", " ", headers=headers, list="desk")
        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'href="#f-opinion"' in page
        assert 'aria-invalid="true"' in page
        assert "选择“不予受理”须写明理由" in page
    long = decide(browser(clerk()), task, "refuse", "长" * 4001)
    assert "意见最多 4000 字" in long.content.decode()
    assert "长" * 4001 in long.content.decode()


def test_a_colleague_was_faster() -> None:
    mine, colleague = clerk(), clerk(name="刘洋")
    case = open_permit(citizen())
    task = open_task(case, "accept")
    actions.complete(colleague, task.id, "refuse", "不属于本机关")
    for headers in ({}, PANEL):
        answer = decide(browser(mine), task, "correct", "请补租赁合同", headers=headers, list="desk")
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "这一环节已经办过了" in page
        assert "请补租赁合同" in page  # what was typed is still there
        assert "您刚才写的意见没有提交" in page
    assert Task.objects.get(id=task.id).outcome == "refuse"


def test_a_colleague_holds_it() -> None:
    mine, colleague = clerk(), clerk(name="刘洋")
    case = open_permit(citizen())
    task = open_task(case, "accept")
    client = browser(colleague)
    answer = client.post(f"/desk/tasks/{task.id}/claim", {"list": "desk", "back": "who=team", "beside": "1"})
    assert answer["Location"] == f"/desk/?who=team&case={case.number}"
    assert "您已认领" in client.get(answer["Location"]).content.decode()
    assert "刘洋已经认领了这件待办" in browser(mine).post(f"/desk/tasks/{task.id}/claim").content.decode()
    assert "刘洋已经认领了这件待办" in decide(browser(mine), task, "accept").content.decode()
    client.post(f"/desk/tasks/{task.id}/claim", {"give": "1"})
    assert decide(browser(mine), task, "accept").status_code == 302


def test_a_double_click_is_one_decision() -> None:
    client = browser(clerk())
    case = open_permit(citizen())
    task = open_task(case, "accept")
    first, second = (decide(client, task, "accept", list="desk") for _click in range(2))
    assert first["Location"] == second["Location"] == "/desk/"
    assert decide(client, task, "refuse", "改主意了").status_code == 409
    case.refresh_from_db()
    assert case.revision == 2


def test_a_session_that_ended_costs_nothing_that_was_typed() -> None:
    me = clerk()
    case = open_permit(citizen())
    task = open_task(case, "accept")
    client = browser()
    answer = decide(client, task, "correct", "写了很久的意见", list="desk", headers=PANEL)
    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith("/accounts/login/?next=/desk/tasks/")
    signed_in = browser(me)
    typed = client.session
    session = signed_in.session
    session.update({key: typed[key] for key in typed.keys() if key.startswith("yiwang")})  # noqa: SIM118
    session.save()
    page = signed_in.get(f"/desk/tasks/{task.id}/decide").content.decode()
    assert "写了很久的意见" in page
    assert "刚才写的内容还在" in page
    again = signed_in.get(f"/desk/tasks/{task.id}/decide")
    assert (again.status_code, again["Location"]) == (302, f"/desk/cases/{case.number}")


def test_who_has_no_business_at_the_desk_is_refused_and_recorded() -> None:
    applicant = citizen()
    case = open_permit(applicant)
    client = browser(applicant)
    for path in (
        "/desk/",
        "/desk/cases",
        f"/desk/cases/{case.number}",
        "/desk/board",
        "/desk/admin/jobs",
        "/desk/admin/denials",
    ):
        assert client.get(path).status_code == 403, path
    assert Denial.objects.filter(account_id=applicant.account_id).count() == 6
    assert client.post(f"/desk/tasks/{open_task(case, 'accept').id}/decide", {"outcome": "accept"}).status_code == 403
    assert browser().get("/desk/")["Location"].startswith("/accounts/login/")


def test_the_whole_page_shows_opinions_journal_and_clocks() -> None:
    me = clerk()
    case = open_permit(citizen("欧阳晓梅"))
    actions.complete(me, open_task(case, "accept").id, "accept")
    actions.complete(clerk("reviewer-premises"), open_task(case, "review_premises").id, "agree", "布局合理")
    reviewer = clerk("reviewer-documents")
    page = browser(reviewer).get(f"/desk/cases/{case.number}?list=desk&back=who%3Dmine").content.decode()
    for words in (
        "布局合理",
        "受理了您的申请",
        "只有内部看得到",
        "承诺时限 8 个工作日",
        "第 1–",
        "审查通过",
        "欧阳晓梅",
    ):
        assert words in page
    assert 'href="/desk/?who=mine"' in page
    passive = browser(me).get(f"/desk/cases/{case.number}").content.decode()
    assert "欧阳晓梅" not in passive  # whoever only reads sees the family name
    assert "等其他岗位办" in passive


def test_lists_cost_the_same_for_three_rows_and_for_twelve(django_assert_max_num_queries: Any) -> None:
    client = browser(clerk())
    for rows in (3, 9):
        for _index in range(rows):
            case = open_permit(citizen())
        for path in ("/desk/", "/desk/cases", f"/desk/?case={case.number}"):
            client.get(path)
            with django_assert_max_num_queries(20):
                client.get(path)
