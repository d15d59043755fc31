"""What rooms above may plug into the catalogue: readers of the places where data lies, and who needs which elements."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from yiwang.kernel.slots import Slot

from .resources import Holder

# Key: the scheme of a place. "register" (registries), "lake" (pipelines), "peer" (sharing: the provider's own interface).
holders: Slot[Holder] = Slot("holders")


@dataclass(frozen=True, slots=True)
class Need:
    """Something that needs an element to do its work: an item whose form asks for it."""

    element: str
    what: str  # "食品经营许可核发"
    agency: str  # agency code
    url: str


# Key: the room. Each yields what its things need; the responsibility list is made from it.
needs: Slot[Callable[[], Iterable[Need]]] = Slot("needs")
