"""Acts on divisions."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import NODE, Actor, Scope, act, require
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs import actions as orgs
from yiwang.foundation.orgs.actions import Change
from yiwang.foundation.orgs.queries import Region, RegionTerm


@act("establishment.put_region", gettext_lazy("录入行政区划"))
def put_region(
    actor: Actor, code: str, name: str, level: str, *, parent: str = "", shape: dict[str, Any] | None = None,
    since: dt.date | None = None, until: dt.date | None = None,
) -> Change:  # fmt: skip
    """Enter or change a division; see :func:`yiwang.foundation.orgs.actions.put_region`."""
    require(actor, NODE, subject=f"region:{code}")
    change = orgs.put_region(code, name, level, parent=parent, shape=shape, since=since, until=until)
    record("region", code, {"level": level, "parent": parent, "change": change})
    return change


@act("establishment.rename_region", gettext_lazy("区划更名"))
def rename_region(actor: Actor, code: str, name: str, *, on: dt.date, basis: str) -> RegionTerm:
    """Give a division another name from the day ``on``; see :func:`yiwang.foundation.orgs.actions.rename_region`."""
    row = Region.objects.filter(code=code).first()
    require(actor, Scope(region=row.path) if row else NODE, subject=f"region:{code}")
    term = orgs.rename_region(code, name, on, basis)
    record("region", code, {"change": "renamed", "on": on})
    emit("region.changed", code, {"change": "renamed", "on": on})
    return term
