"""Telling people, and marking what they have read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Level, act, owner, require, system
from yiwang.foundation.events.actions import enqueue
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.canonical import plain

from .jobs import deliver
from .models import Delivery, Message
from .queries import own
from .slots import channels, templates

LONGEST_LINK = 200


class Unsendable(ValueError):
    """A message that cannot be sent: an unknown template, a missing variable, a link to elsewhere. A defect in the code."""


def send(party_id: UUID, template: str, data: dict[str, Any], *, link: str = "") -> Message:
    """Tell a party something, as part of the act or job under way; the node is the one who tells.

    ``template`` must be plugged and ``data`` must have all its variables; other data is not kept. ``link`` is a path on this
    node. Raises :class:`Unsendable`.
    """
    return _send(system(), party_id, template, data, link)


@act("messages.send", gettext_lazy("发送消息"))
def _send(actor: Actor, party_id: UUID, template: str, data: dict[str, Any], link: str) -> Message:
    require(actor, subject=f"party:{party_id}")
    if template not in templates:
        raise Unsendable(f"there is no message template {template!r}")
    wanted = templates[template].variables()
    if wanted - data.keys():
        raise Unsendable(f"message {template!r} lacks {sorted(wanted - data.keys())}")
    if link and (not link.startswith("/") or link.startswith(("//", "/\\")) or len(link) > LONGEST_LINK):
        raise Unsendable(f"a message links to a path on this node, not to {link[:80]!r}")
    message = Message(
        party_id=party_id, template=template, data=plain({name: data[name] for name in wanted}), link=link
    )
    message.save(force_insert=True)
    for channel in channels:
        delivery = Delivery.objects.create(message=message, channel=channel)
        enqueue(deliver, delivery_id=str(delivery.id))
    record("message", message.id, {"template": template, "party": party_id, "channels": list(channels)})
    return message


@act("messages.read", gettext_lazy("阅读消息"), party=True, level=Level.NUMBER)
def read(actor: Actor, message_id: UUID) -> Message:
    """Mark a message of a party of the actor's as read; the first time counts. Somebody else's is answered as if it were not there."""
    message = own(Message.objects.select_for_update().filter(id=message_id).first(), actor, message_id)
    first = message.read_at is None
    if first:
        message.read_at = timezone.now()
        message.save(update_fields=["read_at"])
    record("message", message.id, {"first": first})
    return message


@act("messages.read-all", gettext_lazy("全部标为已读"), party=True, level=Level.NUMBER)
def read_all(actor: Actor) -> int:
    """Mark every message of the party acted for as read; returns how many were not."""
    require(actor, owner(actor.party_id), subject="inbox")
    count = Message.objects.filter(party=actor.party_id, read_at=None).update(read_at=timezone.now())
    record("inbox", actor.party_id, {"count": count})
    return count
