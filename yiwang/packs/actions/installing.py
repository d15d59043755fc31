"""The act of installing a pack."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import NODE, Actor, act, require
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.packs.reading import Pack
from yiwang.packs.writing import Installed, write


@act("packs.install", gettext_lazy("安装场景包"))
def install(actor: Actor, pack: Pack) -> Installed:
    """Enter what a pack declares. Whoever installs calls :func:`yiwang.packs.installing.install`, which reads and tries it first."""
    require(actor, NODE, subject=f"pack:{pack.name}")
    done = write(actor, pack)
    data = {"version": pack.version, "digest": pack.digest, "changes": done.counts(), "installation": done.installation}
    record("pack", pack.name, data)
    emit("pack.installed", pack.name, {"version": pack.version, "digest": pack.digest})
    return done
