"""The menus of the layouts, made from the places that rooms plug in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from yiwang.kernel.slots import Slot

from .slots import Place

# Pages that stand beside the menus in the header and are below no entry of them.
_BESIDE = ("my-account", "identity")


@dataclass(frozen=True, slots=True)
class Entry:
    """A place as one reader sees it on one page."""

    key: str
    name: Any
    href: str
    icon: str
    group: Any
    count: int
    current: bool


def entries(slot: Slot[Place], request: HttpRequest) -> list[Entry]:
    """The entries that this reader may see, in order. The one whose address begins the page's own is current."""
    shown = [(key, place) for key, place in slot.items() if place.shown is None or place.shown(request)]
    shown.sort(key=lambda item: item[1].order)
    groups = list(
        dict.fromkeys(str(place.group) for _key, place in shown)
    )  # a group stands once, where its first place does
    shown.sort(key=lambda item: groups.index(str(item[1].group)))
    addresses = {key: reverse(place.url) for key, place in shown}
    known = [*addresses.values(), *(reverse(name) for name in _BESIDE)]
    current = max((href for href in known if href != "/" and request.path.startswith(href)), key=len, default="")
    return [
        Entry(
            key, place.name, addresses[key], place.icon, place.group,
            place.count(request) if place.count else 0, addresses[key] == current,
        )
        for key, place in shown
    ]  # fmt: skip
