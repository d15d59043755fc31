"""Whether a resource is updated within its period. Private to this room."""

from __future__ import annotations

import datetime as dt

import structlog
from django.utils import timezone

from yiwang.kernel.refusals import Refusal

from .models import Entry
from .slots import holders

# Days within which a resource of each period must have been updated: the period and some grace for holidays.
PERIODS = {
    "realtime": 1, "daily": 3, "weekly": 10, "monthly": 40, "quarterly": 110, "halfyearly": 200, "yearly": 400,
}  # fmt: skip
log = structlog.get_logger("yiwang.catalogue")


def is_read(place: str) -> bool:
    """Whether a holder of this node reads the place."""
    return place.partition(":")[0] in holders


def due_on(entry: Entry) -> dt.date | None:
    """The last day by which the resource must be updated; None when its period asks for none, or nobody knows how old it is."""
    days = PERIODS.get(entry.update_period)
    return entry.as_of + dt.timedelta(days=days) if days and entry.as_of else None


def _judge(entry: Entry, today: dt.date) -> str:
    if entry.as_of is None:
        return Entry.Freshness.UNKNOWN
    if entry.update_period not in PERIODS:
        return Entry.Freshness.FREE
    due = due_on(entry)
    return Entry.Freshness.LATE if due is not None and due < today else Entry.Freshness.FRESH


def keep(entry: Entry, as_of: dt.date | None, rows: int | None, today: dt.date) -> None:
    """Keep how fresh a resource is said to be."""
    entry.as_of, entry.rows, entry.measured_at = as_of, rows if rows is not None else entry.rows, timezone.now()
    entry.freshness = _judge(entry, today)
    entry.save(update_fields=["as_of", "rows", "measured_at", "freshness"])


def look(entry: Entry, today: dt.date) -> None:
    """Ask the holder of the resource, if this node has one; else judge by what its provider reported last."""
    if not is_read(entry.place):
        keep(entry, entry.as_of, entry.rows, today)
        return
    try:
        held = holders[entry.place.partition(":")[0]].holding(entry.place)
    except (Refusal, OSError, RuntimeError, ValueError) as error:
        log.warning("a place cannot be read", place=entry.place, error=type(error).__name__)
        entry.freshness, entry.measured_at = Entry.Freshness.BROKEN, timezone.now()
        entry.save(update_fields=["freshness", "measured_at"])
        return
    updated = timezone.localdate(held.updated_at) if held.updated_at else None
    keep(entry, held.as_of or updated, held.rows, today)
