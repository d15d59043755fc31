"""What packs this node has."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, permission, require

from .models import Installation

READ = permission("packs.read", gettext_lazy("查看已安装的场景包"))


def installed(actor: Actor) -> list[Installation]:
    """The newest installation of each pack, by name."""
    require(actor, permission=READ)
    newest: dict[str, Installation] = {}
    for row in Installation.objects.order_by("name", "created_at", "id"):
        newest[row.name] = row
    return list(newest.values())


def is_installed(name: str) -> bool:
    """Whether any version of a pack is on this node. No access check: for the node's own commands."""
    return Installation.objects.filter(name=name).exists()
