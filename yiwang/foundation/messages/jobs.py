"""Delivering messages through the channels beside the inbox."""

from __future__ import annotations

from django.utils import timezone

from yiwang.config.environment import environment
from yiwang.foundation.events.slots import job

from .models import Delivery
from .slots import Outgoing, channels


@job()
def deliver(delivery_id: str) -> None:
    """Hand one message to one channel, once. A channel that was unplugged meanwhile fails, and is seen among the dead jobs."""
    delivery = Delivery.objects.select_related("message").get(id=delivery_id)
    if delivery.delivered_at is not None:
        return
    message = delivery.message
    link = f"{environment.origin}{message.link}" if message.link else ""
    channels[delivery.channel].deliver(Outgoing(message.id, message.party_id, message.title, message.text, link))
    delivery.delivered_at = timezone.now()
    delivery.save(update_fields=["delivered_at"])
