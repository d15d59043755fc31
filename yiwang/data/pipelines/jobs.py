"""Background work: running batches, and beginning those whose time has come."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from yiwang.data.engine.queries import lake
from yiwang.foundation.access.queries import system
from yiwang.foundation.events.actions import enqueue
from yiwang.foundation.events.slots import every, job

from . import actions, declarations, running
from .actions.declaring import next_run
from .models import Batch, Pipeline
from .sources.files import waiting

AGAIN = dt.timedelta(seconds=3)
LEFT_BEHIND = dt.timedelta(days=1)


@job()
def run_batch(batch_id: str) -> None:
    """Run a batch, after those of the same pipeline that came before it: the newer must be published last."""
    batch = Batch.objects.get(id=batch_id)
    if Batch.objects.filter(pipeline=batch.pipeline_id, number__lt=batch.number, state__in=running.AT_WORK).exists():
        enqueue(run_batch, after=timezone.now() + AGAIN, batch_id=batch_id)
        return
    done = running.run(batch_id)
    # A folder may hold more than one file; each is a batch of its own.
    if done.state == Batch.State.DONE and declarations.of(done.pipeline).slot == "file" and waiting(done.pipeline_id):
        actions.start(system(), done.pipeline_id)


@every(20)
def start_due() -> None:
    """Begin the pipelines whose time has come. One that still runs is not begun a second time."""
    now = timezone.now()
    for pipeline in Pipeline.objects.filter(next_at__lte=now, paused=False):
        # Moved on first: a worker that dies in between leaves out one run and doubles none.
        if Pipeline.objects.filter(code=pipeline.code, next_at=pipeline.next_at).update(
            next_at=next_run(declarations.of(pipeline), now)
        ):
            actions.start(system(), pipeline.code)


@every(3600)
def sweep() -> None:
    """Remove what killed processes left in the lake."""
    lake().sweep(LEFT_BEHIND)
