"""What packs this node has."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, permission, require

from .models import Installation

READ = permission("packs.read", gettext_lazy("查看已安装的场景包"))


def newest() -> dict[str, Installation]:
    """The newest installation of each pack that this node has, by name. No access check: for this room's own use."""
    found: dict[str, Installation] = {}
    for row in Installation.objects.order_by("name", "created_at", "id"):
        found[row.name] = row
    return {name: row for name, row in found.items() if not row.removed}


def installed(actor: Actor) -> list[Installation]:
    """The newest installation of each pack, by name."""
    require(actor, permission=READ)
    return list(newest().values())


def is_installed(name: str) -> bool:
    """Whether any version of a pack is on this node. No access check: for the node's own commands."""
    return name in newest()
