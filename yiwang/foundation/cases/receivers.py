"""What this room does when others announce something."""

from __future__ import annotations

from yiwang.foundation.events.actions import enqueue
from yiwang.foundation.events.slots import Happening, subscribe

from .jobs import recount_provisional


@subscribe("calendar.changed")
def on_calendar(happening: Happening) -> None:
    """A holiday notice was loaded: provisional limits become firm."""
    enqueue(recount_provisional, key=f"recount:{happening.id}")
