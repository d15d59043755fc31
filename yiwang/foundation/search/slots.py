"""What rooms above may plug in: the kinds of thing that search shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yiwang.kernel.slots import Slot


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that is found: what people call it, a Tabler icon, and the address of one by its key.

    ``template`` shows a line below a hit, with ``hit`` in its context (its ``data`` is what was given when it was indexed).
    """

    name: Any
    icon: str
    url: Callable[[str], str]
    template: str = ""


# Key: the ``kind`` under which a room puts its things into the index.
kinds: Slot[Kind] = Slot("kinds")


@dataclass(frozen=True, slots=True)
class WayOn:
    """Where to look when nothing was found: what people call it, a Tabler icon, the name of an address."""

    name: Any
    icon: str
    url: str


ways_on: Slot[WayOn] = Slot("ways_on")
