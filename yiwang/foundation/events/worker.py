"""The loop that hands over events, starts repeating work, runs jobs and picks up what a killed worker dropped."""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import threading
import time
from traceback import format_exception
from types import FrameType
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from yiwang.config.environment import environment
from yiwang.config.metrics import JOBS

from .fanout import fan_out
from .jobs import deliver
from .models import Event, Job, Schedule
from .outbox import emit, enqueue
from .slots import DEFAULT_TRIES, RETRIES, Unalarming, repeating, subscribers

log = structlog.get_logger("yiwang.worker")

RENEWALS = 4  # of a lease while it runs: some may come late, when the store is busy
IDLE = 0.2  # seconds between looks at an empty queue
BATCH = 100


def pause_before(attempt: int) -> dt.timedelta:
    """How long to wait before try number ``attempt`` + 1: 1 s, 4 s, 16 s … at most an hour."""
    return dt.timedelta(seconds=min(4 ** (attempt - 1), 3600))


def tries_of(job: Job) -> int:
    """How often a job is tried in all."""
    return RETRIES.get(job.name, DEFAULT_TRIES)


def lease_from_now() -> dt.datetime:
    """Until when a worker holds the job that it begins or goes on with at this moment."""
    return timezone.now() + dt.timedelta(seconds=environment.job_lease)


def _alarm(job: Job) -> None:
    """Announce that a job's tries are used up, so that a webhook can call the operator; the page of jobs shows it too."""
    emit("job.died", job.id, {"name": job.name, "attempts": job.attempts})


class WorkerLost(RuntimeError):
    """A worker ended, without a word, while it ran a job."""


class Worker:
    """One process that runs jobs, one after another."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()[:30]}-{os.getpid()}"
        self.stopping = False

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def run(self, *, once: bool = False) -> int:
        """Work until told to stop (SIGTERM, SIGINT) or, with ``once``, until nothing is left that can run now."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._stop)
            signal.signal(signal.SIGINT, self._stop)
        while not self.stopping:
            try:
                busy = self.step()
            except (OperationalError, InterfaceError) as error:  # the store is down or locked: wait, do not die
                log.warning("store", error=str(error))
                close_old_connections()
                busy = False
                if once:
                    raise
                time.sleep(1)
            if not busy:
                if once:
                    return 0
                time.sleep(IDLE)
        return 0

    def step(self) -> bool:
        """One round. Returns whether anything was done."""
        if not connection.in_atomic_block:  # a test runs inside one
            close_old_connections()
        busy = self.reap() + self.start_repeating() + self.hand_over()
        return self.run_next() or bool(busy)

    def hand_over(self) -> int:
        """Turn waiting events into jobs, one for each subscriber; returns how many events."""
        if not Event.objects.filter(handed_over_at=None).exists():
            return 0
        with transaction.atomic():
            waiting = list(
                Event.objects.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
                .filter(handed_over_at=None)
                .order_by("id")[:BATCH]
            )
            for event in waiting:
                for name, subscriber in subscribers.items():
                    if event.type in subscriber.types:
                        enqueue(deliver, event_id=str(event.id), subscriber=name)
            fan_out(waiting)
            Event.objects.filter(id__in=[event.id for event in waiting]).update(handed_over_at=timezone.now())
        return len(waiting)

    def start_repeating(self) -> int:
        """Run the repeating work that is due, each on one worker only; returns how many ran."""
        ran = 0
        now = timezone.now()
        due = {row.name: row.due_at for row in Schedule.objects.all()}
        for name, work in repeating.items():
            if due.get(name, now) > now:
                continue
            next_due = now + dt.timedelta(seconds=work.seconds)
            if name in due:
                mine = Schedule.objects.filter(name=name, due_at=due[name]).update(due_at=next_due)
            else:
                _row, mine = Schedule.objects.get_or_create(name=name, defaults={"due_at": next_due})
            if mine:
                ran += 1
                try:
                    work.run()
                except Exception:  # one room's failure must not stop the others; the next round tries again
                    log.exception("repeating work failed", work=name)
        return ran

    def reap(self) -> int:
        """Give back the jobs whose worker was killed: their lease ran out without a heartbeat. Returns how many.

        A job whose tries are used up that way is dead: it may be what kills the workers.
        """
        now = timezone.now()
        lost = list(Job.objects.filter(leased_until__lt=now).order_by("leased_until")[:BATCH])
        for job in lost:
            with transaction.atomic():
                if Job.objects.filter(id=job.id, leased_until=job.leased_until).update(leased_until=None):
                    self._take_back(job, now)
        return len(lost)

    def _take_back(self, job: Job, now: dt.datetime) -> None:
        result = DBTaskResult.objects.filter(id=job.result_id, status=TaskResultStatus.RUNNING).first()
        if result is None:
            return
        dead = job.attempts >= tries_of(job)
        log.warning("a job of a lost worker is taken back", job=job.name, attempt=job.attempts, dead=dead)
        if dead:
            lost = WorkerLost(f"the worker ended while it ran this job, {job.attempts} times")
            result.set_failed(lost)
            Job.objects.filter(id=job.id).update(dead_at=now, last_error=str(lost))
            _alarm(job)
        else:
            result.status, result.run_after = TaskResultStatus.READY, now
            result.save(update_fields=["status", "run_after"])

    def _claim(self) -> tuple[DBTaskResult[..., object], Job] | None:
        ready = DBTaskResult.objects.ready()
        if not ready.exists():
            return None
        with transaction.atomic():
            result = ready.get_locked()
            if result is None:
                return None
            result.claim(self.name)
            job, _made = Job.objects.get_or_create(result_id=result.id, defaults={"name": result.task_path})
            job.attempts += 1
            job.leased_until = lease_from_now()
            job.save(update_fields=["attempts", "leased_until"])
        return result, job

    def run_next(self) -> bool:
        """Run one job, if one is ready."""
        claimed = self._claim()
        if claimed is None:
            return False
        result, job = claimed
        done = threading.Event()
        heart = threading.Thread(target=self._beat, args=(job.id, done), daemon=True)
        heart.start()
        try:
            result.task.call(*result.args_kwargs["args"], **result.args_kwargs["kwargs"])
        except Exception as error:  # whatever a job raises is kept, retried and, in the end, shown to the operator
            self._failed(result, job, error)
        else:
            with transaction.atomic():
                result.set_successful(None)
                Job.objects.filter(id=job.id).update(leased_until=None)
            JOBS.labels("done").inc()
        finally:
            done.set()
            heart.join()
        return True

    def _failed(self, result: DBTaskResult[..., object], job: Job, error: Exception) -> None:
        text = "".join(format_exception(error))[-8000:]
        last = job.attempts >= tries_of(job)
        log.error("job failed", job=job.name, attempt=job.attempts, dead=last, error=repr(error))
        now = timezone.now()
        JOBS.labels("dead" if last else "failed").inc()
        with transaction.atomic():
            result.set_failed(error)
            if not last:
                DBTaskResult.objects.filter(id=result.id).update(
                    status=TaskResultStatus.READY, run_after=now + pause_before(job.attempts), finished_at=None
                )
            Job.objects.filter(id=job.id).update(leased_until=None, dead_at=now if last else None, last_error=text)
            if last and not isinstance(error, Unalarming):
                _alarm(job)

    def _beat(self, job_id: UUID, done: threading.Event) -> None:
        while not done.wait(environment.job_lease / RENEWALS):
            try:
                Job.objects.filter(id=job_id).update(leased_until=lease_from_now())
            except (OperationalError, InterfaceError) as error:  # busy or gone for a moment: the next beat tries again
                log.warning("a lease is not renewed", error=str(error))
                connection.close()
        connection.close()
