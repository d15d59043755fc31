"""What an objection is about."""

from __future__ import annotations

from . import declarations
from .elements import Element
from .models import Objection


def element_of(objection: Objection) -> Element:
    """The element that somebody says is wrong, as the register declares it today; a bare one when the register has it no longer."""
    name = objection.element
    return declarations.of(objection.register).elements.get(name) or Element(name, name, "text", 3)
