"""What this room does when others announce something."""

from __future__ import annotations

from yiwang.foundation.events.slots import Happening, subscribe

from .actions import offer
from .contacts import CASE


@subscribe("case.stepped", "application.submitted")
def on_case_ended(happening: Happening) -> None:
    """A case has ended, by a step or at once when it was opened: it may be rated now."""
    if happening.data.get("ended"):
        offer(CASE, happening.subject)
