"""What the steward of a register sees and does on pages and through the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.browsing import browser_of
from tests.factories.people import agency, citizen, identity_number, official
from tests.factories.sources import insured_row, police_row, relief_row, says, shared_population, steward
from yiwang.data.registries.actions import keep_links
from yiwang.data.registries.declarations import of
from yiwang.data.registries.matching import Judged
from yiwang.data.registries.models import Conflict, Link, Linking, LookUp, Register, Stray
from yiwang.foundation.access.queries import system

pytestmark = pytest.mark.django_db
A, B = identity_number(951), identity_number(952)
HOME = "/desk/registers/population/"


@pytest.fixture
def client() -> Any:
    shared_population()
    says("police", police_row(A, phone="16400000001", residence="云州市云山区柳荫路18号"), police_row(B, name="张三"))
    says("insurance", insured_row(A, phone="16400000002", residence="云州市云山区翠湖路1号"))
    return browser_of(steward(name="方志明"))


def unsure(number: int = 1, key: str = B, **more: Any) -> Link:
    says("relief", relief_row(number, police_row(key, name="张三"), phone="16499990009", **more))
    row = Stray.objects.order_by("-id")[0]
    run = Linking.objects.create(register_id="population", declared=1, by="node", state="done")
    key_hash = of(Register.objects.get(code="population")).hash_of(key)
    keep_links(system(), run.id, [Judged("relief", row.own_hash, key_hash, 6_000 - 100 * number, {"name": 3}, False)])
    return Link.objects.get(own_hash=row.own_hash)


def text(client: Any, address: str, **data: str) -> str:
    page = client.post(address, data) if data else client.get(address)
    assert page.status_code == 200, page.content.decode()[:2000]
    return page.content.decode()


def test_holdings_sources_and_what_waits(client: Any) -> None:
    unsure()
    page = text(client, "/desk/registers/")
    assert "人口基础库" in page
    assert "1 处来源不一致" in page
    assert "1 对待比对" in page
    page = text(client, HOME)
    for words in ("医保参保登记", "社会救助档案", "没有主键", "这一项以该部门登记为准", "现在比对"):
        assert words in page


def test_who_has_no_register_of_theirs() -> None:
    shared_population()
    nobody = browser_of(citizen())
    assert nobody.get("/desk/registers/").status_code == 403
    stranger = browser_of(official("data-steward", ["registries.*"], at=agency("rsj", "人社局")))
    assert "没有您负责的基础库" in text(stranger, "/desk/registers/")
    for address in (HOME, f"{HOME}conflicts", f"{HOME}pairs", f"{HOME}record"):
        assert stranger.get(address).status_code == 403


def test_a_conflict_is_settled_on_its_page(client: Any) -> None:
    page = text(client, f"{HOME}conflicts")
    assert "手机号码" in page
    assert "住址" not in page.split("<tbody>")[1]  # a rule has decided that
    assert "住址" in text(client, f"{HOME}conflicts?state=decided")
    address = f"/desk/registers/conflicts/{Conflict.objects.get(element='phone').id}"
    assert "16400000002" in text(client, address)
    wrong = client.post(address, {"source": "insurance", "reason": ""})
    assert wrong.status_code == 422
    assert "请写明依据" in wrong.content.decode()
    assert client.post(address, {"source": "insurance", "reason": "电话核对"}).status_code == 302
    assert "已裁定" in text(client, address)
    assert "没有等待处理的" in text(client, f"{HOME}conflicts")


def test_a_source_is_asked_on_the_page(client: Any) -> None:
    address = f"/desk/registers/conflicts/{Conflict.objects.get(element='phone').id}"
    assert client.post(address, {"ask": "insurance", "text": "请核对"}).status_code == 302
    page = text(client, address)
    assert "等待答复" in page
    assert "已问来源" in page


def test_pairs_are_judged_one_after_the_other_and_the_last_is_taken_back(client: Any) -> None:
    first, second = unsure(1), unsure(2, A)
    page = text(client, f"{HOME}pairs")
    assert "59.0%" in page
    address = f"/desk/registers/pairs/{first.id}"
    page = text(client, address)
    assert "是同一个" in page
    assert "16499990009" in page
    answer = client.post(address, {"verdict": "same"})
    assert answer["Location"].endswith(str(second.id))
    page = text(client, answer["Location"])
    assert "上一对已记为“已关联”" in page
    undone = client.post(address, {"undo": "1"})
    assert undone.status_code == 302
    assert Link.objects.get(pk=first.pk).state == "undone"
    assert "等待比对" in text(client, undone["Location"])
    assert client.post(address, {"verdict": "same"}).status_code == 302  # decided meanwhile: told on the page


def test_one_record_for_a_purpose_masked_unless_asked_and_on_another_day(client: Any) -> None:
    wrong = client.post(f"{HOME}record", {"key": A, "purpose": ""})
    assert wrong.status_code == 422
    page = text(client, f"{HOME}record", key=A, purpose="核对登记")
    assert "16400000001" not in page
    assert "医保参保登记" in page
    assert "历次登记" in page
    assert LookUp.objects.latest("id").purpose == "核对登记"
    assert "16400000001" in text(client, f"{HOME}record", key=A, purpose="核对登记", whole="true")
    assert "没有查到这条记录" in text(client, f"{HOME}record", key=A, purpose="核对登记", day="2020-01-01")
    bad = client.post(f"{HOME}record", {"key": A, "purpose": "核对登记", "known": "昨天"})
    assert bad.status_code == 422
    assert client.get(f"{HOME}record")["Cache-Control"] == "no-store"


def test_a_correction_from_the_page(client: Any) -> None:
    given = {"key": A, "element": "residence", "value": "新街3号", "reason": "实地核对", "from": "2026-11-01"}
    assert client.post(f"{HOME}correct", given).status_code == 302
    assert "新街3号" in text(client, f"{HOME}record", key=A, purpose="核对登记", whole="true")
    assert client.post(f"{HOME}correct", {**given, "reason": ""}).status_code == 302
    assert "请写明依据" in text(client, f"{HOME}record")


def test_a_run_is_started_and_tells_how_far_it_is(client: Any) -> None:
    assert client.post(f"{HOME}link").status_code == 302
    assert "排队等待" in text(client, f"{HOME}pairs")
    client.post(f"{HOME}link")
    assert "正在比对，请等这一次做完" in text(client, f"{HOME}pairs")
    Linking.objects.update(state="failed", failure="内存不够用")
    assert "上次比对没有做完" in text(client, HOME)


class TestApi:
    def test_conflicts(self, client: Any) -> None:
        [row] = client.get("/api/v1/registers/population/conflicts").json()["items"]
        assert (row["element"], row["rule"], row["sources"]) == ("phone", "undecided", ["police", "insurance"])
        detail = client.get(f"/api/v1/registers/conflicts/{row['id']}").json()
        assert {says["source"]: says["wins"] for says in detail["says"]} == {"police": True, "insurance": False}
        asked = client.post(f"/api/v1/registers/conflicts/{row['id']}/ask", {"source": "insurance"}, "application/json")
        assert asked.status_code == 201
        body = {"source": "insurance", "reason": "电话核对"}
        done = client.post(f"/api/v1/registers/conflicts/{row['id']}/settle", body, "application/json").json()
        assert done["state"] == "settled"

    def test_pairs(self, client: Any) -> None:
        waiting = unsure()
        [row] = client.get("/api/v1/registers/population/pairs").json()["items"]
        assert (row["id"], row["probability"]) == (str(waiting.id), 0.59)
        sides = client.get(f"/api/v1/registers/pairs/{waiting.id}").json()["sides"]
        assert {side["element"]: side["mark"] for side in sides}["name"] == "same"
        address = f"/api/v1/registers/pairs/{waiting.id}"
        assert client.post(f"{address}/decide", {"verdict": "same"}, "application/json").json()["state"] == "linked"
        assert client.post(f"{address}/undo", {}, "application/json").json()["state"] == "unsure"

    def test_runs(self, client: Any) -> None:
        assert client.get("/api/v1/registers/population/linkings/last").status_code == 404
        assert client.post("/api/v1/registers/population/linkings").status_code == 201
        assert client.get("/api/v1/registers/population/linkings/last").json()["state"] == "waiting"

    def test_corrections_and_what_was_known(self, client: Any) -> None:
        body = {"key": A, "changes": {"residence": "新街3号"}, "reason": "实地核对", "from_day": "2026-11-01"}
        assert client.post("/api/v1/registers/population/corrections", body, "application/json").json() == {
            "changed": 1
        }
        ask = {"key": A, "purpose": "核对登记", "fields": ["residence"]}
        address = "/api/v1/registers/population/look-ups"
        now = client.post(address, ask, "application/json").json()
        assert (now["data"]["residence"], now["sources"]["residence"]) == ("新街3号", "数据管理员裁定")
        then = client.post(address, {**ask, "day": "2026-10-31"}, "application/json").json()
        assert (then["data"]["residence"], then["sources"]["residence"]) == ("云州市云山区柳荫路18号", "人口信息系统")
