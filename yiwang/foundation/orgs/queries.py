"""What other rooms may ask of organisations, regions, codes and the calendar."""

from __future__ import annotations

import datetime as dt
import threading
import time

from .calendar import Count, Day, WorkCalendar
from .codes import (
    born_on,
    divisions,
    identity_check_digit,
    identity_number_error,
    uscc_check_character,
    uscc_error,
)
from .history import AgencyThen, agencies_on, agency_on, people_on, region_on
from .models import Agency, AgencyTerm, HolidayNotice, Post, Posting, Region, RegionTerm, SpecialDay

__all__ = [
    "Agency",
    "AgencyTerm",
    "AgencyThen",
    "Count",
    "Day",
    "HolidayNotice",
    "Post",
    "Posting",
    "Region",
    "RegionTerm",
    "SpecialDay",
    "WorkCalendar",
    "agencies_on",
    "agencies_under",
    "agency",
    "agency_on",
    "born_on",
    "calendar",
    "divisions",
    "identity_check_digit",
    "identity_number_error",
    "people_on",
    "posts_on",
    "region",
    "region_chain",
    "region_codes",
    "region_on",
    "regions_in",
    "uscc_check_character",
    "uscc_error",
]

_lock = threading.Lock()
_calendar: WorkCalendar | None = None
_read_at = 0.0
_CALENDAR_LIFE = 60.0  # seconds; another process may have loaded a notice


def calendar() -> WorkCalendar:
    """The node's calendar of working days, read at most once a minute per process."""
    global _calendar, _read_at
    with _lock:
        if _calendar is None or time.monotonic() - _read_at > _CALENDAR_LIFE:
            rows = SpecialDay.objects.values_list("date", "name", "works")
            years = frozenset(HolidayNotice.objects.values_list("year", flat=True))
            _calendar = WorkCalendar({date: (name, works) for date, name, works in rows}, years)
            _read_at = time.monotonic()
        return _calendar


def forget_calendar() -> None:
    """Read the calendar again at the next call (a notice was loaded; a test ended)."""
    global _calendar
    with _lock:
        _calendar = None


def agency(code: str) -> Agency:
    """The agency with ``code``. Raises Agency.DoesNotExist."""
    return Agency.objects.select_related("region").get(code=code)


def agencies_under(path: str) -> list[Agency]:
    """The agencies in the subtree of ``path``, parents first."""
    return list(Agency.objects.filter(path__startswith=path).order_by("path"))


def region(code: str) -> Region:
    """The division with ``code``. Raises Region.DoesNotExist."""
    return Region.objects.get(code=code)


def region_codes() -> frozenset[str]:
    """The codes of all divisions that this node has entered."""
    return frozenset(Region.objects.values_list("code", flat=True))


def region_chain(code: str) -> list[Region]:
    """A division after all that it lies in, the largest first; empty for a code that the node does not know."""
    found = Region.objects.filter(code=code).values_list("path", flat=True).first()
    if found is None:
        return []
    return list(Region.objects.filter(code__in=found.strip("/").split("/")).defer("shape").order_by("path"))


def regions_in(code: str = "") -> list[Region]:
    """The divisions right below one, by code; the largest of all for an empty code."""
    return list(Region.objects.filter(parent_id=code or None).defer("shape").order_by("code"))


def posts_on(account_id: int, date: dt.date) -> list[Posting]:
    """The posts that an account held on ``date``."""
    held = Posting.objects.filter(account_id=account_id, since__lte=date).select_related("post__agency")
    return [posting for posting in held if posting.until is None or posting.until > date]
