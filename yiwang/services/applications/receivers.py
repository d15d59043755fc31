"""What this room does when others announce something."""

from __future__ import annotations

from yiwang.foundation.access.queries import system
from yiwang.foundation.events.slots import Happening, subscribe

from . import actions


@subscribe("application.submitted")
def on_decided_at_once(happening: Happening) -> None:
    """What the node decided alone may be drawn for a second look."""
    if happening.data.get("ended"):
        actions.draw_recheck(system(), happening.subject)
