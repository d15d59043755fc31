"""The board counts by colour and opens its rows; the operator sees what failed; the auditor sees what was refused."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from tests.factories import agency, citizen, official
from tests.factories.cases import open_permit
from tests.factories.desk import browser, clerk, whole_node
from tests.helpers import recorded, refused
from yiwang.foundation.access.models import Denial
from yiwang.foundation.desk import actions, queries
from yiwang.foundation.events.models import Job
from yiwang.foundation.events.slots import job
from yiwang.kernel.refusals import Denied, Missing

pytestmark = pytest.mark.django_db


@job()
def _fails(text: str) -> None:
    raise RuntimeError(text)


def dead_job() -> Job:
    from yiwang.foundation.events.actions import enqueue

    enqueue(_fails, key="trial:dead", text="the seal is not ready")
    found = Job.objects.get(key="trial:dead")
    found.attempts, found.dead_at, found.last_error = (
        8,
        timezone.now(),
        "Traceback\nRuntimeError: the seal is not ready\n",
    )
    found.save()
    return found


def test_every_figure_opens_its_rows() -> None:
    with time_machine.travel(dt.datetime.now(dt.UTC) - dt.timedelta(days=30), tick=True):
        late = open_permit(citizen(), title="逾期的事")
    fresh = open_permit(citizen(), title="刚来的事")
    client = browser(official("supervisor", ["cases.board", "cases.read"]))
    page = client.get("/desk/board").content.decode()
    assert "已超期" in page
    assert "数据到" in page
    assert 'hx-trigger="every 30s"' in page
    for address, seen in [("colour=red", late), ("colour=green", fresh), ("type=food_permit", fresh)]:
        assert f"/desk/cases?{address}" in page
        assert seen.number in client.get(f"/desk/cases?{address}").content.decode()
    assert late.number not in client.get("/desk/cases?colour=green").content.decode()
    assert "回到工作台" in client.get("/desk/board?screen=wall").content.decode()


def test_a_supervisor_of_another_agency_counts_nothing() -> None:
    open_permit(citizen())
    elsewhere = official("supervisor", ["cases.board"], at=agency("rsj", "人社局"))
    page = browser(elsewhere).get("/desk/board").content.decode()
    assert "没有在办的件" in page
    assert "/desk/cases?" not in page  # who may not read is not offered the rows


def test_all_cases_are_found_by_number_state_and_text() -> None:
    mine = open_permit(citizen(), title="食品经营许可核发")
    client = browser(clerk())
    answer = client.get(f"/desk/cases?q={mine.number}&state=all")
    assert answer["Location"] == f"/desk/cases/{mine.number}"
    assert mine.number in client.get("/desk/cases?q=食品").content.decode()
    assert "没有符合条件的办件" in client.get("/desk/cases?q=酒店").content.decode()
    assert "这里还没有办件" in client.get("/desk/cases?state=closed").content.decode()


def test_the_operator_runs_a_dead_job_again() -> None:
    failed = dead_job()
    operator = whole_node("node-admin", ["events.read", "desk.rerun"])
    client = browser(operator)
    page = client.get("/desk/admin/jobs").content.decode()
    assert "RuntimeError: the seal is not ready" in page
    assert "再运行一次" in page
    with recorded("desk.rerun", by=operator, kind="job", subject=failed.id):
        client.post(f"/desk/admin/jobs/{failed.id}/rerun")
    failed.refresh_from_db()
    assert (failed.dead_at, failed.attempts) == (None, 0)
    answer = client.post(f"/desk/admin/jobs/{failed.id}/rerun", follow=True)
    assert "可能已经重新运行" in answer.content.decode()
    with pytest.raises(Missing):
        actions.rerun(operator, failed.id)


def test_running_again_needs_the_whole_node() -> None:
    failed = dead_job()
    refused(actions.rerun, official("node-admin", ["desk.rerun"]), failed.id)
    watcher = whole_node("watcher", ["events.read"])
    assert "再运行一次" not in browser(watcher).get("/desk/admin/jobs").content.decode()


def test_the_auditor_sees_what_was_refused() -> None:
    case = open_permit(citizen())
    neighbour = citizen("邻居")
    browser(neighbour).get(f"/desk/cases/{case.number}")
    auditor = whole_node("auditor", ["desk.denials"])
    client = browser(auditor)
    assert "邻居" in client.get("/desk/admin/denials").content.decode()
    assert "邻居" in client.get(f"/desk/admin/denials?account={neighbour.account_id}&days=1").content.decode()
    assert "没有符合条件的记录" in client.get("/desk/admin/denials?permission=seals.").content.decode()
    assert client.get("/desk/admin/denials?account=x&days=9999").status_code == 200
    with pytest.raises(Denied):
        queries.denials(official("auditor", ["desk.denials"]))  # an agency's auditor is not the node's
    assert Denial.objects.filter(permission="desk.denials").count() == 1


@pytest.mark.parametrize(
    ("permissions", "whole", "place"),
    [
        (["cases.complete", "cases.read", "cases.board"], False, "desk"),
        (["cases.board", "cases.read"], False, "desk-board"),
        (["cases.read"], False, "desk-cases"),
        (["events.read"], True, "desk-jobs"),
        (["desk.*"], True, "desk-denials"),
        (["events.read", "desk.denials"], False, ""),
    ],
)
def test_everybody_begins_where_their_work_is(permissions: list[str], whole: bool, place: str) -> None:
    actor = whole_node("somebody", permissions) if whole else official("somebody", permissions)
    assert queries.start(actor) == place
    answer = browser(actor).get("/desk/")
    if place == "desk":
        assert answer.status_code == 200
    elif place:
        from django.urls import reverse

        assert answer["Location"] == reverse(place)
    else:
        assert answer.status_code == 403


def test_the_menu_offers_only_what_can_be_opened() -> None:
    page = browser(official("supervisor", ["cases.board"])).get("/desk/board").content.decode()
    assert "监察看板" in page
    assert "我的待办" not in page
    assert "后台任务" not in page
