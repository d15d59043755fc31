"""What this room does when others announce something."""

from __future__ import annotations

from uuid import UUID

from yiwang.foundation.access.queries import system
from yiwang.foundation.events.slots import Happening, subscribe

from .actions import open_case


@subscribe("register.objected")
def on_objected(happening: Happening) -> None:
    """Somebody objects to what a register says: its owner gets a case."""
    open_case(system(), UUID(happening.subject))
