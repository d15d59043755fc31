"""The act of loading the yearly notice on holidays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import NODE, Actor, act, require
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs import actions as orgs
from yiwang.foundation.orgs.actions import Loaded, SpecialDate


@act("establishment.load_notice", gettext_lazy("载入节假日通知"))
def load_notice(actor: Actor, year: int, source: str, days: Sequence[SpecialDate]) -> Loaded:
    """Load the State Council's notice for a year, or an amendment; the same again changes nothing.

    When days have changed, ``calendar.changed`` is announced with the first and the last of them, so that whoever counts on the
    calendar can count anew.
    """
    require(actor, NODE, subject=f"calendar:{year}")
    loaded = orgs.load_notice(year, source, days)
    record(
        "calendar", year,
        {"edition": loaded.edition, "new": loaded.new, "changed": [day.isoformat() for day in loaded.changed]},
    )  # fmt: skip
    if loaded.new:  # even without a changed day the year's dates are no longer provisional
        first = min([dt.date(year, 1, 1), *loaded.changed])
        last = max([dt.date(year, 12, 31), *loaded.changed])
        emit("calendar.changed", year, {"year": year, "first": first, "last": last, "days": len(loaded.changed)})
    return loaded
