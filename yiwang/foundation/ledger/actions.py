"""Writing into the log."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from yiwang.foundation.access.queries import UnfinishedAct, later, running
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.ids import uuid7

from .merkle import leaf_hash
from .models import Entry

VERSION = 1


def record(kind: str, subject: object, data: dict[str, Any] | None = None) -> Entry:
    """Record the act under way as done to ``subject`` (a thing of ``kind``), in the act's own transaction.

    ``data`` says what was decided: codes, references, hashes; never personal data, for this log is kept forever. The time is that of
    recording; an act that is entered afterwards also says when it took place and who entered it. The entry is written at the end of the act, without a
    lock: the store queues it for its place in the tree (:mod:`.guards`). Raises :class:`UnfinishedAct` outside an act.
    """
    current = running()
    if current is None:
        raise UnfinishedAct("ledger.record belongs inside an act")
    now = timezone.now()
    entry_id = uuid7()
    actor = current.actor.reference()
    took_place: dict[str, Any] = {"took_place": current.actor.at} if current.actor.at else {}
    if current.actor.entered_by is not None:
        took_place["entered_by"] = current.actor.entered_by.reference()
    content = canonical_bytes(
        {
            "v": VERSION,
            "id": entry_id,
            "at": now,
            "act": current.code,
            "actor": actor,
            "for": current.party or current.actor.party_id,
            "channel": current.actor.channel,
            "kind": kind,
            "subject": str(subject),
            "data": data or {},
            **took_place,
        }
    )
    entry = Entry(
        id=entry_id, at=now, act=current.code, actor=actor, kind=kind, subject=str(subject),
        content=content.decode(), leaf=leaf_hash(content).hex(),
    )  # fmt: skip
    later(entry)
    current.recorded = True
    return entry
