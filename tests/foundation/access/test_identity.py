"""Choosing for whom one acts: only parties that one has a standing for, and only for the session."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from tests.factories import citizen, firm_of
from yiwang.foundation.access.actors import roles_in_words
from yiwang.foundation.access.middleware import PARTY_KEY
from yiwang.foundation.access.models import Denial
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.accounts.models import Account

pytestmark = pytest.mark.django_db


def signed_in(actor: Actor) -> Client:
    client = Client()
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client


def test_the_choice_is_kept_in_the_session_and_leads_back() -> None:
    me = firm_of(citizen("林晓梅"))
    client = signed_in(me)
    answer = client.post("/my/identity", {"party": str(me.party_id), "next": "/accessibility"})
    assert (answer.status_code, answer["Location"]) == (302, "/accessibility")
    assert client.session[PARTY_KEY] == str(me.party_id)
    assert "您正在代表" in client.get("/accessibility").content.decode()


def test_somebody_else_s_party_is_refused_and_the_attempt_is_kept() -> None:
    neighbour, me = firm_of(citizen("邻居"), "邻居的公司"), citizen("林晓梅")
    client = signed_in(me)
    assert client.post("/my/identity", {"party": str(neighbour.party_id)}).status_code == 403
    denial = Denial.objects.get()
    assert (denial.account_id, denial.permission, denial.subject) == (
        me.account_id, "access.act-for", f"party:{neighbour.party_id}",
    )  # fmt: skip
    assert PARTY_KEY not in client.session


@pytest.mark.parametrize("party", ["", "nonsense", str(uuid4())], ids=["empty", "nonsense", "unknown"])
def test_what_is_no_choice_changes_nothing(party: str) -> None:
    client = signed_in(citizen())
    assert client.post("/my/identity", {"party": party}).status_code in {403, 422}
    assert PARTY_KEY not in client.session


def test_a_passer_by_is_led_to_sign_in() -> None:
    assert Client().get("/my/identity")["Location"] == "/accounts/login/?next=/my/identity"


def test_a_standing_that_has_ended_ends_the_choice_too() -> None:
    from tests.factories.people import LONG_AGO
    from yiwang.foundation.accounts.models import Standing

    me = firm_of(citizen("林晓梅"))
    client = signed_in(me)
    client.post("/my/identity", {"party": str(me.party_id)})
    standing = Standing.objects.get(party_id=me.party_id)
    standing.until = LONG_AGO.replace(year=2021)
    standing.save()
    assert "您正在代表" not in client.get("/accessibility").content.decode()


def test_citizens_have_no_office() -> None:
    me = citizen()
    assert me.account_id is not None
    assert roles_in_words([me.account_id]) == {}
