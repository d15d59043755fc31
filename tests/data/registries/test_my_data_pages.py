"""What a citizen sees and does on the pages and the API of their own data."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import agency, citizen, official
from tests.factories.registers import population, registered
from yiwang.data.registries.models import LookUp, Objection
from yiwang.data.registries.queries import look_up
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.accounts.models import Account

pytestmark = pytest.mark.django_db


def browser(actor: Actor) -> Client:
    client = Client()
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client


@pytest.fixture
def me() -> Actor:
    population()
    return citizen()


def test_my_data_are_shown_masked_with_their_owner_and_day(me: Actor) -> None:
    row = registered(me)
    page = browser(me).get("/my/data/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "由云州市公安局登记" in text
    assert "女性" in text
    for secret in (row["identity_number"], row["phone"], row["residence"]):
        assert secret not in text


def test_nobody_signed_in_is_led_to_sign_in() -> None:
    for address in ("/my/data/", "/my/data/uses", "/my/data/objection"):
        assert Client().get(address).status_code == 302
    assert Client().get("/api/v1/my/data").status_code == 401


def test_without_any_record_the_page_says_what_to_do(me: Actor) -> None:
    assert "没有查到您的登记信息" in browser(me).get("/my/data/").content.decode()


def test_an_official_without_a_party_is_told_that_there_is_nothing_to_see() -> None:
    assert browser(official("clerk")).get("/my/data/").status_code in (403, 404)


def test_who_used_my_data_in_plain_words(me: Actor) -> None:
    key = registered(me)["identity_number"]
    clerk = official("window-clerk", at=agency())
    look_up("population", key, purpose="办理食品经营许可", actor=clerk, fields=["name", "sex"])
    text = browser(me).get("/my/data/uses").content.decode()
    assert "办理食品经营许可" in text
    assert "云州市市场监督管理局" in text
    assert "姓名、性别" in text
    assert clerk.name not in text
    assert browser(me).get("/my/data/uses", {"cursor": "forged"}).status_code == 422


def test_the_way_of_an_objection_from_the_link_to_the_badge(me: Actor) -> None:
    registered(me)
    client = browser(me)
    assert "不对" in client.get("/my/data/").content.decode()
    form = client.get("/my/data/objection", {"register": "population", "element": "residence"})
    assert "现在登记的是" in form.content.decode()
    wrong = client.post("/my/data/objection", {"register": "population", "element": "residence", "claimed": " "})
    assert wrong.status_code == 422
    assert "请填写正确的内容" in wrong.content.decode()
    done = client.post(
        "/my/data/objection",
        {"register": "population", "element": "residence", "claimed": "云山区西门街2号", "why": "搬了家"},
    )
    assert (done.status_code, done["Location"]) == (302, "/my/data/")
    assert "正在核实您的异议" in client.get("/my/data/").content.decode()
    assert Objection.objects.get().claimed.plain() == "云山区西门街2号"


def test_an_objection_to_what_is_not_there_is_not_found(me: Actor) -> None:
    registered(me)
    for query in ({"register": "firms", "element": "name"}, {"register": "population", "element": "shoe"}, {}):
        assert browser(me).get("/my/data/objection", query).status_code == 404


class TestApi:
    def test_my_data_and_their_uses(self, me: Actor) -> None:
        registered(me)
        client = browser(me)
        [held] = client.get("/api/v1/my/data").json()
        assert held["name"] == "人口基础库"
        assert {"label": "性别", "shown": "女性", "source": ""} in held["elements"]
        [use] = client.get("/api/v1/my/data/uses").json()["items"]
        assert (use["reader"], use["purpose"]) == ("您本人", "查看本人数据")

    def test_a_clerk_looks_up_and_a_neighbour_does_not(self, me: Actor) -> None:
        key = registered(me)["identity_number"]
        body = {"key": key, "purpose": "办理食品经营许可", "fields": ["name"]}

        def post(actor: Actor, body: dict[str, Any]) -> Any:
            return browser(actor).post("/api/v1/registers/population/look-ups", body, "application/json")

        clerk = official("window-clerk", at=agency())
        assert post(clerk, body).json()["data"] == {"name": "林晓梅"}
        assert post(clerk, {**body, "purpose": ""}).status_code == 422
        assert post(citizen("王建国"), body).status_code == 403
        assert LookUp.objects.filter(found=True, purpose="办理食品经营许可").count() == 1

    def test_an_objection_sent_twice_with_one_key_is_one(self, me: Actor) -> None:
        registered(me)
        client = browser(me)
        body = {"register_code": "population", "element": "sex", "claimed": "1"}
        answers = [
            client.post("/api/v1/my/data/objections", body, "application/json", headers={"Idempotency-Key": "k1"})
            for _again in range(2)
        ]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json()["id"] == answers[1].json()["id"]
        assert [item["state"] for item in client.get("/api/v1/my/data/objections").json()] == ["open"]

    def test_the_catalogue_names_elements_and_levels(self, me: Actor) -> None:
        [register] = browser(me).get("/api/v1/registers").json()
        assert {"name": "phone", "label": "手机号码", "type": "phone", "level": 3} in register["elements"]
