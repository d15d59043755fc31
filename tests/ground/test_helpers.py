"""The helpers and the watch over all acts see what they should see."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import transaction

from tests import watch
from tests.factories import citizen, official
from tests.factories.people import identity_number
from tests.helpers import recorded, refused
from tests.watch import look, personal_data_in
from yiwang.foundation.access.models import Role
from yiwang.foundation.access.queries import NODE, Actor, Held, act, require
from yiwang.foundation.ledger.actions import record

pytestmark = pytest.mark.django_db


@act("trial.file", "归档")
def file_away(actor: Actor, note: str = "") -> None:
    require(actor, NODE)
    record("note", "1", {"note": note})


@act("trial.leaky", "先写后问")
def leaky(actor: Actor) -> None:
    Role.objects.create(code="leaked", name="leaked")
    require(actor, NODE)


def clerk() -> Actor:
    actor = official("clerk", ["trial.file"])
    return Actor(name=actor.name, account_id=actor.account_id, held=tuple(_everywhere(held) for held in actor.held))


def _everywhere(held: Held) -> Held:
    return replace(held, agency="", region="")


def test_refused_holds_for_a_stranger_and_rolls_back_what_was_written_before() -> None:
    assert refused(file_away, citizen()).status == 403
    refused(leaky, citizen())


def test_refused_fails_when_the_act_is_allowed() -> None:
    with pytest.raises(BaseException, match="DID NOT RAISE"):
        refused(file_away, clerk())


def test_recorded_yields_the_entries_of_the_block() -> None:
    actor = clerk()
    file_away(actor)
    with recorded("trial.file", by=actor, kind="note", subject=1) as entries:
        file_away(actor)
    assert len(entries) == 1
    with pytest.raises(AssertionError, match="recorded 0 times"), recorded("trial.file"):
        pass


@pytest.mark.parametrize(
    ("note", "what"),
    [
        ("99010219800101001", ""),
        ("case 990100202611210000123456", ""),
        ("+13800000000", "a phone number"),
        ("phone 13812345678.", "a phone number"),
        ("agreed with 林晓梅", "the name of a person"),
    ],
)
def test_personal_data_in_the_ledger_is_found(note: str, what: str) -> None:
    assert personal_data_in(note, ["林晓梅"]) == what


@pytest.mark.parametrize("note", [identity_number(7), "林晓梅"])
def test_a_test_that_leaves_personal_data_in_the_ledger_fails(note: str) -> None:
    citizen("林晓梅")
    file = transaction.atomic(lambda: (file_away(clerk(), note=note), look()))
    with pytest.raises(AssertionError, match="holds"):
        file()


def test_what_was_done_and_refused_is_seen() -> None:
    file_away(clerk())
    refused(leaky, citizen())
    look()
    assert "trial.file" in watch.recorded
    assert "trial.leaky" in watch.refused
