"""Nothing committed is left unannounced, nothing is run by two workers, and what fails is tried, then kept for people."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from tests.factories import citizen, official
from yiwang.config.environment import environment
from yiwang.foundation.access.queries import Actor, Level, act, owner, require
from yiwang.foundation.events import queries
from yiwang.foundation.events.actions import emit, enqueue, revive
from yiwang.foundation.events.models import Event, Job, Schedule
from yiwang.foundation.events.slots import RETRIES, Happening, Repeating, Subscriber, job, repeating, subscribers
from yiwang.foundation.events.worker import Worker, pause_before
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Denied, Missing

pytestmark = pytest.mark.django_db

done: list[str] = []
failures: list[int] = []  # how often the next runs fail


@job(tries=3)
def note(what: str) -> None:
    if failures and failures[0] > 0:
        failures[0] -= 1
        raise RuntimeError(f"cannot note {what}")
    done.append(what)


@pytest.fixture(autouse=True)
def _clean() -> None:
    done.clear()
    failures.clear()


@act("trial.announce", "宣布", party=True, level=Level.NUMBER)
def announce(actor: Actor, what: str, fail: bool = False) -> None:
    require(actor, owner(actor.party_id))
    emit("trial.announced", what, {"what": what})
    enqueue(note, what=what)
    record("trial", what)
    if fail:
        raise RuntimeError("the act fails at its last step")


def heard(happening: Happening) -> None:
    done.append(f"heard {happening.data['what']}")


def test_an_event_reaches_its_subscribers_once() -> None:
    announce(citizen(), "甲")
    with subscribers.plugged("trial", Subscriber("trial", frozenset({"trial.announced"}), heard)):
        Worker().run(once=True)
        Worker().run(once=True)
    assert sorted(done) == ["heard 甲", "甲"]
    assert not Event.objects.filter(handed_over_at=None).exists()


def test_an_act_that_fails_announces_nothing() -> None:
    with pytest.raises(RuntimeError):
        announce(citizen(), "甲", fail=True)
    assert not Event.objects.exists()
    assert not DBTaskResult.objects.exists()


def test_a_key_makes_a_job_unique_for_ever() -> None:
    assert enqueue(note, key="once", what="甲")
    assert not enqueue(note, key="once", what="甲")
    Worker().run(once=True)
    assert not enqueue(note, key="once", what="甲")
    assert done == ["甲"]


def test_a_job_for_later_waits() -> None:
    enqueue(note, what="甲", after=timezone.now() + dt.timedelta(hours=1))
    Worker().run(once=True)
    assert done == []
    with time_machine.travel(timezone.now() + dt.timedelta(hours=2)):
        Worker().run(once=True)
    assert done == ["甲"]


def test_a_failing_job_is_tried_again_with_growing_pauses_and_succeeds() -> None:
    failures.append(2)
    enqueue(note, what="甲")
    now = timezone.now()
    for attempt in (1, 2, 3):
        with time_machine.travel(now):
            Worker().run(once=True)
        now += pause_before(attempt) + dt.timedelta(seconds=1)
    assert done == ["甲"]
    assert Job.objects.get().attempts == 3


def test_tries_used_up_leave_a_dead_letter_that_can_be_run_again() -> None:
    failures.append(3)
    enqueue(note, what="甲")
    now = timezone.now()
    for attempt in (1, 2, 3):
        with time_machine.travel(now):
            Worker().run(once=True)
        now += pause_before(attempt) + dt.timedelta(seconds=1)
    dead = Job.objects.get()
    assert dead.dead_at is not None
    assert "cannot note 甲" in dead.last_error
    admin = official("node-admin", ["events.read"])
    with pytest.raises(Denied):
        queries.dead_jobs(citizen())
    with pytest.raises(Denied):  # held in one agency, not for the node
        queries.dead_jobs(admin)
    with transaction.atomic():
        revive(str(dead.id))
    with pytest.raises(Missing), transaction.atomic():
        revive(str(dead.id))
    Worker().run(once=True)
    assert done == ["甲"]


def test_a_job_of_a_killed_worker_is_given_back_after_its_lease() -> None:
    enqueue(note, what="甲")
    assert Worker()._claim() is not None  # a worker that dies here never comes back to it
    Worker().run(once=True)
    assert done == []
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=environment.job_lease + 1)):
        Worker().run(once=True)
    assert done == ["甲"]
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL


def test_repeating_work_runs_when_due_and_one_failure_stops_no_other() -> None:
    def broken() -> None:
        raise RuntimeError("broken")

    ran: list[str] = []
    with (
        repeating.plugged("a-broken", Repeating("a-broken", 60, broken)),
        repeating.plugged("b-good", Repeating("b-good", 60, lambda: ran.append("good"))),
    ):
        Worker().start_repeating()
        Worker().start_repeating()
        with time_machine.travel(timezone.now() + dt.timedelta(seconds=61)):
            Worker().start_repeating()
    assert ran == ["good", "good"]
    assert Schedule.objects.filter(name="b-good").count() == 1


def test_pauses_grow_to_an_hour() -> None:
    assert [pause_before(attempt).total_seconds() for attempt in (1, 2, 3, 10)] == [1, 4, 16, 3600]
    assert RETRIES[f"{__name__}.note"] == 3
