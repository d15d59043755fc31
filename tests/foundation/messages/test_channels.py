"""Beside the inbox a message goes through every plugged channel, by a job that tries again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from tests.factories import citizen
from tests.factories.notices import message_templates, told
from yiwang.foundation.events.worker import Worker
from yiwang.foundation.messages.jobs import deliver
from yiwang.foundation.messages.models import Delivery
from yiwang.foundation.messages.slots import Outgoing, channels

pytestmark = pytest.mark.django_db


class Pager:
    """A channel that fails a number of times first."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.taken: list[Outgoing] = []

    def deliver(self, message: Outgoing) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the channel is down")
        self.taken.append(message)


@pytest.fixture(autouse=True)
def _templates() -> Iterator[None]:
    with message_templates():
        yield


def test_without_a_channel_the_inbox_is_all() -> None:
    told(citizen())
    assert not Delivery.objects.exists()


def test_a_channel_gets_the_words_and_a_whole_address_once() -> None:
    pager = Pager()
    with channels.plugged("pager", pager):
        sent = told(citizen())
        Worker().run_next()
        delivery = Delivery.objects.get()
        deliver.func(str(delivery.id))  # a job may run twice
    assert delivery.delivered_at is not None
    (taken,) = pager.taken
    assert (taken.id, taken.title) == (sent.id, "“食品经营许可核发”已受理")
    assert taken.link == "http://127.0.0.1:8000/my/cases/990100202611210000010001"


def test_a_channel_that_is_down_is_tried_again_and_the_inbox_has_it_meanwhile() -> None:
    pager = Pager(failures=1)
    with channels.plugged("pager", pager):
        told(citizen())
        worker = Worker()
        worker.run_next()
        assert Delivery.objects.get().delivered_at is None
        DBTaskResult.objects.update(run_after=timezone.now())  # the pause is over
        worker.run_next()
    assert Delivery.objects.get().delivered_at is not None
    assert len(pager.taken) == 1


def test_each_channel_is_delivered_apart() -> None:
    up, down = Pager(), Pager(failures=9)
    with channels.plugged("up", up), channels.plugged("down", down):
        told(citizen())
        worker = Worker()
        worker.run_next()
        worker.run_next()
    assert len(up.taken) == 1
    assert {d.channel for d in Delivery.objects.filter(delivered_at=None)} == {"down"}
