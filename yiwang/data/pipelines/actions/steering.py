"""Running, stopping and letting go on."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.pipelines import declarations, orders
from yiwang.data.pipelines.models import Batch, WorkOrder
from yiwang.foundation.access.queries import Actor, act
from yiwang.foundation.events.actions import enqueue
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Invalid, Problem

from .common import batch_for, new_batch, pipeline_for

LONGEST_WHY = 200


def _moment(name: str, value: str) -> str:
    try:
        dt.datetime.fromisoformat(value)
    except ValueError:
        message = _("时间请写成 2026-11-01 或 2026-11-01 08:00:00 的样子。")
        raise Invalid(message, problems=[Problem(name, "format", message)]) from None
    return value


@act("pipelines.start", gettext_lazy("运行数据归集"))
def start(actor: Actor, code: str, *, since: str = "", until: str = "", as_of: str = "") -> Batch:
    """Run a pipeline now. With ``since`` or ``until`` it is a back-fill of that span, which never takes the place of what is newer.

    One run at a time is made by hand: while one waits or runs, that one is returned. Raises :class:`Invalid` for a moment that is none.
    """
    pipeline = pipeline_for(actor, code)
    options: dict[str, Any] = {
        name: _moment(name, value) for name, value in (("since", since), ("until", until), ("as_of", as_of)) if value
    }
    at_work = None
    if not options:
        at_work = (
            pipeline.batches.filter(state__in=["waiting", "running"], kind=Batch.Kind.REGULAR)
            .order_by("number")
            .first()
        )
    kind = Batch.Kind.BACKFILL if since or until else Batch.Kind.REGULAR
    batch = at_work or new_batch(actor, pipeline, options, kind=kind)
    record(
        "batch",
        batch.id,
        {"pipeline": pipeline.code, "number": batch.number, "kind": batch.kind, "again": at_work is not None},
    )
    return batch


@act("pipelines.cancel", gettext_lazy("取消归集批次"))
def cancel(actor: Actor, batch_id: UUID | str) -> Batch:
    """Stop a batch: at once when it waits or is held, at its next step when it runs. Nothing of it is published.

    Raises :class:`Conflict` for one that has ended.
    """
    batch = batch_for(actor, batch_id)
    if batch.state not in (Batch.State.WAITING, Batch.State.RUNNING, Batch.State.HELD):
        raise Conflict(_("这一批已经结束，不能取消。"), code="batch-ended")
    batch.cancel_wanted = True
    if batch.state != Batch.State.RUNNING:
        batch.state = Batch.State.CANCELLED
    batch.save(update_fields=["cancel_wanted", "state"])
    _give_back(batch)
    record("batch", batch.id, {"cancelled": True})
    return batch


def _give_back(batch: Batch) -> None:
    """What a cancelled batch took is taken again by the next one."""
    pipeline = batch.pipeline
    if batch.cursor_after and pipeline.cursor == batch.cursor_after:
        pipeline.cursor = batch.cursor_before
        pipeline.save(update_fields=["cursor"])


@act("pipelines.release", gettext_lazy("放行拦下的数据"))
def release(actor: Actor, batch_id: UUID | str, why: str) -> Batch:
    """Let a held batch go on, with the reason. Rows that break a rule stay held.

    Raises :class:`Conflict` for a batch that is not held, or whose columns are missing: that needs another file or another declaration.
    """
    batch = batch_for(actor, batch_id)
    if batch.state != Batch.State.HELD:
        raise Conflict(_("这一批没有被拦下，不用放行。"), code="not-held")
    if batch.reason_code == "missing":
        raise Conflict(
            _("缺少的列补不出来，不能放行。请让来源重新提供，或修改任务声明后再运行。"), code="columns-missing"
        )
    if not 2 <= len(why.strip()) <= LONGEST_WHY:
        message = _("请写明为什么可以放行，2 至 200 个字。")
        raise Invalid(message, problems=[Problem("why", "required", message)])
    from yiwang.data.pipelines.jobs import run_batch

    batch.passed = [*batch.passed, batch.reason_code]
    batch.state, batch.reason = Batch.State.WAITING, _("已放行：%(why)s") % {"why": why.strip()}
    batch.save(update_fields=["passed", "state", "reason"])
    for order in WorkOrder.objects.filter(batch=batch, why=WorkOrder.Why.SCHEMA, state=WorkOrder.State.OPEN):
        orders.close(order, _("新的数据结构已经接受。"))
    enqueue(run_batch, batch_id=str(batch.id))
    record("batch", batch.id, {"released": batch.reason_code, "number": batch.number})
    return batch


@act("pipelines.rerun", gettext_lazy("重新运行归集批次"))
def rerun(actor: Actor, batch_id: UUID | str) -> Batch:
    """Run a batch again by the newest declaration: one that failed or was cancelled from where it stood, the last finished one from its landed data.

    Raises :class:`Conflict` for one that runs, or that a later one has followed: the older must not take the place of the newer.
    """
    batch = batch_for(actor, batch_id)
    if batch.state in (Batch.State.WAITING, Batch.State.RUNNING):
        raise Conflict(_("这一批正在运行，请等它结束。"), code="batch-running")
    if batch.pipeline.batches.filter(number__gt=batch.number, state=Batch.State.DONE, landed__gt=0).exists():
        raise Conflict(_("后面已经有更新的批次，不能再用这一批覆盖它。"), code="batch-overtaken")
    from yiwang.data.pipelines.jobs import run_batch

    batch.stage = "standardise" if batch.columns else "land"
    batch.version = batch.pipeline.version
    batch.state, batch.cancel_wanted, batch.reason, batch.reason_code, batch.ended_at = (
        Batch.State.WAITING,
        False,
        "",
        "",
        None,
    )
    batch.cursor_before = batch.cursor_before if batch.columns else batch.pipeline.cursor
    batch.save()
    if batch.cursor_after and batch.kind == Batch.Kind.REGULAR:
        batch.pipeline.cursor = batch.cursor_after
        batch.pipeline.save(update_fields=["cursor"])
    enqueue(run_batch, batch_id=str(batch.id))
    record("batch", batch.id, {"rerun": batch.stage, "version": declarations.of(batch.pipeline).code})
    return batch
