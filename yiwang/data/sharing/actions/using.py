"""The acts of using a grant over the gateway: each checks the right, counts the volume, and leaves the trace in ledger and uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.sharing import quota, shapes
from yiwang.data.sharing.models import Envelope, Use
from yiwang.data.sharing.using import Wanted
from yiwang.foundation.access.queries import Actor, Scope, act, later, require
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict

if TYPE_CHECKING:
    from yiwang.foundation.ledger.models import Entry


def _may(actor: Actor, wanted: Wanted) -> None:
    grant = wanted.grant
    require(actor, Scope(agency=grant.agency_path, level=min(grant.level, 4)), subject=f"grant:{grant.number}")


def trace(actor: Actor, wanted: Wanted, entry: Entry, *, asked: int = 1, rows: int = 0) -> Use:
    """The use as it is kept, not yet saved."""
    return Use(
        at=entry.at, grant=wanted.grant, client=wanted.client, mode=wanted.mode, purpose=wanted.purpose,
        about=wanted.about, subject=wanted.subject, fields=list(wanted.names), asked=asked, rows=rows, milliseconds=wanted.milliseconds,
        entry_id=entry.id, request_id=actor.request_id,
    )  # fmt: skip


def _told(wanted: Wanted) -> dict[str, Any]:
    told = {"mode": wanted.mode, "subject": wanted.subject, "fields": list(wanted.names)}
    return told | ({"client": wanted.client.code} if wanted.client else {})


def _answered(wanted: Wanted, answer: dict[str, Any]) -> None:
    """Keep the answer to another node's message with the trace: it is applied once, whatever arrives twice."""
    if wanted.envelope is None:
        return
    waiting = Envelope.objects.filter(id=wanted.envelope, state=Envelope.State.WAITING)
    # The sealed value is written by the field; update() goes through it like save().
    if not waiting.update(answer=answer, state=Envelope.State.ANSWERED, answered_at=timezone.now()):
        raise Conflict(_("这个请求已经答复过。"), code="envelope-answered")


@act("sharing.look_up", gettext_lazy("按授权查询数据"))
def look_up(actor: Actor, wanted: Wanted) -> dict[str, Any] | None:
    """Give out the one row that was found, masked as the grant says, or None. Counts as one row of the day's volume either way.

    Raises :class:`Denied`, :class:`TooOften` beyond the volume.
    """
    _may(actor, wanted)
    quota.take(wanted.grant, 1)
    row = None if wanted.row is None else wanted.shape.masked(wanted.row, wanted.names)
    entry = record("grant", wanted.grant.number, {**_told(wanted), "found": row is not None})
    later(trace(actor, wanted, entry, rows=0 if row is None else 1))
    _answered(wanted, {"row": row})
    return row


@act("sharing.verify", gettext_lazy("按授权核验数据"))
def verify(actor: Actor, wanted: Wanted, claims: dict[str, Any]) -> bool:
    """Say whether all ``claims`` are what is held: yes or no, never which one is wrong, nor whether there is a row at all."""
    _may(actor, wanted)
    quota.take(wanted.grant, 1)
    row = wanted.row
    answer = row is not None and all(shapes.same(row.get(name), claim) for name, claim in claims.items())
    entry = record("grant", wanted.grant.number, {**_told(wanted), "yes": answer})
    later(trace(actor, wanted, entry))
    _answered(wanted, {"match": answer})
    return answer
