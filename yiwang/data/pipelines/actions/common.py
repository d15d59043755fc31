"""What the acts share."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.data.pipelines import declarations
from yiwang.data.pipelines.models import Batch, Pipeline
from yiwang.foundation.access.queries import Actor, Scope, require
from yiwang.foundation.events.actions import enqueue
from yiwang.kernel.refusals import Missing

__all__: list[str] = []  # nothing here is an act; the acts of this package import these by name


def scope_of(pipeline: Pipeline) -> Scope:
    """Where a pipeline lies: with the agency that answers for its data, at the level of its highest field."""
    return Scope(agency=pipeline.owner.path, region=pipeline.owner.region.path, level=declarations.of(pipeline).level)


def pipeline_for(actor: Actor, code: str) -> Pipeline:
    """The pipeline, locked, once the actor may. One that is not there looks like one that is not theirs."""
    found = Pipeline.objects.select_for_update(of=("self",)).select_related("owner__region").filter(code=code).first()
    require(actor, scope_of(found) if found else Scope(), subject=f"pipeline:{code}")
    if found is None:
        raise Missing(_("没有这个归集任务。"))
    return found


def batch_for(actor: Actor, batch_id: UUID | str) -> Batch:
    """The batch, locked, once the actor may."""
    found = (
        Batch.objects.select_for_update(of=("self",))
        .select_related("pipeline__owner__region")
        .filter(id=batch_id)
        .first()
    )
    require(actor, scope_of(found.pipeline) if found else Scope(), subject=f"batch:{batch_id}")
    if found is None:
        raise Missing(_("没有这一批数据。"))
    return found


def new_batch(
    actor: Actor, pipeline: Pipeline, options: dict[str, Any], *, kind: str = Batch.Kind.REGULAR, **more: Any
) -> Batch:
    """A batch that waits for a worker. ``pipeline`` must be locked: its batches are numbered."""
    from yiwang.data.pipelines.jobs import run_batch

    pipeline.batches_made += 1
    pipeline.save(update_fields=["batches_made"])
    as_of = dt.date.fromisoformat(options["as_of"]) if options.get("as_of") else timezone.localdate()
    batch = Batch.objects.create(
        pipeline=pipeline, number=pipeline.batches_made, version=pipeline.version, kind=kind, options=options, as_of=as_of,
        cursor_before=pipeline.cursor, by=actor.reference(), **more,
    )  # fmt: skip
    enqueue(run_batch, batch_id=str(batch.id))
    return batch
