"""The job that hands one event to one subscriber."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from . import sending
from .models import Event, WebhookDelivery
from .slots import Happening, every, job, subscribers

KEPT = dt.timedelta(days=90)  # how long the log of deliveries goes back


@job()
def deliver(event_id: str, subscriber: str) -> None:
    """Run one subscriber for one event."""
    event = Event.objects.get(id=event_id)
    subscribers[subscriber].run(Happening(str(event.id), event.type, event.subject, event.data))


@job(tries=sending.TRIES)
def send(delivery_id: str) -> None:
    """Send one event to one webhook, once it has not been taken."""
    sending.attempt(delivery_id)


@every(6 * 3600)
def forget_deliveries() -> None:
    """Delete what was delivered long ago from the log."""
    WebhookDelivery.objects.filter(delivered_at__lt=timezone.now() - KEPT).delete()
