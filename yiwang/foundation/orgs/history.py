"""What organisations were on a given day. Private to this room; others ask through :mod:`.queries`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from .models import Agency, AgencyTerm, Posting, RegionTerm


@dataclass(frozen=True, slots=True)
class AgencyThen:
    """An agency as it was on a day: its name and parent (a code, or "") then; ``basis`` is the document of the last change until then."""

    code: str
    name: str
    short_name: str
    parent: str
    region: str
    since: dt.date | None  # when this name and place began
    basis: str


def _there(day: dt.date) -> Q:
    return (Q(since=None) | Q(since__lte=day)) & (Q(until=None) | Q(until__gt=day))


def _terms(day: dt.date) -> QuerySet[AgencyTerm]:
    """Terms that had begun by ``day``, the one that held last; one without a day is the oldest, on both stores."""
    return AgencyTerm.objects.filter(Q(since=None) | Q(since__lte=day)).order_by(F("since").asc(nulls_first=True), "id")


def agencies_on(day: dt.date) -> list[AgencyThen]:
    """Every agency that there was on ``day``, by code. Two queries."""
    there = {row.code: row for row in Agency.objects.filter(_there(day)).order_by("code")}
    then = {term.agency_id: term for term in _terms(day) if term.agency_id in there}
    return [_then(there[code], then.get(code)) for code in there]


def agency_on(code: str, day: dt.date) -> AgencyThen | None:
    """The agency with ``code`` as it was on ``day``; None when there was none."""
    row = Agency.objects.filter(_there(day), code=code).first()
    return _then(row, _terms(day).filter(agency_id=code).last()) if row else None


def _then(row: Agency, term: AgencyTerm | None) -> AgencyThen:
    if term is None:  # it never changed
        return AgencyThen(row.code, row.name, row.short_name, row.parent_id or "", row.region_id, row.since, "")
    return AgencyThen(term.agency_id, term.name, term.short_name, term.parent, term.region, term.since, term.basis)


def region_on(code: str, day: dt.date) -> RegionTerm | None:
    """What the division with ``code`` was called, and what it belonged to, on ``day``."""
    terms = RegionTerm.objects.filter(Q(since=None) | Q(since__lte=day), region_id=code)
    return terms.order_by(F("since").asc(nulls_first=True), "id").last()


def people_on(code: str, day: dt.date) -> list[Posting]:
    """Who held a post of the agency on ``day``, by post. One query."""
    held = Posting.objects.filter(Q(until=None) | Q(until__gt=day), post__agency_id=code, since__lte=day)
    return list(held.select_related("post", "account").order_by("post_id", "since"))
