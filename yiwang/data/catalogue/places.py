"""Where the catalogue stands in search and in the menus."""

from __future__ import annotations


def plug() -> None:
    """Called once, when the room starts."""
