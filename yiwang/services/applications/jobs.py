"""Background work: the papers of decisions get their seal."""

from __future__ import annotations

import datetime as dt

import structlog
from django.utils import timezone

from yiwang.foundation.access.queries import system
from yiwang.foundation.events.slots import every, job
from yiwang.kernel.refusals import Conflict, Missing

from .models import Paper

log = structlog.get_logger("yiwang.applications")
PATIENCE = dt.timedelta(minutes=10)
BATCH = 100


@job()
def seal_paper(paper_id: str) -> None:
    """Seal one paper. An agency without a seal in use is no failure of the job: the paper waits for :func:`seal_waiting`."""
    from . import actions  # they enqueue this

    try:
        actions.seal_paper(system(), paper_id)
    except (Missing, Conflict) as refusal:
        log.warning("a paper waits for a seal", paper=paper_id, why=str(refusal))


@every(3600)
def seal_waiting() -> None:
    """Try again the papers whose agency had no seal in use. Any of them: agencies that still have none must not hold up the others."""
    before = timezone.now() - PATIENCE
    rows = Paper.objects.filter(file_id=None, created_at__lt=before).order_by("?")
    for paper_id in rows.values_list("id", flat=True)[:BATCH]:
        seal_paper.func(str(paper_id))
