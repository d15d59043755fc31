"""Somebody who cannot get in is helped at a counter, by somebody who reaches all that they reach, for a recorded purpose."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tests.factories import agency, citizen, official
from tests.factories.desk import browser, whole_node
from tests.helpers import recorded, refused
from yiwang.foundation.access.actions import drop_factors, reset_password, set_active
from yiwang.foundation.access.models import Help
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.accounts.models import Account
from yiwang.kernel.refusals import Conflict, Invalid, Missing

pytestmark = pytest.mark.django_db
HELP = ["access.read", "accounts.reset_password", "accounts.drop_factors", "accounts.set_active"]
WHY = "本人持身份证到窗口，忘记密码"
OWN = "a-long-enough-secret-2026"


@pytest.fixture
def counter() -> Actor:
    return official("counter", HELP, name="窗口丁")


def account_of(actor: Actor) -> Account:
    return Account.objects.get(pk=actor.account_id)


def sign_in(username: str, password: str) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": username, "password": password})
    return client


def test_a_temporary_password_opens_only_the_page_that_changes_it(counter: Actor) -> None:
    person = citizen()
    before = browser(person)
    assert before.get("/my/account").status_code == 200
    with recorded("accounts.reset_password", by=counter, kind="account", subject=person.account_id) as entries:
        password = reset_password(counter, person.account_id or 0, WHY)
    assert password not in entries[0].content
    assert "身份证" not in entries[0].content
    assert Help.objects.get().purpose.plain() == WHY
    assert before.get("/my/account").status_code == 302, "the old sessions have ended"

    client = sign_in(account_of(person).username, password)
    turned = client.get("/my/account")
    assert (turned.status_code, turned["Location"]) == (302, "/accounts/password/change/")
    assert client.get("/api/v1/me").json()["code"] == "temporary-password"
    assert "临时密码" in client.get("/accounts/password/change/").content.decode()
    client.post("/accounts/password/change/", {"oldpassword": password, "password1": OWN, "password2": OWN})
    assert not account_of(person).password_temporary
    assert client.get("/my/account").status_code == 200


def test_a_program_with_a_temporary_password_is_told(counter: Actor) -> None:
    person = citizen()
    password = reset_password(counter, person.account_id or 0, WHY)
    answer = Client().post(
        "/_allauth/app/v1/auth/login",
        {"username": account_of(person).username, "password": password},
        content_type="application/json",
    )
    token = answer.json()["meta"]["session_token"]
    asked = Client().get("/api/v1/me", headers={"X-Session-Token": token})
    assert (asked.status_code, asked.json()["code"]) == (403, "temporary-password")


def test_lost_second_factors_are_taken_away(counter: Actor) -> None:
    person = citizen()
    Authenticator.objects.create(user_id=person.account_id, type="totp", data={"secret": "x"})
    with recorded("accounts.drop_factors", by=counter, subject=person.account_id):
        assert drop_factors(counter, person.account_id or 0, WHY) == 1
    with pytest.raises(Conflict):
        drop_factors(counter, person.account_id or 0, WHY)


def test_a_closed_account_ends_its_sessions_and_can_be_opened_again(counter: Actor) -> None:
    person = citizen()
    client = browser(person)
    with recorded("accounts.set_active", by=counter, subject=person.account_id):
        set_active(counter, person.account_id or 0, False, "本人申请注销")
    assert client.get("/my/account").status_code == 302
    with pytest.raises(Conflict):
        set_active(counter, person.account_id or 0, False, "本人申请注销")
    assert set_active(counter, person.account_id or 0, True, "误停").is_active


def test_nobody_takes_over_an_account_stronger_than_their_own(counter: Actor) -> None:
    strong = whole_node("node-admin", ["access.grant"])
    other = official("window-clerk", ["cases.read"], at=agency("rsj"))
    same = official("window-clerk", ["cases.read"])
    for victim in (strong, other, counter):
        refused(reset_password, counter, victim.account_id, WHY)
        refused(drop_factors, counter, victim.account_id, WHY)
        refused(set_active, counter, victim.account_id, False, WHY)
    refused(reset_password, citizen(), same.account_id, WHY)
    assert reset_password(counter, same.account_id or 0, WHY)


def test_without_a_purpose_or_for_a_sample_nothing_happens(counter: Actor) -> None:
    person = citizen()
    with pytest.raises(Invalid) as caught:
        reset_password(counter, person.account_id or 0, "  ")
    assert caught.value.problems[0].field == "purpose"
    Account.objects.filter(pk=person.account_id).update(demo=True)
    with pytest.raises(Conflict, match="示例账号"):
        reset_password(counter, person.account_id or 0, WHY)
    with pytest.raises(Missing):
        reset_password(counter, 10**9, WHY)
    assert not Help.objects.exists()


def test_the_page_shows_the_password_once(counter: Actor) -> None:
    person = citizen()
    client = browser(counter)
    address = f"/desk/admin/people/{person.account_id}"
    page = client.post(address, {"do": "reset", "purpose": WHY})
    assert page["Cache-Control"].find("no-store") >= 0
    found = re.search(r"<code>(\w{4}-\w{4}-\w{4})</code>", page.content.decode())
    assert found is not None
    assert account_of(person).check_password(found.group(1))
    assert found.group(1) not in client.get(address).content.decode()
    assert client.post(address, {"do": "close", "purpose": ""}).status_code == 422
    assert client.post(address, {"do": "close", "purpose": "注销"}).status_code == 302
    assert client.post(address, {"do": "open", "purpose": "误停"}).status_code == 302


def test_an_account_is_opened_with_a_temporary_password() -> None:
    registrar = whole_node("registrar", ["access.read", "accounts.register"])
    client = browser(registrar)
    form = {"name": "钱七", "username": "qianqi", "level": "3"}
    assert client.post("/desk/admin/people/new", form | {"name": ""}).status_code == 422
    page = client.post("/desk/admin/people/new", form).content.decode()
    found = re.search(r"<code>(\w{4}-\w{4}-\w{4})</code>", page)
    assert found is not None
    opened = Account.objects.get(username="qianqi")
    assert opened.check_password(found.group(1))
    assert opened.password_temporary
    assert client.post("/desk/admin/people/new", form).status_code == 409
    assert browser(official("window-clerk", ["cases.read"])).get("/desk/admin/people/new").status_code == 403
