"""Somebody leaves: who holds what, to whom it goes, what it would come to, the act, and the list that is signed."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import agency, citizen, official
from tests.factories.cases import open_permit, open_task
from tests.factories.desk import browser
from tests.factories.moves import HEAD, WORKER, do, staff
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.cases import actions, queries
from yiwang.foundation.cases.models import HandOver, Task

pytestmark = pytest.mark.django_db
KEY = "reviewer-documents@{}"


@pytest.fixture
def people() -> dict[str, Actor]:
    return staff()


def held(people: dict[str, Actor], count: int = 2) -> list[Task]:
    """Reviews in the hands of the documents reviewer."""
    found = []
    for number in range(count):
        case = open_permit(citizen(f"欧阳{number}"), title=f"第{number}件")
        do(people["window-clerk"], case, "accept", "accept")
        found.append(actions.claim(people["reviewer-documents"], open_task(case, "review_documents").id))
    return found


def form(receiver: Actor | int, **more: str) -> dict[str, str]:
    to = receiver if isinstance(receiver, int) else receiver.account_id
    return {f"to.{KEY.format(agency().code)}": str(to), **more}


def test_the_leaver_is_found_the_hand_over_tried_done_and_printed(people: dict[str, Actor]) -> None:
    tasks, colleague = held(people), official("reviewer-documents", WORKER, name="李工")
    leaver, client = people["reviewer-documents"], browser(people["head"])
    page = client.get("/desk/leavers").content.decode()
    assert f'href="/desk/leavers/{leaver.account_id}"' in page
    assert "2 件" in page
    assert leaver.name not in client.get("/desk/leavers?q=没有这个人").content.decode()
    address = f"/desk/leavers/{leaver.account_id}"
    page = client.get(address).content.decode()
    assert "李工（手上 0 件）" in page
    assert "第0件" in page
    assert "欧阳0" not in page, "an applicant is named by the family name only"

    nobody = client.post(address, {"do": "try"})
    assert nobody.status_code == 422
    assert "请选择交给谁" in nobody.content.decode()
    before = list(Task.objects.values_list("id", "assignee"))
    tried = client.post(address, form(colleague, do="try")).content.decode()
    assert "试算结果" in tried
    assert "移交这 2 件" in tried
    assert list(Task.objects.values_list("id", "assignee")) == before
    silent = client.post(address, form(colleague, do="hand-over"))
    assert silent.status_code == 422
    assert "请写明移交原因" in silent.content.decode()
    assert "试算结果" in silent.content.decode()
    with recorded("cases.hand_over", by=people["head"], kind="account", subject=leaver.account_id):
        done = client.post(address, form(colleague, do="hand-over", reason="调离岗位"), follow=True)
    page = done.content.decode()
    assert "移交了 2 件" in page
    assert "交给李工" in page
    assert "监交人（签字）" in page
    assert set(Task.objects.filter(id__in=[task.id for task in tasks]).values_list("assignee", flat=True)) == {
        colleague.account_id
    }
    assert "没有您能移交的待办" in client.get(address).content.decode()
    assert "调离岗位" in client.get("/desk/leavers").content.decode()
    kept = HandOver.objects.get()
    journal = queries.view(people["head"], tasks[0].case.number).journal
    assert [(line.text, line.note) for line in journal if line.entry_id == kept.entry_id] == [
        ("资料审查：移交给李工", "调离岗位")
    ]


def test_who_cannot_take_it_is_said_beforehand_and_the_team_gets_it(people: dict[str, Actor]) -> None:
    held(people, 1)
    leaver, client = people["reviewer-documents"], browser(people["head"])
    address = f"/desk/leavers/{leaver.account_id}"
    tried = client.post(address, form(people["chief"], do="try")).content.decode()
    assert f"{people['chief'].name}没有这个岗位" in tried
    itself = client.post(address, form(leaver, do="try"))
    assert itself.status_code == 422
    assert "请选择另一位同事" in itself.content.decode()
    done = client.post(address, form(queries.TEAM, do="hand-over", reason="长期病假"), follow=True).content.decode()
    assert "1 件退回本岗位，等同事认领" in done
    assert Task.objects.get(step="review_documents").assignee_id is None


def test_a_closed_account_stands_first_and_says_so(people: dict[str, Actor]) -> None:
    tasks = held(people, 2)
    other = official("reviewer-documents", WORKER, name="李工")
    actions.delegate(people["head"], tasks[0].id, other.account_id or 0)
    Account.objects.filter(pk=other.account_id).update(is_active=False)
    assert [one.id for one in queries.holders(people["head"])] == [
        other.account_id,
        people["reviewer-documents"].account_id,
    ]
    assert "已停用，待办没人办" in browser(people["head"]).get("/desk/leavers").content.decode()


def test_what_lies_beyond_ones_reach_stays(people: dict[str, Actor]) -> None:
    [task] = held(people, 1)
    leaver = people["reviewer-documents"]
    elsewhere = official("head-elsewhere", HEAD, at=agency("rsj", "云州市人力资源和社会保障局"))
    client = browser(elsewhere)
    assert leaver.name not in client.get("/desk/leavers").content.decode()
    page = client.get(f"/desk/leavers/{leaver.account_id}").content.decode()
    assert "另有 1 件不在您管的单位" in page
    refused(actions.hand_over, elsewhere, leaver.account_id, {"*": 0}, "调离")
    done = actions.hand_over(people["head"], leaver.account_id or 0, {"*": 0}, "调离")
    assert client.get(f"/desk/leavers/hand-overs/{done.id}").status_code == 403
    assert Task.objects.get(id=task.id).assignee_id is None


def test_nobody_without_the_permission_sees_these_pages(people: dict[str, Actor]) -> None:
    client = browser(people["chief"])
    for path in ("/desk/leavers", f"/desk/leavers/{people['chief'].account_id}"):
        assert client.get(path).status_code == 403
    assert "离岗移交" not in client.get("/desk/").content.decode()


def test_the_pages_cost_the_same_for_few_and_many(people: dict[str, Actor]) -> None:
    client, address = browser(people["head"]), f"/desk/leavers/{people['reviewer-documents'].account_id}"
    client.get(address)
    counts = []
    for _more in range(2):
        held(people, 3)
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        counts.append(len(asked))
    assert counts[0] == counts[1]
