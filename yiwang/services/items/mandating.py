"""Service items as the matters of a mandate."""

from __future__ import annotations

from collections.abc import Iterable

from yiwang.foundation.mandates.slots import matters

from .models import Item
from .queries import Browse, browse, listed

USUAL = 12  # that are offered before anybody has searched


class ItemMatters:
    """What can be done online: plugs into mandates."""

    def find(self, text: str, kind: str) -> list[tuple[str, str]]:
        """Items for a kind of party (person, organisation) that can be applied for online, by part of their name. One query."""
        if text:
            rows = Item.objects.filter(listed=True, name__contains=text).order_by("letter", "name", "id")[:30]
            return [(item.code, item.name) for item in rows]
        return [(item.code, item.name) for item in browse(Browse(audience=kind, online=True), size=USUAL).items]

    def names(self, codes: Iterable[str]) -> dict[str, str]:
        return listed(codes)


def plug() -> None:
    """Called once, when the room starts."""
    matters.plug("items", ItemMatters())
