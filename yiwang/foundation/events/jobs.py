"""The job that hands one event to one subscriber."""

from __future__ import annotations

from .models import Event
from .slots import Happening, job, subscribers


@job()
def deliver(event_id: str, subscriber: str) -> None:
    """Run one subscriber for one event."""
    event = Event.objects.get(id=event_id)
    subscribers[subscriber].run(Happening(str(event.id), event.type, event.subject, event.data))
