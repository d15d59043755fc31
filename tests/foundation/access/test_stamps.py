"""What a process remembers of an account is never older than the account's roles, parties and places."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import agency, citizen, firm_of, official
from tests.factories.people import LONG_AGO
from yiwang.foundation.access.models import Grant, Role
from yiwang.foundation.access.queries import Actor, of_account, reach
from yiwang.foundation.accounts.models import Account, Party, Standing

pytestmark = pytest.mark.django_db


def again(actor: Actor) -> Actor:
    """The same account as the next request sees it."""
    return of_account(Account.objects.get(pk=actor.account_id), party_id=actor.party_id)


def test_a_second_request_asks_for_the_account_only(django_assert_num_queries: pytest.FixtureRequest) -> None:
    actor = official("window-clerk", ["cases.read"])
    again(actor)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert again(actor).holds("window-clerk")


def test_a_grant_and_its_end_count_at_once() -> None:
    actor = citizen()
    assert not again(actor).official
    role = Role.objects.create(code="inspector", name="核查员", permissions=["cases.read"])
    grant = Grant.objects.create(account_id=actor.account_id, role=role, agency=agency(), since=LONG_AGO)
    assert again(actor).holds("inspector")
    grant.until = dt.date(2021, 1, 1)
    grant.save()
    assert not again(actor).official
    grant.until = None
    grant.save()
    grant.delete()
    assert not again(actor).official


def test_what_a_role_may_do_counts_at_once() -> None:
    actor = official("window-clerk", ["cases.read"])
    again(actor)
    role = Role.objects.get(code="window-clerk")
    role.permissions = []
    role.save()
    assert not any(held.allows("cases.read") for held in again(actor).held)


def test_an_agency_that_moves_takes_its_grants_along() -> None:
    actor = official("window-clerk", ["cases.read"])
    again(actor)
    place = agency()
    place.path = "/elsewhere/"
    place.save()
    assert [held.agency for held in again(actor).held] == ["/elsewhere/"]


def test_a_party_s_new_name_and_a_mandate_s_end_count_at_once() -> None:
    actor = firm_of(citizen())
    again(actor)
    firm = Party.objects.get(id=actor.party_id)
    firm.name = "新名餐饮有限公司"
    firm.save()
    assert again(actor).party_name == "新名餐饮有限公司"
    Standing.objects.get(party=firm).delete()
    assert again(actor).party_id != firm.id


def test_a_new_part_of_an_agency_is_in_the_reach_of_the_whole_at_once() -> None:
    actor = official("window-clerk", ["cases.read"])
    assert [held.parts for held in again(actor).held] == [("/scjg/",)]
    agency("scjg-food", "食品科", parent=agency())
    assert [held.parts for held in again(actor).held] == [("/scjg/", "/scjg/scjg-food/")]
    agency("scjg-foo", "名称相近的单位")
    assert [held.parts for held in again(actor).held] == [("/scjg/", "/scjg/scjg-food/")]


def test_an_agency_of_very_many_parts_is_reached_by_the_beginning_of_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    from yiwang.foundation.access import actors

    monkeypatch.setattr(actors, "MOST_PARTS", 1)
    actor = official("window-clerk", ["cases.read"])
    agency("scjg-food", "食品科", parent=agency())
    assert [held.parts for held in again(actor).held] == [()]
    assert "('agency_path__startswith', '/scjg/')" in str(reach(again(actor), "cases.read"))
