"""Entries to build a log from."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from yiwang.foundation.access.queries import Actor, Level, act, owner, require
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.ledger.models import Entry


@act("trial.note", "记一笔", party=True, level=Level.NUMBER)
def note(actor: Actor, text: str, party: UUID | None = None) -> Entry:
    require(actor, owner(party or actor.party_id))
    return record("note", text, {"text": text})


@pytest.fixture
def write() -> Callable[..., list[Entry]]:
    """Do ``count`` acts and return their entries."""

    def many(actor: Actor, count: int = 1) -> list[Entry]:
        return [note(actor, f"note-{number}") for number in range(count)]

    return many
