"""Reading the directory: agencies, posts and divisions as they are, or as they were on a day; the calendar of working days.

Every query asks for ``establishment.read``; the directory is not cut to the reader's own agency.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor, require_somewhere
from yiwang.foundation.orgs.queries import (
    Agency,
    AgencyTerm,
    AgencyThen,
    Count,
    Day,
    HolidayNotice,
    Post,
    Posting,
    Region,
    RegionTerm,
    agencies_on,
    agency_on,
    calendar,
    people_on,
    region_on,
)
from yiwang.kernel.refusals import Invalid, Missing, Problem

from .permissions import READ

__all__ = [
    "READ",
    "AgencyPage",
    "RegionPage",
    "Row",
    "Year",
    "agencies",
    "agency",
    "limit",
    "region",
    "regions",
    "year",
]

MOST_DAYS = 1000
MOST_POSTINGS = 500


@dataclass(frozen=True, slots=True)
class Row:
    """An agency in the tree of a day: how deep it stands, and how many people held its posts."""

    agency: AgencyThen
    depth: int
    people: int
    region: str  # the name of its division


@dataclass(frozen=True, slots=True)
class AgencyPage:
    """Everything the directory says of one agency. ``then`` is None when there was no such agency on the day."""

    row: Agency
    day: dt.date
    then: AgencyThen | None
    parent: AgencyThen | None
    children: list[AgencyThen]
    posts: list[tuple[Post, list[Posting]]]
    former: list[Posting]  # postings that had ended by the day, newest first
    terms: list[tuple[AgencyTerm, str]]  # newest first, each with the name of the parent then
    predecessors: list[Agency]


@dataclass(frozen=True, slots=True)
class RegionPage:
    """One division with what lies in it. ``above`` leads from the province down."""

    row: Region
    day: dt.date
    then: RegionTerm | None
    above: list[Region]
    children: list[Region]
    terms: list[RegionTerm]
    inside: dict[str, int] = field(default_factory=dict)  # level -> how many divisions of it lie inside


@dataclass(frozen=True, slots=True)
class Year:
    """A year of the calendar. ``notice`` is the newest edition that was loaded, None while dates are provisional."""

    year: int
    notice: HolidayNotice | None
    editions: list[HolidayNotice]
    days: list[Day]
    years: list[int]


def agencies(actor: Actor, on: dt.date | None = None) -> list[Row]:
    """The tree of agencies as it was on a day (today), parents before what is below them. Four queries."""
    require_somewhere(actor, READ)
    day = on or timezone.localdate()
    there = {agency.code: agency for agency in agencies_on(day)}
    held = Posting.objects.filter(Q(until=None) | Q(until__gt=day), since__lte=day)
    people = Counter(held.values_list("post__agency_id", flat=True))
    places = dict(Region.objects.filter(code__in={a.region for a in there.values()}).values_list("code", "name"))
    below: dict[str, list[AgencyThen]] = {}
    for agency in there.values():
        below.setdefault(agency.parent if agency.parent in there else "", []).append(agency)
    rows: list[Row] = []

    def walk(code: str, depth: int) -> None:
        for agency in sorted(
            below.get(code, []), key=lambda found: (found.code not in below, found.region, found.code)
        ):
            rows.append(Row(agency, depth, people[agency.code], places.get(agency.region, "")))
            walk(agency.code, depth + 1)

    walk("", 0)
    return rows


def agency(actor: Actor, code: str, on: dt.date | None = None) -> AgencyPage:
    """One agency as it was on a day (today), with its history. Raises :class:`Missing`. Twelve queries at most."""
    require_somewhere(actor, READ)
    day = on or timezone.localdate()
    row = Agency.objects.select_related("region", "successor").filter(code=code).first()
    if row is None:
        raise Missing(_("没有代码为“%(code)s”的机构。") % {"code": code})
    then = agency_on(code, day)
    there = agencies_on(day)
    holders: dict[int, list[Posting]] = {}
    for posting in people_on(code, day):
        holders.setdefault(posting.post_id, []).append(posting)
    former = Posting.objects.filter(post__agency=row, until__lte=day).select_related("post", "account")
    return AgencyPage(
        row, day, then,
        next((other for other in there if then and other.code == then.parent), None),
        [other for other in there if other.parent == code],
        [(post, holders.get(post.pk, [])) for post in row.posts.order_by("id")],
        list(former.order_by("-until", "-id")[:MOST_POSTINGS]),
        _with_parents(list(AgencyTerm.objects.filter(agency=row).order_by("-id"))),
        list(Agency.objects.filter(successor=row).order_by("until", "code")),
    )  # fmt: skip


def _with_parents(terms: list[AgencyTerm]) -> list[tuple[AgencyTerm, str]]:
    names = dict(Agency.objects.filter(code__in={term.parent for term in terms}).values_list("code", "name"))
    return [(term, names.get(term.parent, "")) for term in terms]


def regions(actor: Actor, parent: str = "") -> list[Region]:
    """The divisions directly below ``parent`` (""; the top), by code. One query."""
    require_somewhere(actor, READ)
    return list(Region.objects.filter(parent=parent or None).order_by("code"))


def region(actor: Actor, code: str, on: dt.date | None = None) -> RegionPage:
    """One division as it was called on a day (today), with what lies in it. Raises :class:`Missing`. Seven queries at most."""
    require_somewhere(actor, READ)
    day = on or timezone.localdate()
    row = Region.objects.filter(code=code).first()
    if row is None:
        raise Missing(_("没有代码为“%(code)s”的区划。") % {"code": code})
    codes = row.path.strip("/").split("/")[:-1]
    above = {found.code: found for found in Region.objects.filter(code__in=codes).defer("shape")}
    inside = Counter(
        Region.objects.filter(path__startswith=row.path).exclude(code=code).values_list("level", flat=True)
    )
    return RegionPage(
        row, day, region_on(code, day), [above[found] for found in codes],
        list(Region.objects.filter(parent=row).order_by("code")),
        list(RegionTerm.objects.filter(region=row).order_by("-id")),
        {level: inside[level] for level in Region.Level.values if level in inside},
    )  # fmt: skip


def year(actor: Actor, number: int) -> Year:
    """A year of the calendar, day by day, with the notice that says so. Raises :class:`Invalid` for a year far away."""
    require_somewhere(actor, READ)
    if not 2000 <= number <= 2100:
        message = _("年份应在 2000 至 2100 之间。")
        raise Invalid(message, problems=[Problem("year", "range", message)])
    known = calendar()
    editions = list(HolidayNotice.objects.filter(year=number).order_by("-edition"))
    first = dt.date(number, 1, 1)
    length = (dt.date(number + 1, 1, 1) - first).days
    days = [known.day(first + dt.timedelta(days=offset)) for offset in range(length)]
    years = sorted(set(HolidayNotice.objects.values_list("year", flat=True)))
    return Year(number, editions[0] if editions else None, editions, days, years)


def limit(actor: Actor, start: dt.date, days: int, unit: str = "working") -> Count:
    """The last day of a limit triggered on ``start``, with the days it walks over. Raises :class:`Invalid` for one too long."""
    require_somewhere(actor, READ)
    if not 0 <= days <= MOST_DAYS:
        message = _("天数应在 0 至 %(n)s 之间。") % {"n": MOST_DAYS}
        raise Invalid(message, problems=[Problem("days", "range", message)])
    count = calendar().count if unit == "working" else calendar().count_calendar
    return count(start, days)
