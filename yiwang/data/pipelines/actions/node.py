"""What the node itself does in a run: each step that changes what others may see is an act with its trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.engine.queries import lake
from yiwang.data.pipelines import declarations, orders
from yiwang.data.pipelines.models import Batch, Table, WorkOrder
from yiwang.foundation.access.queries import Actor, act, later
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict

from .common import batch_for

if TYPE_CHECKING:
    from yiwang.data.pipelines.stages import Merged

_WORKING = (Batch.State.WAITING, Batch.State.RUNNING)


class Overtaken(RuntimeError):
    """The table got another version while this one was written: it is merged once more."""


def _at(batch: Batch, stage: str) -> None:
    if batch.state not in _WORKING or batch.stage != stage:
        raise Conflict(_("这一步已经做过了。"), code="stage-done")


@act("pipelines.land", gettext_lazy("接收归集数据"))
def land(
    actor: Actor,
    batch_id: UUID,
    *,
    source: str,
    sha256: str,
    size: int,
    rows: int,
    refused: int,
    columns: Sequence[str],
    cursor: str,
) -> Batch:
    """Note that the data of a batch lies in the lake, with its hash. The next batch of a regular run begins where this one ended."""
    batch = batch_for(actor, batch_id)
    _at(batch, "land")
    batch.source, batch.source_sha256, batch.source_bytes, batch.columns = source[:200], sha256, size, list(columns)
    batch.landed, batch.refused, batch.stage = rows, refused, "standardise"
    batch.cursor_after = cursor[:200] if batch.kind == Batch.Kind.REGULAR else ""
    batch.save()
    if batch.cursor_after:
        batch.pipeline.cursor = batch.cursor_after
        batch.pipeline.save(update_fields=["cursor"])
    record(
        "batch",
        batch.id,
        {"pipeline": batch.pipeline_id, "number": batch.number, "sha256": sha256, "rows": rows, "refused": refused},
    )
    return batch


@act("pipelines.hold", gettext_lazy("拦下归集批次"))
def hold(actor: Actor, batch_id: UUID, code: str, words: str, *, held: int = 0) -> Batch:
    """Hold a whole batch for a decision. A source whose columns changed is told by a work order. Announces batch.held."""
    batch = batch_for(actor, batch_id)
    if batch.state not in _WORKING:
        raise Conflict(_("这一步已经做过了。"), code="stage-done")
    batch.state, batch.reason_code, batch.reason, batch.held = Batch.State.HELD, code, words, held
    batch.save(update_fields=["state", "reason_code", "reason", "held"])
    order = orders.tell_shape(batch, declarations.of(batch.pipeline), words) if code in ("schema", "missing") else None
    if order is not None:
        later(order)
    record("batch", batch.id, {"pipeline": batch.pipeline_id, "number": batch.number, "held": code})
    emit("batch.held", batch.id, {"pipeline": batch.pipeline_id, "number": batch.number, "why": code})
    return batch


@act("pipelines.settle", gettext_lazy("结束归集批次"))
def settle(actor: Actor, batch_id: UUID, state: str, words: str = "", code: str = "") -> Batch:
    """End a batch that publishes nothing: it was cancelled, it failed, or there was nothing new. Announces batch.failed."""
    batch = batch_for(actor, batch_id)
    if batch.state not in _WORKING:
        raise Conflict(_("这一步已经做过了。"), code="stage-done")
    batch.state, batch.reason, batch.reason_code, batch.ended_at = state, words, code, timezone.now()
    batch.save(update_fields=["state", "reason", "reason_code", "ended_at"])
    record("batch", batch.id, {"pipeline": batch.pipeline_id, "number": batch.number, "state": state, "why": code})
    if state == Batch.State.FAILED:
        emit("batch.failed", batch.id, {"pipeline": batch.pipeline_id, "number": batch.number, "why": code})
    return batch


@act("pipelines.publish", gettext_lazy("发布归集数据"))
def publish(actor: Actor, batch_id: UUID, merged: Merged) -> Batch:
    """Put a new version of a theme table in force. Announces table.published. Raises :class:`Overtaken` when another version came first."""
    batch = batch_for(actor, batch_id)
    _at(batch, "publish")
    spec, home = declarations.of(batch.pipeline), lake().root
    table = Table.objects.select_for_update().filter(code=spec.table).first()
    if table is None:
        table = Table(code=spec.table, pipeline=batch.pipeline, owner=batch.pipeline.owner)
    if table.version != merged.version - 1:
        raise Overtaken
    table.name, table.owner, table.key = spec.name, batch.pipeline.owner, list(spec.key)
    table.fields = [
        {
            "name": item.name,
            "label": item.label,
            "type": item.type,
            "level": item.level,
            "mask": item.mask,
            "codes": item.codes,
        }
        for item in spec.fields
    ]
    table.version, table.current, table.rows = merged.version, str(merged.current.relative_to(home)), merged.rows
    if merged.history is not None:
        table.history = [*table.history, str(merged.history.relative_to(home))]
    table.as_of, table.updated_at = batch.as_of, timezone.now()
    table.save()
    batch.new, batch.changed, batch.same, batch.ended = merged.new, merged.changed, merged.same, merged.ended
    _finish(batch, spec)
    record(
        "batch", batch.id,
        {
            "pipeline": batch.pipeline_id, "number": batch.number, "table": table.code, "version": table.version, "rows": merged.rows,
            "new": merged.new, "changed": merged.changed, "ended": merged.ended, "held": batch.held,
        },
    )  # fmt: skip
    emit(
        "table.published",
        table.code,
        {"version": table.version, "batch": batch.number, "new": merged.new, "changed": merged.changed},
    )
    return batch


@act("pipelines.publish_to_register", gettext_lazy("把归集数据发布到基础库"))
def publish_to_register(actor: Actor, batch_id: UUID, loaded: Callable[[], Any]) -> Batch:
    """Load the good rows into a base registry, in the transaction of this act. Rows that the registry refuses count as held."""
    batch = batch_for(actor, batch_id)
    _at(batch, "publish")
    spec = declarations.of(batch.pipeline)
    found = loaded()
    batch.new, batch.changed, batch.same, batch.ended = found.new, found.changed, found.same, 0
    if found.refused:
        batch.reason = "；".join(problem.message for problem in found.problems[:5])
        batch.reason_code = "register-refused"
    _finish(batch, spec)
    record(
        "batch", batch.id,
        {"pipeline": batch.pipeline_id, "number": batch.number, "register": spec.register, "new": found.new, "changed": found.changed, "refused": found.refused},
    )  # fmt: skip
    return batch


def _finish(batch: Batch, spec: declarations.Spec) -> None:
    batch.state, batch.ended_at = Batch.State.DONE, timezone.now()
    batch.save()
    if batch.kind != Batch.Kind.REPAIR:
        batch.pipeline.columns = list(batch.columns)
        batch.pipeline.save(update_fields=["columns"])
    order: WorkOrder | None = orders.after_publishing(batch, spec)
    if order is not None:
        later(order)
