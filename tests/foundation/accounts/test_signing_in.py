"""Who may sign in, how guessing is stopped, where one lands, and how second factors are kept."""

from __future__ import annotations

import json

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.test import Client

from tests.factories import citizen, firm_of, official
from yiwang.foundation.accounts import backend as backends
from yiwang.foundation.accounts.actions import DEMO_PASSWORD, create_account
from yiwang.foundation.accounts.devices import device_name
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.accounts.queries import demo_accounts
from yiwang.foundation.accounts.slots import landings

pytestmark = pytest.mark.django_db
SECRET = "a-long-enough-secret"


@pytest.fixture
def account() -> Account:
    return create_account("wangwu", "王五", password=SECRET)


def sign_in(client: Client, username: str = "wangwu", password: str = SECRET, **more: str) -> int:
    return client.post("/accounts/login/", {"login": username, "password": password, **more}).status_code


def test_the_right_password_opens_the_account(client: Client, account: Account) -> None:
    assert sign_in(client, next="/my/account") == 302
    assert "王五" in client.get("/my/account").content.decode()


def test_a_wrong_password_is_said_without_saying_which_part_was_wrong(client: Client, account: Account) -> None:
    known = client.post("/accounts/login/", {"login": "wangwu", "password": "x"}).content.decode()
    unknown = client.post("/accounts/login/", {"login": "nobody", "password": "x"}).content.decode()
    assert "账号或密码不对" in known
    assert "账号或密码不对" in unknown


def test_guessing_locks_the_account_whatever_worker_answers(client: Client, account: Account) -> None:
    for _guess in range(5):
        sign_in(Client(), password="guess")
    answer = client.post("/accounts/login/", {"login": "wangwu", "password": SECRET})
    assert "请 5 分钟后再试" in answer.content.decode()
    from django.core.cache import cache

    assert "DatabaseCache" in type(cache._connections["default"]).__name__  # type: ignore[attr-defined]


def test_the_public_password_of_the_demo_opens_nothing_elsewhere(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_account("linxiaomei", "林晓梅", demo=True)
    assert sign_in(client, "linxiaomei", DEMO_PASSWORD) == 302
    assert client.get("/my/account").status_code == 200
    monkeypatch.setattr(backends.environment, "demo", False)
    assert client.get("/my/account").status_code == 302, "an open session ends with the demo too"
    assert sign_in(Client(), "linxiaomei", DEMO_PASSWORD) == 200
    token = Client().post(
        "/_allauth/app/v1/auth/login",
        json.dumps({"username": "linxiaomei", "password": DEMO_PASSWORD}),
        content_type="application/json",
    )
    assert token.status_code == 400
    assert "演示账号" not in Client().get("/accounts/login/").content.decode()


def test_sample_accounts_are_offered_by_what_they_do() -> None:
    me = firm_of(citizen("林晓梅"))
    official("window-clerk", name="吴敏")
    citizen("真人")
    Account.objects.exclude(name="真人").update(demo=True)
    groups = {group.name: [(person.name, person.note) for person in group.accounts] for group in demo_accounts()}
    assert groups == {
        "办事的人": [("林晓梅", f"也代表：{me.party_name}")],
        "工作人员": [("吴敏", "window-clerk · 云州市市场监督管理局")],
    }


def test_the_list_of_sample_accounts_costs_the_same_however_many(django_assert_max_num_queries: object) -> None:
    for number in range(12):
        firm_of(citizen(f"群众{number}"))
        official("window-clerk", name=f"职员{number}")
    Account.objects.update(demo=True)
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        demo_accounts()


def test_one_lands_where_a_room_says(client: Client, account: Account) -> None:
    with landings.plugged("desk", lambda request: "/accessibility" if request.user.username == "wangwu" else ""):
        answer = client.post("/accounts/login/", {"login": "wangwu", "password": SECRET})
    assert answer["Location"] == "/accessibility"


def test_nobody_signs_up_by_themself(client: Client) -> None:
    assert "怎样开通账号" in client.get("/accounts/signup/").content.decode()
    client.post("/accounts/signup/", {"username": "mallory", "password1": SECRET, "password2": SECRET})
    assert not Account.objects.filter(username="mallory").exists()


def test_the_secret_of_a_second_factor_is_sealed_at_rest(account: Account) -> None:
    TOTP.activate(account, "JBSWY3DPEHPK3PXP")
    stored = Authenticator.objects.get(type="totp")
    assert "JBSWY3DPEHPK3PXP" not in json.dumps(stored.data)
    assert stored.wrap().validate_code("000000") is False


def test_a_device_can_be_signed_out_by_its_owner_only(account: Account) -> None:
    create_account("zhaoliu", "赵六", password=SECRET)
    mine, other, stranger = Client(), Client(), Client()
    assert [sign_in(mine), sign_in(other), sign_in(stranger, "zhaoliu")] == [302, 302, 302]
    row = UserSession.objects.exclude(session_key=mine.session.session_key).get(user=account)
    assert stranger.post("/my/account/devices/end", {"device": row.pk}).status_code == 404
    assert other.get("/my/account").status_code == 200
    assert mine.post("/my/account/devices/end", {"device": row.pk}).status_code == 302
    assert other.get("/my/account").status_code == 302
    assert mine.get("/my/account").status_code == 200


@pytest.mark.parametrize("device", ["", "x", "0"])
def test_a_device_that_is_not_there_is_missing(client: Client, account: Account, device: str) -> None:
    sign_in(client)
    assert client.post("/my/account/devices/end", {"device": device}).status_code == 404


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit Chrome/140 Mobile Safari MicroMessenger/8.0", "微信 · 安卓手机"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604", "Safari · iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140 Safari/537 Edg/140", "Edge · Windows 电脑"),
        ("Mozilla/5.0 (Phone; OpenHarmony 5.0) ArkWeb HuaweiBrowser/5", "华为浏览器 · 鸿蒙"),
        ("curl/8", "其他设备"),
    ],
)
def test_devices_have_names_that_people_know(agent: str, words: str) -> None:
    assert device_name(agent) == words


def test_pages_of_one_s_account_need_a_sign_in(client: Client) -> None:
    for address in ("/my/account", "/my/account/devices", "/accounts/password/change/", "/accounts/2fa/"):
        assert client.get(address).status_code == 302
        assert client.get(address)["Location"].startswith("/accounts/login/")
