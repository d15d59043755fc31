"""Reading what waits and what failed."""

from __future__ import annotations

from dataclasses import dataclass

from django_tasks_db.models import DBTaskResult

from yiwang.foundation.access.queries import Actor, permission, require
from yiwang.kernel.pages import Page, page

from .models import Event, Job

READ = permission("events.read", "查看后台任务")


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits: events not handed over, jobs ready or running, jobs that died."""

    events: int
    jobs: int
    dead: int


def backlog(actor: Actor) -> Backlog:
    """What waits on this node."""
    require(actor, permission=READ)
    return Backlog(
        Event.objects.filter(handed_over_at=None).count(),
        DBTaskResult.objects.filter(status__in=["READY", "RUNNING"]).count(),
        Job.objects.exclude(dead_at=None).count(),
    )


def dead_jobs(actor: Actor, cursor: str = "") -> Page[Job]:
    """Jobs whose tries are used up, newest first."""
    require(actor, permission=READ)
    return page(Job.objects.exclude(dead_at=None), order=("-dead_at", "-id"), cursor=cursor)
