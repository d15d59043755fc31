"""Announcing, and asking for work to be done later, as part of the act under way."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

from yiwang.foundation.access.queries import later
from yiwang.kernel.canonical import plain
from yiwang.kernel.refusals import Missing

from .models import Event, Job


def emit(type: str, subject: object, data: dict[str, Any] | None = None) -> Event:
    """Announce that something happened, exactly if the surrounding transaction commits.

    ``type`` is "<kind>.<past participle>" ("application.submitted"); ``data`` holds references, not personal data.
    """
    assert connection.in_atomic_block, "emit() belongs inside an act"
    event = Event(type=type, subject=str(subject), data=plain(data or {}), at=timezone.now())
    later(event)
    return event


def enqueue(task: Task[Any, Any], *, key: str = "", after: dt.datetime | None = None, **arguments: Any) -> bool:
    """Ask for a job, exactly if the surrounding transaction commits.

    ``key`` makes it unique for ever: a second call with the same key does nothing and returns False. ``after`` is the
    earliest moment at which it runs.
    """
    chosen = task.using(run_after=after) if after else task
    if not key:
        chosen.enqueue(**arguments)
        return True
    if Job.objects.filter(key=key).exists():
        return False
    try:
        with transaction.atomic():
            result = chosen.enqueue(**arguments)
            Job.objects.create(name=_path(task), key=key, result_id=result.id)
    except IntegrityError:
        return False
    return True


def _path(task: Task[Any, Any]) -> str:
    return f"{task.func.__module__}.{task.func.__qualname__}"


def revive(job_id: str) -> Job:
    """Give a dead job all its tries again, inside the act of an operator. Raises :class:`Missing` when it is not dead."""
    job = Job.objects.select_for_update().filter(id=job_id).exclude(dead_at=None).first()
    if job is None:
        raise Missing(_("没有这个失败的任务，可能已经重新运行。"))
    job.attempts, job.dead_at, job.last_error = 0, None, ""
    job.save()
    DBTaskResult.objects.filter(id=job.result_id).update(status="READY", run_after=timezone.now(), finished_at=None)
    return job
