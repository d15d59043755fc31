"""What rooms above may say about accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise

from yiwang.kernel.slots import Slot

# What accounts do, in words (their roles), by account number; accounts without an office are left out.
occupations: Slot[Callable[[Iterable[int]], dict[int, str]]] = Slot("occupations")
# Where somebody lands who signs in without having been on the way to a page; "" leaves it to the next plug.
landings: Slot[Callable[[HttpRequest], str]] = Slot("landings")


@dataclass(frozen=True, slots=True)
class LevelWay:
    """A way to raise one's real-name level online (a face check of the identity service, say): its words and its address."""

    level: int
    words: str | Promise
    href: str


# Ways to raise the real-name level without coming to a counter. The node itself has none: they belong to the identity services of a province.
level_ways: Slot[LevelWay] = Slot("level-ways")
