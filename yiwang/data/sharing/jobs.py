"""Background work: batches, notices of changes, messages between nodes, and forgetting what has run out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from django.utils import timezone

from yiwang.data.catalogue import slots as catalogue
from yiwang.foundation.events.actions import enqueue
from yiwang.foundation.events.slots import every, job
from yiwang.kernel.refusals import Conflict, Denied, Missing, Refusal, TooOften

from . import batching, gate, holding, shapes
from .models import Batch, BatchPart, Envelope, Nonce, Quota

log = structlog.get_logger("yiwang.sharing")


class NotYet(RuntimeError):
    """The provider does not answer now; the job is tried again and goes on where it was."""


@job(tries=12)
def work(batch_id: str) -> None:
    """Work off a batch from the first part that has no trace yet. What ends it for good is kept as the reason."""
    from . import actions

    batch = Batch.objects.select_related("grant", "client").filter(id=batch_id).first()
    if batch is None or batch.ended_at is not None:
        return
    actor = gate.actor_of(batch.client)
    try:
        for place, keys, rows in _questions(batch):
            actions.work_batch(actor, batch.id, place, keys, rows)
    except (Denied, Conflict, Missing) as refusal:
        if refusal.code != "batch-stopped":
            actions.end_batch(actor, batch.id, why=str(refusal))
        return
    except TooOften as refusal:
        if refusal.code == "quota":  # goes on tomorrow
            after = timezone.now() + dt.timedelta(seconds=int(refusal.extra["seconds"]))
            enqueue(work, after=after, batch_id=batch_id)
            return
        raise NotYet(str(refusal)) from None
    except Refusal as refusal:
        raise NotYet(str(refusal)) from None
    actions.end_batch(actor, batch.id)


def _questions(batch: Batch) -> Iterator[tuple[int, Sequence[Mapping[str, str]], Sequence[Mapping[str, Any] | None]]]:
    """The parts that are not done, each with what the holder says; asked outside any transaction."""
    shape = shapes.shape(batch.grant)
    names = list(batch.manifest["fields"])
    if batch.kind == Batch.Kind.FILE:
        yield from _table(batch, shape, names)
        return
    keynames = [part.name for part in shape.keys]
    for part in BatchPart.objects.filter(batch=batch, done=False).order_by("place").iterator(chunk_size=2):
        keys = [dict(zip(keynames, values, strict=True)) for values in part.asked]
        told = holding.Asking(batch.purpose, batch.about, batch.grant.agency_id, f"{batch.id}.{part.place}")
        yield part.place, keys, holding.rows(batch.grant, shape.place, keys, names, told)


def _table(batch: Batch, shape: shapes.Shape, names: list[str]) -> Iterator[Any]:
    """The whole table in parts. A table that is scanned again after a kill must come in the same order: holders promise that."""
    done = set(BatchPart.objects.filter(batch=batch, done=True).values_list("place", flat=True))
    keynames = [part.name for part in shape.keys]
    wanted = list(dict.fromkeys([*keynames, *names]))
    scan = catalogue.holders[shape.place.partition(":")[0]].scan(shape.place, wanted, batch=batching.PART)
    for place, piece in enumerate(scan):
        if place in done:
            continue
        rows = piece.to_pylist()
        keys = [{name: str(row.get(name) or "") for name in keynames} for row in rows]
        yield place, keys, rows


@job(tries=20)
def carry(envelope_id: str) -> None:
    """Send a message to another node again, until it is answered or refused."""
    from . import peers

    envelope = Envelope.objects.select_related("peer").filter(id=UUID(envelope_id)).first()
    if envelope is not None and envelope.state == Envelope.State.WAITING:
        try:
            peers.send(envelope)
        except Refusal as refusal:
            raise NotYet(str(refusal)) from None


@job(tries=20)
def publish(notice: dict[str, Any], message_id: str) -> None:
    """Publish one notice of changed data over NATS."""
    from . import changes

    changes.to_nats(notice, message_id)


@every(300)
def forget() -> None:
    """Delete nonces that no signature can use any more, results that have run out, and old volumes."""
    now = timezone.now()
    Nonce.objects.filter(until__lt=now).delete()
    BatchPart.objects.filter(batch__until__lt=now).delete()
    Quota.objects.filter(day__lt=timezone.localdate() - dt.timedelta(days=40)).delete()


@every(30)
def tell() -> None:
    """Tell subscribers that something changed."""
    from . import changes

    changes.tell_all()
