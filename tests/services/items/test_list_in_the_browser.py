"""A list is taken over in the browser: handed in, watched while it is read, its doubts looked at and downloaded."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import city, official
from tests.factories.browsing import browser_of
from tests.helpers import recorded, refused
from yiwang.foundation.access.models import Grant
from yiwang.foundation.access.queries import Actor, of_account
from yiwang.foundation.accounts.models import Account
from yiwang.kernel.refusals import Invalid, TooLarge
from yiwang.services.items import actions, jobs
from yiwang.services.items.actions import importing
from yiwang.services.items.models import Item, ItemImport

from .test_lists import GOOD, HEAD

pytestmark = pytest.mark.django_db
BAD = "区财政局,未分类,没有编码的事项,,511602000000,1,11511301MB0T669970"
TWICE = GOOD.replace("会计代理记账许可", "会计记账")


@pytest.fixture(autouse=True)
def _node() -> None:
    city()


@pytest.fixture
def keeper() -> Actor:
    """Who looks after the whole catalogue."""
    keeper = official("catalogue-keeper", ["items.*"])
    Grant.objects.filter(account_id=keeper.account_id).update(agency=None)  # of the whole node
    return of_account(Account.objects.get(id=keeper.account_id))


@pytest.fixture
def desk(keeper: Actor) -> Client:
    return browser_of(keeper)


def listed(*rows: str) -> bytes:
    return "\n".join((HEAD, *rows, "")).encode()


def send(client: Client, content: bytes) -> str:
    """Hand a list in; the address to which it leads."""
    answer = client.post("/desk/items/imports/", {"file": SimpleUploadedFile("清单.csv", content, "text/csv")})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def test_it_is_watched_while_it_is_read_and_looked_at_after(desk: Client) -> None:
    there = send(desk, listed(GOOD, BAD, TWICE))
    waiting = desk.get(there).content.decode()
    assert 'hx-trigger="every 1s"' in waiting
    assert "正在导入" in waiting
    begun = ItemImport.objects.get()
    jobs.read_list.func(str(begun.id))
    done = desk.get(there).content.decode()
    assert "hx-trigger" not in done
    assert "没有编码的事项" in done
    assert Item.objects.get().name == "会计代理记账许可"
    report = desk.get(f"{there}/report.csv")
    assert "没有编码的事项" in report.content.decode("utf-8-sig")
    jobs.read_list.func(str(begun.id))  # a job that runs twice reads it once
    assert Item.objects.count() == 1
    assert "清单.csv" in desk.get("/desk/items/imports/").content.decode()


def test_the_ledger_has_who_handed_in_what(keeper: Actor) -> None:
    with recorded("items.upload_list", by=keeper, kind="import"):
        actions.upload_list(keeper, "清单.csv", listed(GOOD))
    refused(actions.upload_list, official("drafter", ["items.draft"]), "清单.csv", listed(GOOD))


def test_what_is_no_list_is_said_at_the_field(desk: Client, keeper: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "请先选择一个 CSV 文件" in desk.post("/desk/items/imports/").content.decode()
    answer = desk.post("/desk/items/imports/", {"file": SimpleUploadedFile("a.csv", b"a,b\n1,2\n", "text/csv")})
    assert answer.status_code == 422
    with pytest.raises(Invalid):
        actions.upload_list(keeper, "a.csv", b"")
    monkeypatch.setattr(importing, "LARGEST_LIST", 10)
    with pytest.raises(TooLarge):
        actions.upload_list(keeper, "a.csv", listed(GOOD))


def test_over_the_api(desk: Client) -> None:
    answer = desk.post("/api/v1/item-imports", {"file": SimpleUploadedFile("清单.csv", listed(GOOD), "text/csv")})
    assert answer.status_code == 201
    begun = answer.json()
    assert begun["running"]
    jobs.read_list.func(begun["id"])
    done = desk.get(f"/api/v1/item-imports/{begun['id']}").json()
    assert (done["running"], done["counts"]["new"], done["lines"]) == (False, 1, 1)
    assert desk.get(f"/api/v1/item-imports/{begun['id']}/report.csv").status_code == 200


def test_others_see_no_imports() -> None:
    assert browser_of(official("drafter", ["items.draft"])).get("/desk/items/imports/").status_code == 403
