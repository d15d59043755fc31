"""Messages for tests: templates that exist for the length of a test, and a message that was sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.messages.actions import send
from yiwang.foundation.messages.models import Message
from yiwang.foundation.messages.slots import Template, templates

ACCEPTED = Template("“%(item)s”已受理", "您申请的“%(item)s”（%(number)s）已经受理，最晚 %(day)s 答复您。")
CORRECTION = Template("“%(item)s”需要补正", "请补交：%(what)s。", asks=True)


@contextmanager
def message_templates() -> Iterator[None]:
    """Two templates: test-accepted and test-correction."""
    with templates.plugged("test-accepted", ACCEPTED), templates.plugged("test-correction", CORRECTION):
        yield


def told(actor: Actor, item: str = "食品经营许可核发") -> Message:
    """A message that the actor's party has got."""
    assert actor.party_id is not None
    data = {"item": item, "number": "990100202611210000010001", "day": "2026年12月1日"}
    return send(actor.party_id, "test-accepted", data, link="/my/cases/990100202611210000010001")
