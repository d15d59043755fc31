"""From events to webhooks: one delivery, and one job, for each webhook that wants the event."""

from __future__ import annotations

from collections.abc import Sequence

from .jobs import send
from .models import Event, Webhook, WebhookDelivery
from .outbox import enqueue


def fan_out(events: Sequence[Event]) -> int:
    """Make the deliveries of events that are being handed over, in the same transaction; returns how many."""
    hooks = list(Webhook.objects.filter(removed_at=None))
    made = [
        WebhookDelivery(webhook=hook, event=event, held=hook.off_at is not None)
        for event in events
        for hook in hooks
        if hook.wants(event.type, event.subject)
    ]
    WebhookDelivery.objects.bulk_create(made)
    for delivery in made:
        if not delivery.held:
            enqueue(send, delivery_id=str(delivery.id))
    return len(made)
