"""The real-name level: each act of parties says which one it needs, and says how to get there to whoever has less."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.cache import cache
from django.test import Client

from tests.factories import agency, citizen, official
from tests.factories.desk import browser
from tests.helpers import recorded, refused
from tests.watch import all_acts
from yiwang.foundation.access.actions import set_level, unlock, unmask
from yiwang.foundation.access.acts import PARTY_PERMISSIONS
from yiwang.foundation.access.models import Denial, Help
from yiwang.foundation.access.queries import (
    LEVELS,
    Actor,
    Level,
    UnfinishedAct,
    act,
    known_for,
    owner,
    require,
    require_level,
)
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.accounts.slots import LevelWay, level_ways
from yiwang.foundation.files.queries import library
from yiwang.kernel.refusals import Conflict, Denied, Invalid

pytestmark = pytest.mark.django_db
WHY = "核对身份证原件，人证一致"
# What shows or uses what the city knows of somebody, or binds them, asks for more than a number that others know too.
BINDING = {
    "applications.submit", "applications.resubmit", "cases.withdraw", "cases.complete", "licences.show", "registries.object",
    "accounts.unmask", "ledger.receipt", "registries.look_up", "licences.read", "cases.read", "files.read",
}  # fmt: skip


@pytest.fixture
def counter() -> Actor:
    return official("counter", ["access.read", "accounts.set_level", "accounts.unlock", "accounts.reset_password"])


def test_every_act_of_parties_says_which_level_it_needs() -> None:
    all_acts()  # loads every room
    assert set(LEVELS) == PARTY_PERMISSIONS
    assert all(Level.NUMBER <= level <= Level.CERTIFICATE for level in LEVELS.values())
    assert {code for code in BINDING if LEVELS[code] < Level.FACE} == set()


def test_an_act_of_parties_cannot_be_declared_without_one() -> None:
    with pytest.raises(UnfinishedAct):
        act("trial.levelless", "没有等级", party=True)


@pytest.mark.parametrize("code", sorted(BINDING))
def test_whoever_has_less_is_told_what_they_lack_and_where_to_get_it(code: str) -> None:
    low = citizen(level=1)
    with pytest.raises(Denied) as caught:
        require(low, owner(low.party_id), code)
    assert caught.value.code == "level-too-low"
    assert "要求实名等级达到 2 级" in str(caught.value)
    assert caught.value.extra["way"][0] == f"/my/level?for={code}&level=2"
    assert Denial.objects.get().permission == code
    require(replace(low, level=2), owner(low.party_id), code)


def test_a_neighbour_is_not_told_that_it_is_about_the_level() -> None:
    mine, low = citizen(), citizen("邻居", level=1)
    with pytest.raises(Denied) as caught:
        require(low, owner(mine.party_id), "files.read")
    assert caught.value.code == "denied"


def test_an_official_acts_by_the_role_whatever_their_level() -> None:
    clerk = replace(official("reader", ["cases.read"]), level=0)
    from yiwang.foundation.access.queries import Scope

    require(clerk, Scope(agency=agency().path, party=citizen().party_id, level=2), "cases.read")


def test_the_level_of_an_act_is_asked_in_the_act() -> None:
    low = citizen(level=1)
    assert low.party_id
    assert not known_for(low, "accounts.unmask")
    assert refused(unmask, low, low.party_id, "code", "自己看看").code == "level-too-low"
    with pytest.raises(Denied):
        library(low)
    with pytest.raises(Denied):
        require_level(low, "messages.read", level=3)


def test_the_page_of_a_refusal_leads_to_the_page_that_says_how() -> None:
    client = browser(citizen(level=1))
    client.raise_request_exception = False
    page = client.get("/my/cases")
    assert page.status_code == 403
    assert 'href="/my/level?for=cases.read&amp;level=2"' in page.content.decode()
    there = client.get("/my/level?for=cases.read&level=2").content.decode()
    assert "您现在是 <strong>1 级</strong>" in there
    assert "“查看办件”要达到 2 级" in there
    assert "带上身份证原件" in there
    assert client.get("/my/level?for=nonsense&level=x").status_code == 200
    answer = client.get("/api/v1/my/cases")
    assert (answer.status_code, answer.json()["code"]) == (403, "level-too-low")
    assert answer.json()["way"].startswith("/my/level")
    assert client.get("/").status_code == 200, "the home page opens for everybody"


def test_an_identity_service_shows_its_way() -> None:
    client = browser(citizen(level=1))
    assert "刷脸核验" not in client.get("/my/level").content.decode().replace("已通过刷脸", "")
    with level_ways.plugged("face", LevelWay(Level.FACE, "用手机刷脸核验", "/face")):
        assert '<a class="button' in (page := client.get("/my/level").content.decode())
        assert "用手机刷脸核验" in page
    rungs = client.get("/api/v1/me/level").json()
    assert [rung["reached"] for rung in rungs] == [True, False, False, False]
    assert "applications.submit" in rungs[1]["permissions"]


def test_a_counter_raises_the_level_of_somebody_whose_card_it_saw(counter: Actor) -> None:
    person = citizen(level=1)
    client = browser(person)
    assert client.get("/my/cases").status_code == 403
    with recorded("accounts.set_level", by=counter, kind="account", subject=person.account_id):
        set_level(counter, person.account_id or 0, 3, WHY)
    assert client.get("/my/cases").status_code == 200
    assert Help.objects.get().what == Help.What.LEVEL
    with pytest.raises(Conflict):
        set_level(counter, person.account_id or 0, 3, WHY)
    for level in (-1, 4, 5):
        with pytest.raises(Invalid) as caught:
            set_level(counter, person.account_id or 0, level, WHY)
        assert caught.value.problems[0].field == "level"
    with pytest.raises(Invalid):
        set_level(counter, person.account_id or 0, 1, " ")
    set_level(counter, person.account_id or 0, 1, "核验有误")
    assert client.get("/my/cases").status_code == 403


def test_nobody_raises_their_own_level_or_that_of_somebody_stronger(counter: Actor) -> None:
    for victim in (counter, official("window-clerk", ["cases.read"], at=agency("rsj"))):
        refused(set_level, counter, victim.account_id, 3, WHY)
        refused(unlock, counter, victim.account_id, WHY)
    refused(set_level, citizen(), citizen().account_id, 3, WHY)


def test_the_level_is_raised_on_the_page_and_over_the_api(counter: Actor) -> None:
    person, client = citizen(level=1), browser(counter)
    address = f"/desk/admin/people/{person.account_id}"
    assert "确认实名等级" in client.get(address).content.decode()
    assert client.post(address, {"do": "level", "level": "", "purpose": WHY}).status_code == 422
    assert client.post(address, {"do": "level", "level": "2", "purpose": WHY}).status_code == 302
    there = f"/api/v1/access/accounts/{person.account_id}/level"
    answer = client.post(there, {"level": 3, "purpose": WHY}, content_type="application/json")
    assert (answer.status_code, answer.json()["level"]) == (200, 3)
    assert Account.objects.get(pk=person.account_id).level == 3


def test_a_locked_account_is_opened_before_its_time(counter: Actor) -> None:
    cache.clear()
    person = citizen()
    account = Account.objects.get(pk=person.account_id)

    def sign_in(password: str, **headers: str) -> str:
        form = {"login": account.username, "password": password}
        return str(Client().post("/accounts/login/", form, headers=headers).get("Location", ""))

    with pytest.raises(Conflict, match="没有锁定"):
        unlock(counter, account.pk, WHY)
    for _guess in range(3):
        sign_in("wrong")
    for _guess in range(2):
        sign_in("wrong", host="localhost")  # another name of the node does not give more guesses
    assert sign_in("demo-password") == ""
    address = f"/desk/admin/people/{account.pk}"
    assert "已锁定" in browser(counter).get(address).content.decode()
    with recorded("accounts.unlock", by=counter, kind="account", subject=account.pk):
        assert browser(counter).post(address, {"do": "unlock", "purpose": WHY}).status_code == 302
    assert sign_in("demo-password") != ""
