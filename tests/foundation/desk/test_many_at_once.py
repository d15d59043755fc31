"""Many tasks are claimed at once, each by its own act; what nobody outside was told is taken back within ten seconds."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.factories import citizen
from tests.factories.cases import open_permit, open_task
from tests.factories.desk import browser, clerk
from tests.helpers import recorded
from yiwang.foundation.cases import actions
from yiwang.foundation.cases.models import Task
from yiwang.foundation.desk.slots import Batch, batches
from yiwang.kernel.refusals import Conflict

pytestmark = pytest.mark.django_db


def waiting(count: int) -> list[Task]:
    return [open_task(open_permit(citizen(), title=f"第{number}件"), "accept") for number in range(count)]


def send(client: Client, do: str, tasks: list[Any], **more: str) -> Any:
    return client.post(
        "/desk/batch", {"do": do, "task": [getattr(task, "id", task) for task in tasks], **more}, follow=True
    )


def holders(tasks: list[Task]) -> list[int | None]:
    return [Task.objects.get(id=task.id).assignee_id for task in tasks]


def test_each_row_has_its_own_act_and_its_own_result() -> None:
    me, colleague = clerk(name="王芳"), clerk(name="李强")
    tasks = waiting(3)
    actions.claim(colleague, tasks[1].id)
    client = browser(me)
    with recorded("cases.claim", by=me, kind="task", times=2):
        page = send(client, "claim", tasks, back="colour=green&case=1").content.decode()
    assert holders(tasks) == [me.account_id, colleague.account_id, me.account_id]
    assert "办成 2 件，共 3 件" in page
    assert "李强已经认领了这件待办" in page
    assert "办成 2 件" not in client.get("/desk/").content.decode(), "results are shown once"


def test_a_claim_is_taken_back_within_ten_seconds() -> None:
    me = clerk()
    tasks = waiting(2)
    client = browser(me)
    assert "撤销(10 秒内)" in send(client, "claim", tasks).content.decode()
    with recorded("cases.release", by=me, times=2):
        client.post("/desk/batch/undo", {})
    assert holders(tasks) == [None, None]
    again = client.post("/desk/batch/undo", {}, follow=True).content.decode()
    assert "不能再撤销" in again


def test_after_ten_seconds_it_stays() -> None:
    me = clerk()
    tasks = waiting(1)
    client = browser(me)
    now = dt.datetime.now(dt.UTC)
    with time_machine.travel(now, tick=False) as clock:
        send(client, "claim", tasks)
        clock.shift(11)
        assert "撤销(10 秒内)" not in client.get("/desk/").content.decode()
        clock.shift(5)
        assert "不能再撤销" in client.post("/desk/batch/undo", {}, follow=True).content.decode()
    assert holders(tasks) == [me.account_id]


def test_one_claim_from_the_panel_is_taken_back_too() -> None:
    me = clerk()
    [task] = waiting(1)
    client = browser(me)
    client.post(f"/desk/tasks/{task.id}/claim", {})
    client.post("/desk/batch/undo", {})
    assert holders([task]) == [None]
    actions.claim(me, task.id)
    client.post(f"/desk/tasks/{task.id}/claim", {"give": "1"})
    assert holders([task]) == [None]
    client.post("/desk/batch/undo", {})
    assert holders([task]) == [me.account_id]


def test_a_colleague_who_was_faster_wins() -> None:
    me, colleague = clerk(), clerk(name="李强")
    tasks = waiting(1)
    client = browser(me)
    actions.claim(me, tasks[0].id)
    send(client, "release", tasks)
    actions.claim(colleague, tasks[0].id)
    page = client.post("/desk/batch/undo", {}, follow=True).content.decode()
    assert "李强已经认领了这件待办" in page
    assert holders(tasks) == [colleague.account_id]


def test_a_decision_is_not_taken_back() -> None:
    me = clerk()
    [task] = waiting(1)
    client = browser(me)
    send(client, "claim", [task])
    client.post(f"/desk/tasks/{task.id}/decide", {"outcome": "accept", "opinion": ""})
    page = client.post("/desk/batch/undo", {}, follow=True).content.decode()
    assert Task.objects.get(id=task.id).state == Task.State.DONE
    assert "办成 0 件" in page


def test_strange_requests_get_an_answer() -> None:
    client = browser(clerk())
    assert "请先在左边勾选" in send(client, "claim", []).content.decode()
    assert "请先在左边勾选" in send(client, "claim", ["x", "'; DROP TABLE"]).content.decode()
    assert client.post("/desk/batch", {"do": "fire", "task": ["x"]}).status_code == 422
    many = [f"00000000-0000-7000-8000-{number:012d}" for number in range(101)]
    assert "一次最多办 100 件" in send(client, "claim", many).content.decode()
    assert "没有这个待办" in send(client, "claim", many[:1]).content.decode()
    assert client.post("/desk/batch", {"do": "claim", "back": "//evil.example"})["Location"].startswith("/desk/?")
    assert Client().post("/desk/batch", {"do": "claim"}).status_code == 302


def test_somebody_else_s_task_is_refused_in_its_row() -> None:
    [task] = waiting(1)
    chief = clerk("chief")
    page = send(browser(chief), "claim", [task]).content.decode()
    assert "办成 0 件，共 1 件" in page
    assert holders([task]) == [None]


def test_a_batch_may_ask_for_one_thing_more() -> None:
    me = clerk()
    tasks = waiting(2)
    asked: list[str] = []

    def run(actor: Any, task_id: Any, post: Any) -> None:
        if asked:
            raise Conflict("已经够了")
        asked.append(post["to"])

    plug = Batch("试办", "已试办", "send", "cases.claim", run, asks=("to", "转给谁"))
    with batches.plugged("trial", plug):
        client = browser(me)
        assert "转给谁" in client.get("/desk/").content.decode()
        assert send(client, "trial", tasks).status_code == 422
        page = send(client, "trial", tasks, to="liqiang").content.decode()
        assert "办成 1 件，共 2 件" in page
        assert "已经够了" in page
        assert "撤销(10 秒内)" not in page
    assert asked == ["liqiang"]
