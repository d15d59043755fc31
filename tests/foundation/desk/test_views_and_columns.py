"""A list shows the columns that its reader wants, and is kept under a name, alone or with the agency."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.factories import agency, citizen, official
from tests.factories.cases import open_permit
from tests.factories.desk import CLERK, browser, clerk
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import ANONYMOUS
from yiwang.foundation.desk import actions, queries
from yiwang.foundation.desk.models import SavedView
from yiwang.kernel.refusals import Invalid, Missing

pytestmark = pytest.mark.django_db


def headers(page: str) -> list[str]:
    return re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', page)


def test_columns_are_chosen_in_the_address() -> None:
    open_permit(citizen(), title="开饭馆")
    client = browser(clerk())
    assert headers(client.get("/desk/").content.decode()) == [
        "办件编号", "标题", "申请人", "环节", "时限", "到达", "谁认领了",
    ]  # fmt: skip
    page = client.get("/desk/?col=clock&col=type&col=nonsense&who=team").content.decode()
    assert headers(page) == ["办件编号", "事项", "时限"]
    assert 'href="?who=mine&amp;col=clock&amp;col=type&amp;col=nonsense"' in page, "tabs keep the columns"
    assert headers(client.get("/desk/?col=nonsense").content.decode())[1] == "标题"
    reader = browser(official("reader", ["cases.read"]))
    assert headers(reader.get("/desk/cases?col=agency&col=closed").content.decode()) == ["办件编号", "办理单位", "办结"]


def test_a_view_is_kept_and_opened_again() -> None:
    me = clerk()
    client = browser(me)
    with recorded("desk.save_view", by=me, kind="view") as entries:
        saved = client.post(
            "/desk/views/queue", {"name": "急件", "query": "colour=red&col=clock&case=1&cursor=x"}, follow=True
        )
    assert "急件" not in entries[0].content
    page = saved.content.decode()
    assert 'href="?colour=red&amp;col=clock" aria-current="page"' in page
    client.post("/desk/views/queue", {"name": "急件", "query": "colour=yellow"})
    view = SavedView.objects.get()
    assert view.query == "colour=yellow", "the same name again replaces it"
    assert "急件" not in client.get("/desk/cases").content.decode()
    with recorded("desk.delete_view", by=me, subject=view.id):
        client.post(f"/desk/views/queue/{view.id}/delete")
    with pytest.raises(Missing):
        actions.delete_view(me, view.id)


def test_a_view_is_shared_with_ones_own_agency_only() -> None:
    me, colleague = clerk(), clerk("chief")
    elsewhere = official("window-clerk", CLERK, at=agency("rsj"))
    view = actions.save_view(me, "queue", "本周", "colour=red", share="scjg")
    assert [found.id for found in queries.views(colleague, "queue")] == [view.id]
    assert queries.views(elsewhere, "queue") == []
    below = official("window-clerk", CLERK, at=agency("scjg-1", "市场监管所", agency()))
    assert [found.id for found in queries.views(below, "queue")] == [view.id]
    with pytest.raises(Invalid):
        actions.save_view(me, "queue", "别家", "", share="rsj")
    refused(actions.delete_view, colleague, view.id)


def test_only_who_sees_a_list_keeps_views_of_it() -> None:
    for actor in (citizen(), ANONYMOUS, official("auditor", ["desk.denials"])):
        refused(actions.save_view, actor, "queue", "急件", "")
    refused(actions.save_view, clerk(), "denials", "拒绝", "")


@pytest.mark.parametrize("name", ["", "  ", "长" * 31])
def test_a_view_needs_a_short_name(name: str) -> None:
    with pytest.raises(Invalid):
        actions.save_view(clerk(), "queue", name, "")
    assert not SavedView.objects.exists()


def test_the_board_counts_by_agency_and_opens_the_rows_behind() -> None:
    case = open_permit(citizen())
    client = browser(official("supervisor", ["cases.board", "cases.read"]))
    page = client.get("/desk/board?by=agency").content.decode()
    assert "在办件，按单位" in page
    assert "云州市市场监督管理局" in page
    assert "/desk/cases?agency=scjg&amp;colour=green" in page
    assert case.number in client.get("/desk/cases?agency=scjg&colour=green").content.decode()
    assert case.number not in client.get("/desk/cases?agency=rsj").content.decode()
    assert client.get("/desk/board?by=nonsense").status_code == 200


@pytest.mark.parametrize("address", ["/desk/", "/desk/cases", "/desk/board", "/desk/board?by=agency"])
def test_lists_cost_the_same_however_long(address: str, django_assert_max_num_queries: Any) -> None:
    client = browser(official("window-clerk", [*CLERK, "cases.board"]))
    client.get(address)
    with django_assert_max_num_queries(100) as few:
        client.get(address)
    for number in range(8):
        open_permit(citizen(), title=f"第{number}件")
    with django_assert_max_num_queries(100) as many:
        assert client.get(address).status_code == 200
    assert len(many) <= len(few) + 2, "two more for the clocks of the rows, however many they are"
    assert len(many) <= 12
