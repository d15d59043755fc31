"""What this room plugs into the rooms below: its holder, its place in the staff's menu, the panel of its cases."""

from __future__ import annotations

from yiwang.data.catalogue import slots as catalogue

from .peers import PeerHolder


def plug() -> None:
    """Called once, when the room starts."""
    catalogue.holders.plug("peer", PeerHolder())
