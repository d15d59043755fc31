"""A worker that ends in the middle of a job: the job goes to another after the lease, and not for ever."""

from __future__ import annotations

import pytest
import time_machine
from django.db import OperationalError, connection
from django_tasks_db.models import DBTaskResult

from yiwang.config.environment import environment
from yiwang.foundation.events.actions import enqueue, revive
from yiwang.foundation.events.models import Job
from yiwang.foundation.events.slots import job
from yiwang.foundation.events.worker import RENEWALS, Worker

pytestmark = pytest.mark.django_db
ran: list[str] = []


@job(tries=3)
def write_down(word: str) -> None:
    ran.append(word)


@pytest.fixture(autouse=True)
def _forget() -> None:
    ran.clear()


def test_the_job_of_a_lost_worker_runs_after_its_lease() -> None:
    enqueue(write_down, word="a")
    with time_machine.travel("2026-11-23T09:00:00Z", tick=False) as clock:
        clock.shift(1)
        assert Worker()._claim() is not None
        Worker().reap()
        assert Worker().run_next() is False
        clock.shift(environment.job_lease + 1)
        assert Worker().reap() == 1
        assert Worker().run_next()
    assert ran == ["a"]
    assert Job.objects.get().leased_until is None


def test_a_job_that_takes_every_worker_with_it_is_dead_when_its_tries_are_used_up() -> None:
    with time_machine.travel("2026-11-23T09:00:00Z", tick=False) as clock:
        enqueue(write_down, word="a")
        for _try in range(3):
            clock.shift(1)
            assert Worker()._claim() is not None
            clock.shift(environment.job_lease + 1)
            Worker().reap()
        assert Worker().run_next() is False
        (dead,) = Job.objects.exclude(dead_at=None)
        assert (dead.attempts, ran) == (3, [])
        assert "the worker ended" in dead.last_error
        assert DBTaskResult.objects.get().status == "FAILED"
        revive(str(dead.id))  # the operator has mended what killed the workers
        clock.shift(1)
        Worker().run_next()
    assert ran == ["a"]


@pytest.mark.django_db(transaction=True)
def test_a_store_that_is_busy_at_one_beat_does_not_end_the_others() -> None:
    """A lease is renewed some times before it runs out; a beat that finds the store locked leaves it to the next."""
    beats: list[float] = []

    class Done:
        def wait(self, seconds: float) -> bool:
            beats.append(seconds)
            return len(beats) > 3

    def locked(*arguments: object) -> object:
        raise OperationalError("database is locked")

    enqueue(write_down, word="a")
    claimed = Worker()._claim()
    assert claimed is not None
    with connection.execute_wrapper(locked):
        Worker()._beat(claimed[1].id, Done())  # type: ignore[arg-type]
    assert beats == [environment.job_lease / RENEWALS] * 4
