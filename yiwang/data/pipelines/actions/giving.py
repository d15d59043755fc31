"""Data that is handed over: a file by a person, rows by another system, corrected rows by the department that answers for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.engine.queries import lake
from yiwang.data.pipelines import declarations, formats
from yiwang.data.pipelines.models import Batch, WorkOrder
from yiwang.foundation.access.queries import Actor, Scope, act, once, require
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.ids import uuid7
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem, TooLarge

from .common import new_batch, pipeline_for, scope_of

LARGEST = 2 << 30  # bytes of a file
MOST_PUSHED = 10_000  # rows of one call
PIECE = 1 << 20


def _keep(code: str, name: str, content: BinaryIO | Iterable[bytes]) -> str:
    """Put the content into the lake; returns its place there. Nothing is left of one that is too large."""
    home = lake()
    place = home.path("given", code, f"{uuid7()}{Path(name).suffix.lower()[:8]}")
    pieces = iter(lambda: content.read(PIECE), b"") if hasattr(content, "read") else content
    size = 0
    with home.draft(place) as draft, draft.open("wb") as file:
        for piece in pieces:
            size += len(piece)
            if size > LARGEST:
                raise TooLarge(_("文件太大，最多 2 GB。请拆开后再交。"))
            file.write(piece)
    return str(place.relative_to(home.root))


@act("pipelines.drop", gettext_lazy("上传归集文件"))
def drop(actor: Actor, code: str, name: str, content: BinaryIO | Iterable[bytes], *, as_of: str = "") -> Batch:
    """Hand over a file as the next batch. Raises :class:`Invalid` for a format that is not read, :class:`TooLarge`."""
    pipeline = pipeline_for(actor, code)
    options = declarations.of(pipeline).options
    formats.format_of(
        name, str(options.get("format", "")) if declarations.of(pipeline).slot in ("file", "push") else ""
    )
    given = _keep(pipeline.code, name, content)
    batch = new_batch(
        actor, pipeline, {"given": given, "name": Path(name).name[:120], **({"as_of": as_of} if as_of else {})}
    )
    record("batch", batch.id, {"pipeline": pipeline.code, "number": batch.number, "given": True})
    return batch


@act("pipelines.push", gettext_lazy("推送归集数据"))
def push(actor: Actor, code: str, rows: Sequence[dict[str, Any]], *, key: str = "", as_of: str = "") -> Batch:
    """Hand over rows, as another system does through the API. ``key`` is an Idempotency-Key: the same call again is the same batch.

    Raises :class:`Conflict` when the pipeline takes no pushes, :class:`Invalid` without rows or with too many.
    """
    pipeline = pipeline_for(actor, code)
    if declarations.of(pipeline).slot != "push":
        raise Conflict(_("这个归集任务不接收推送。"), code="no-push")
    if not 0 < len(rows) <= MOST_PUSHED:
        message = _("一次推送 1 至 %(n)s 行。") % {"n": MOST_PUSHED}
        raise Invalid(message, problems=[Problem("rows", "length", message)])

    def made() -> str:
        lines = (json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n" for row in rows)
        given = _keep(pipeline.code, "pushed.jsonl", lines)
        options = {"given": given, "name": "pushed.jsonl", **({"as_of": as_of} if as_of else {})}
        return str(new_batch(actor, pipeline, options).id)

    batch_id, new = once(actor, key, {"pipeline": code, "rows": rows, "as_of": as_of}, made)
    batch = Batch.objects.get(id=batch_id)
    record("batch", batch.id, {"pipeline": pipeline.code, "number": batch.number, "rows": len(rows), "again": not new})
    return batch


@act("pipelines.return_rows", gettext_lazy("交回更正的数据"))
def return_rows(actor: Actor, order_id: UUID | str, name: str, content: BinaryIO | Iterable[bytes]) -> Batch:
    """Return the corrected file of a work order: only its rows are run again, and the order closes itself when none is left wrong.

    Raises :class:`Missing`, :class:`Conflict` for an order that is closed, :class:`Invalid` for a file that is neither CSV nor a spreadsheet.
    """
    order = (
        WorkOrder.objects.select_for_update(of=("self",))
        .select_related("pipeline__owner__region", "batch")
        .filter(id=order_id)
        .first()
    )
    require(actor, scope_of(order.pipeline) if order else Scope(), subject=f"order:{order_id}")
    if order is None:
        raise Missing(_("没有这张工单。"))
    if order.state != WorkOrder.State.OPEN:
        raise Conflict(_("这张工单已经办结，不用再交。"), code="order-closed")
    if order.why != WorkOrder.Why.ROWS:
        raise Conflict(_("这张工单是数据结构变化，不收更正文件。"), code="not-rows")
    if formats.format_of(name) not in ("csv", "xlsx"):
        message = _("更正后的文件请交 CSV 或 XLSX。")
        raise Invalid(message, problems=[Problem("file", "format", message)])
    pipeline = pipeline_for(actor, order.pipeline_id)
    given = _keep(pipeline.code, name, content)
    batch = new_batch(
        actor, pipeline, {"given": given, "name": Path(name).name[:120], "order": str(order.id), "as_of": order.batch.as_of.isoformat()},
        kind=Batch.Kind.REPAIR, repairs=order.batch,
    )  # fmt: skip
    record("order", order.id, {"batch": batch.number, "pipeline": pipeline.code})
    return batch
