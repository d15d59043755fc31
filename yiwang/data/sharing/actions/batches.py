"""The acts on batches: submitting one, working off a part, stopping it, taking its result."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.sharing import batching, quota
from yiwang.data.sharing.models import Batch, BatchPart, Client, Use, UseSubject
from yiwang.data.sharing.modes import BATCH, FILE
from yiwang.data.sharing.using import Wanted
from yiwang.foundation.access.queries import Actor, Scope, act, require
from yiwang.foundation.crypto.queries import keyed_hash, sign
from yiwang.foundation.events.actions import emit, enqueue
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

KEPT = dt.timedelta(days=7)  # how long a result can be fetched; then it is deleted
FORMATS = ("csv", "parquet", "json")
MOST_OPEN = 5  # batches of a client at the same time


def batch_of(client: Client, batch_id: UUID | str, *, lock: bool = False) -> Batch:
    """A batch of ``client``. Raises :class:`Missing`."""
    rows = Batch.objects.select_for_update(of=("self",)) if lock else Batch.objects
    found = rows.select_related("grant", "client").filter(id=batch_id, client=client).first()
    if found is None:
        raise Missing(_("没有这个批次，或者结果已经过期删除。"), code="batch-missing")
    return found


def _scope(batch: Batch) -> Scope:
    return Scope(agency=batch.grant.agency_path, level=batch.grant.level)


@act("sharing.submit_batch", gettext_lazy("提交批量比对或文件交付"))
def submit_batch(
    actor: Actor,
    wanted: Wanted,
    *,
    format: str = "csv",
    keys: Iterable[dict[str, str]] = (),
    kind: str = Batch.Kind.MATCH,
) -> Batch:
    """Take a file of keys to match, or the wish for the whole table, and ask for the work. The keys are kept sealed, part by part.

    Raises :class:`Invalid` for a line that is wrong (then nothing is kept), :class:`Conflict` with too many batches under way.
    """
    grant, client = wanted.grant, wanted.client
    assert client is not None
    require(actor, Scope(agency=grant.agency_path, level=grant.level), subject=f"grant:{grant.number}")
    if format not in FORMATS:
        message = _("没有这种格式，请选 csv、json 或 parquet。")
        raise Invalid(message, problems=[Problem("format", "choice", message)])
    open_now = Batch.objects.filter(client=client, state__in=(Batch.State.WAITING, Batch.State.RUNNING)).count()
    if open_now >= MOST_OPEN:
        raise Conflict(_("还有 %(n)d 个批次没有做完，请等一个完成再提交。") % {"n": open_now}, code="too-many")
    batch = Batch.objects.create(
        grant=grant, client=client, kind=kind, purpose=wanted.purpose, about=wanted.about, format=format,
        until=timezone.now() + KEPT, manifest={"fields": list(wanted.names)},
    )  # fmt: skip
    if kind == Batch.Kind.MATCH:
        names = [part.name for part in wanted.shape.keys]
        for place, part in enumerate(batching.parts(keys, names)):
            BatchPart.objects.create(batch=batch, place=place, asked=part)
            batch.asked += len(part)
        if batch.asked > grant.per_day:
            message = _("这个文件有 %(n)d 条，超过每天 %(most)d 条的用量。") % {"n": batch.asked, "most": grant.per_day}
            raise Invalid(message, problems=[Problem("file", "quota", message)])
        batch.save(update_fields=["asked"])
    record(
        "grant", grant.number,
        {"mode": wanted.mode, "batch": batch.id, "asked": batch.asked, "client": client.code, "fields": list(wanted.names)},
    )  # fmt: skip
    from yiwang.data.sharing.jobs import work

    enqueue(work, batch_id=str(batch.id))
    return batch


@act("sharing.work_batch", gettext_lazy("办理批次的一部分"))
def work_batch(
    actor: Actor,
    batch_id: UUID,
    place: int,
    keys: Sequence[Mapping[str, str]],
    rows: Sequence[Mapping[str, Any] | None],
) -> bool:
    """Keep the result of one part with its trace: the use, every subject, one leaf of the ledger. False when it was kept before.

    ``rows`` are what the holder said of ``keys``, whole. Raises :class:`Conflict` when the batch was stopped, :class:`Denied` when
    the grant no longer holds, :class:`TooOften` beyond the day's volume.
    """
    from yiwang.data.sharing.using import in_force

    batch = Batch.objects.select_for_update(of=("self",)).select_related("client").get(id=batch_id)
    grant = type(batch.grant).objects.select_for_update(of=("self",), no_key=True).get(id=batch.grant_id)
    require(actor, Scope(agency=grant.agency_path, level=grant.level), subject=f"grant:{grant.number}")
    if batch.state == Batch.State.STOPPED:
        raise Conflict(_("这个批次已经停止。"), code="batch-stopped")
    mode = BATCH if batch.kind == Batch.Kind.MATCH else FILE
    part, _made = BatchPart.objects.select_for_update().get_or_create(batch=batch, place=place)
    if part.done:
        record("grant", grant.number, {"mode": mode, "batch": batch.id, "part": place, "repeated": True})
        return False
    in_force(grant)
    wanted = Wanted(grant, batch.client, mode, batch.purpose, batch.about, tuple(batch.manifest["fields"]))
    quota.take(grant, len(keys))
    shape = wanted.shape
    found = batching.masked(shape, wanted.names, rows)
    subjects = [
        subject for key, row in zip(keys, rows, strict=True) if row is not None and (subject := shape.subject(key))
    ]
    count = sum(row is not None for row in rows)
    entry = record(
        "grant", grant.number,
        {"mode": mode, "batch": batch.id, "part": place, "asked": len(keys), "found": count,
         "subjects": batching.subjects_hash(subjects), "client": batch.client.code},
    )  # fmt: skip
    use = Use.objects.create(
        at=entry.at, grant=grant, client=batch.client, mode=mode, purpose=batch.purpose, about=batch.about, fields=list(wanted.names),
        asked=len(keys), rows=count, entry_id=entry.id,
    )  # fmt: skip
    UseSubject.objects.bulk_create([UseSubject(use=use, subject=subject) for subject in subjects], batch_size=2_000)
    part.found, part.done = found, True
    part.save(update_fields=["found", "done"])
    Batch.objects.filter(id=batch.id).update(
        state=Batch.State.RUNNING, done=F("done") + len(keys), found=F("found") + count,
        asked=F("asked") + (len(keys) if batch.kind == Batch.Kind.FILE else 0),
    )  # fmt: skip
    return True


@act("sharing.end_batch", gettext_lazy("结束批次"))
def end_batch(actor: Actor, batch_id: UUID, *, why: str = "") -> Batch:
    """Say that a batch is done, with the hash of its result and a signed manifest; or, with ``why``, that it cannot go on."""
    batch = Batch.objects.select_for_update(of=("self",)).select_related("grant", "client").get(id=batch_id)
    require(actor, _scope(batch), subject=f"batch:{batch.id}")
    if batch.ended_at is not None:
        record("batch", batch.id, {"repeated": True})
        return batch
    batch.ended_at = timezone.now()
    if why:
        batch.state, batch.why = Batch.State.STOPPED, why[:300]
        batch.parts.all().delete()
    else:
        batch.state = Batch.State.DONE
        content = result_of(batch)
        batch.digest = hashlib.sha256(content).hexdigest()
        batch.manifest = _manifest(batch, len(content))
    batch.save()
    record("batch", batch.id, {"state": batch.state, "sha256": batch.digest, "found": batch.found})
    emit("batch.ended", batch.id, {"grant": batch.grant.number, "state": str(batch.state)})
    return batch


def watermark(batch: Batch) -> str:
    """The trace code that every row of a handed-over file carries: it leads back to the hand-over, and tells others nothing."""
    return keyed_hash("watermark", str(batch.id))[:12]


def _manifest(batch: Batch, size: int) -> dict[str, Any]:
    said = {
        **batch.manifest, "batch": str(batch.id), "grant": batch.grant.number, "resource": batch.grant.resource,
        "client": batch.client.code, "purpose": batch.purpose, "rows": batch.found, "bytes": size, "sha256": batch.digest,
        "format": batch.format, "watermark": watermark(batch), "at": timezone.now().isoformat(),
        "masks": {field["name"]: field["agreed"] for field in batch.grant.shape["fields"]},
    }  # fmt: skip
    signature, key = sign("node", "exchange", canonical_bytes(said))
    return {**said, "signature": signature.hex(), "key_version": key.version}


def head_of(batch: Batch) -> list[str]:
    """The columns of a result: for a match the keys, whether there was a row, and the fields; for a table the fields and the trace code."""
    names = list(batch.manifest["fields"])
    if batch.kind == Batch.Kind.FILE:
        return [*names, "_trace"]
    return [*(field["name"] for field in batch.grant.shape["keys"]), "_found", *(f"result.{name}" for name in names)]


def result_of(batch: Batch) -> bytes:
    """The result as a file. Only parts that have their trace are in it."""
    head, mark = head_of(batch), watermark(batch)
    many = batch.parts.filter(done=True).order_by("place").iterator(chunk_size=4)

    def rows(part: BatchPart) -> list[list[Any]]:
        if batch.kind == Batch.Kind.FILE:
            return [[*row, mark] for row in part.found or [] if row is not None]
        width = len(head) - len(batch.grant.shape["keys"]) - 1
        return [
            [*key, "1" if row is not None else "0", *(row if row is not None else [None] * width)]
            for key, row in zip(part.asked or [], part.found or [], strict=True)
        ]

    if batch.format == "parquet":
        return batching.as_parquet(
            head, (rows(part) for part in many), {"yiwang.trace": mark, "yiwang.batch": str(batch.id)}
        )
    if batch.format == "json":
        return b"".join(
            canonical_bytes(dict(zip(head, row, strict=True))) + b"\n" for part in many for row in rows(part)
        )
    text = [batching.as_csv(head, [])]
    text += [batching.as_csv(head, rows(part), first=False) for part in many]
    return "".join(text).encode("utf-8-sig")


@act("sharing.take_result", gettext_lazy("取走批次结果"))
def take_result(actor: Actor, client: Client, batch_id: UUID | str) -> tuple[Batch, bytes]:
    """The result file of a batch that is done. Each time it is taken is kept. Raises :class:`Conflict` while it is not done."""
    from yiwang.data.sharing.using import in_force

    batch = batch_of(client, batch_id)
    require(actor, _scope(batch), subject=f"batch:{batch.id}")
    in_force(batch.grant)
    if batch.state != Batch.State.DONE:
        raise Conflict(_("批次还没有完成，或者已经停止。"), code="batch-not-done")
    record("batch", batch.id, {"taken": True, "sha256": batch.digest, "client": client.code})
    return batch, result_of(batch)


@act("sharing.stop_batch", gettext_lazy("取消批次"))
def stop_batch(actor: Actor, client: Client, batch_id: UUID | str) -> Batch:
    """Stop a batch that is under way; what was matched is deleted, the traces stay."""
    batch = batch_of(client, batch_id, lock=True)
    require(actor, _scope(batch), subject=f"batch:{batch.id}")
    if batch.ended_at is not None:
        raise Conflict(_("这个批次已经结束。"), code="unchanged")
    batch.state, batch.why, batch.ended_at = Batch.State.STOPPED, _("由申请方取消"), timezone.now()
    batch.save()
    batch.parts.all().delete()
    record("batch", batch.id, {"state": batch.state})
    return batch
