"""Opening accounts, entering parties, granting standings, and seeing what is masked."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from tests.factories import agency, citizen, city, official
from tests.factories.people import identity_number, social_credit_code
from tests.helpers import recorded, refused
from yiwang.foundation.access.actions import grant_standing, register_account, register_party, unmask
from yiwang.foundation.access.models import Grant, Unmasking
from yiwang.foundation.access.queries import Actor, Scope, of_account, system
from yiwang.foundation.accounts.models import Account, Party
from yiwang.foundation.accounts.queries import party_by_code
from yiwang.kernel.refusals import Conflict, Invalid, Missing

pytestmark = pytest.mark.django_db
SECRET = "a-long-enough-secret"


@pytest.fixture
def registrar() -> Actor:
    """Somebody at the node who opens accounts."""
    city()
    actor = official("registrar", ["accounts.*"])
    Grant.objects.filter(account_id=actor.account_id).update(agency=None)
    return of_account(Account.objects.get(pk=actor.account_id))


def test_an_account_is_opened_with_a_password_that_holds(registrar: Actor) -> None:
    with recorded("accounts.register", by=registrar, kind="account") as entries:
        account = register_account(registrar, " wangwu ", "王五", password=SECRET, level=2)
    assert (account.username, account.level, account.demo) == ("wangwu", 2, False)
    assert account.check_password(SECRET)
    assert "王五" not in entries[0].content


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password": "1234567890"}, "password"),
        ({"password": ""}, "password"),
        ({"username": " "}, "username"),
        ({"name": ""}, "name"),
        ({"level": 5}, "level"),
    ],
)
def test_what_is_wrong_with_an_account_is_named(registrar: Actor, changes: dict[str, object], field: str) -> None:
    given: dict[str, object] = {"username": "wangwu", "name": "王五", "password": SECRET, "level": 1} | changes
    with pytest.raises(Invalid) as caught:
        register_account(registrar, given.pop("username"), given.pop("name"), **given)  # type: ignore[arg-type]
    assert caught.value.problems[0].field == field
    assert not Account.objects.filter(username="wangwu").exists()


def test_a_name_is_given_once(registrar: Actor) -> None:
    register_account(registrar, "wangwu", "王五", password=SECRET)
    with pytest.raises(Conflict, match="已经有人用了"):
        register_account(registrar, "wangwu", "王武", password=SECRET)


def test_a_clerk_of_one_agency_opens_no_accounts() -> None:
    clerk = official("window-clerk", ["accounts.*"])
    refused(register_account, clerk, "wangwu", "王五", password=SECRET)
    refused(register_party, clerk, kind="person", name="王五", code=identity_number(7))
    refused(
        grant_standing, clerk, clerk.account_id, Party.objects.create(kind="person", code_hash="x").id, ground="self"
    )


def test_a_party_is_known_by_its_code_and_once(registrar: Actor) -> None:
    with recorded("accounts.register-party", by=registrar, kind="party"):
        party = register_party(registrar, kind="person", name="王五", code=identity_number(7), phone="13900000007")
    assert str(party.code) != identity_number(7)
    found = party_by_code(f" {identity_number(7).lower()} ")
    assert found == party
    with pytest.raises(Conflict, match="已经登记过"):
        register_party(registrar, kind="person", name="王五", code=identity_number(7))


@pytest.mark.parametrize(
    ("kind", "name", "code", "field"),
    [
        ("person", "王五", "99010219800101007X0", "code"),
        ("person", "", identity_number(7), "name"),
        ("organisation", "王五面馆", identity_number(7), "code"),
        ("ghost", "王五", identity_number(7), "kind"),
    ],
)
def test_what_is_wrong_with_a_party_is_named(registrar: Actor, kind: str, name: str, code: str, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        register_party(registrar, kind=kind, name=name, code=code)
    assert caught.value.problems[0].field == field


def test_a_standing_opens_a_party_to_an_account_for_its_term(registrar: Actor) -> None:
    agent = citizen("李代办")
    firm = register_party(registrar, kind="organisation", name="王五面馆", code=social_credit_code(77))
    assert agent.account_id is not None
    today = timezone.localdate()
    with recorded("accounts.grant-standing", by=registrar, kind="party", subject=firm.id):
        grant_standing(registrar, agent.account_id, firm.id, ground="agent", until=today + dt.timedelta(days=30))
    account = Account.objects.get(pk=agent.account_id)
    assert of_account(account, party_id=firm.id).party_id == firm.id
    later = of_account(account, party_id=firm.id, today=today + dt.timedelta(days=30))
    assert later.party_id == agent.party_id


def test_a_standing_must_make_sense(registrar: Actor) -> None:
    someone = citizen("李代办")
    assert someone.account_id is not None
    firm = register_party(registrar, kind="organisation", name="王五面馆", code=social_credit_code(78))
    other = register_party(registrar, kind="person", name="王五", code=identity_number(8))
    with pytest.raises(Invalid, match="只有自然人"):
        grant_standing(registrar, someone.account_id, firm.id, ground="self")
    with pytest.raises(Conflict, match="另一位本人"):
        grant_standing(registrar, someone.account_id, other.id, ground="self")
    with pytest.raises(Invalid, match="依据"):
        grant_standing(registrar, someone.account_id, firm.id, ground="friend")
    with pytest.raises(Invalid, match="截止日期"):
        grant_standing(registrar, someone.account_id, firm.id, ground="agent", until=timezone.localdate())
    with pytest.raises(Missing):
        grant_standing(registrar, 10**9, firm.id, ground="agent")


@pytest.fixture
def inspector() -> Actor:
    """An official who may see numbers in the cases of the market authority."""
    actor = official("inspector", ["accounts.unmask"])
    role = Grant.objects.get(account_id=actor.account_id).role
    role.data_level = 3
    role.save()
    return of_account(Account.objects.get(pk=actor.account_id))


def test_a_number_is_shown_for_a_purpose_and_the_look_is_kept(inspector: Actor) -> None:
    someone = citizen("林晓梅")
    assert someone.party_id is not None
    within = Scope(agency=agency().path)
    with recorded("accounts.unmask", by=inspector, kind="party", subject=someone.party_id) as entries:
        shown = unmask(inspector, someone.party_id, "code", " 核对林晓梅本人 ", within=within)
    assert shown == Party.objects.get(pk=someone.party_id).code.plain()
    kept = Unmasking.objects.get()
    assert (kept.account_id, kept.field, kept.purpose.plain()) == (inspector.account_id, "code", "核对林晓梅本人")
    assert "林晓梅" not in entries[0].content


@pytest.mark.parametrize(
    ("field", "purpose", "words"),
    [("code", "  ", "为什么要看"), ("code", "查" * 201, "最多写 200 个字"), ("name", "核对", "没有这个可以查看的内容")],
)
def test_without_a_purpose_nothing_is_shown(inspector: Actor, field: str, purpose: str, words: str) -> None:
    someone = citizen()
    assert someone.party_id is not None
    with pytest.raises(Invalid, match=words):
        unmask(inspector, someone.party_id, field, purpose, within=Scope(agency=agency().path))
    assert not Unmasking.objects.exists()


def test_the_cases_of_another_agency_and_a_neighbour_s_number_stay_masked(inspector: Actor) -> None:
    someone = citizen()
    refused(unmask, inspector, someone.party_id, "code", "核对", within=Scope(agency="/rsj/"))
    refused(unmask, inspector, someone.party_id, "code", "核对")
    refused(unmask, citizen("邻居"), someone.party_id, "code", "好奇")


def test_one_s_own_number_can_be_seen() -> None:
    someone = citizen()
    assert someone.party_id is not None
    assert unmask(someone, someone.party_id, "code", "抄写").isascii()


def test_an_unknown_party_is_missing() -> None:
    with pytest.raises(Missing):
        unmask(system(), Unmasking().pk or "0195b7c2-0000-7000-8000-000000000000", "code", "核对")  # type: ignore[arg-type]
