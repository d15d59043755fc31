"""Front door for reading the catalogue. What is opened is public; the rest is for officials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor, Scope, allowed, reach, require, require_somewhere
from yiwang.foundation.drafts.queries import Change
from yiwang.kernel.pages import Page, page
from yiwang.kernel.refusals import Missing, Problem

from . import bodies, listing
from .duties import Refused, Responsibility
from .figures import Figures
from .models import Entry, EntryVersion, System
from .permissions import BROWSE, FIGURES, READ
from .resources import Resource
from .supply import (
    DemandFilter,
    Match,
    Origin,
    agencies,
    claim_of,
    claims,
    demand,
    demand_filter,
    demand_of,
    demands,
    duties,
    every_demand,
    matches,
    negative_list,
    objection_of,
    objections,
    origins,
    overdue_of,
    providers,
    responsibility_list,
    source_of,
    statistics,
    survey_of,
    surveys,
)
from .versions import compare

__all__ = [
    "BROWSE",
    "FIGURES",
    "READ",
    "DemandFilter",
    "EntryView",
    "Figures",
    "Match",
    "Origin",
    "Refused",
    "Responsibility",
    "Wanted",
    "agencies",
    "changes",
    "check",
    "claim_of",
    "claims",
    "demand",
    "demand_filter",
    "demand_of",
    "demands",
    "duties",
    "entries",
    "entry",
    "every",
    "every_demand",
    "matches",
    "negative_list",
    "newest_bodies",
    "objection_of",
    "objections",
    "open_entries",
    "open_entry",
    "open_providers",
    "origins",
    "overdue_of",
    "providers",
    "published",
    "resource",
    "responsibility_list",
    "source_of",
    "states",
    "statistics",
    "survey_of",
    "surveys",
    "systems",
    "wanted_of",
]


def resource(code: str) -> Resource:
    """The published resource ``code``, in the version in force. One query. For rooms of the data floor, whose acts ask and record.

    Raises :class:`Missing` for one that is not published, or was withdrawn (code "withdrawn").
    """
    row = Entry.objects.select_related("provider", "current").filter(code=code).first()
    if row is None or row.current is None:
        if row is not None and row.withdrawn_at is not None:
            raise Missing(
                _("信息资源“%(name)s”已经撤销：%(why)s") % {"name": row.name, "why": row.withdrawn_reason},
                code="withdrawn",
            )
        raise Missing(_("目录里没有代码为“%(code)s”的信息资源，或者它还没有发布。") % {"code": code[:60]})
    return listing.resource(row, row.current)


def published(
    *, scheme: str = "", share: str = "", provider: str = "", cursor: str = "", size: int = 50
) -> Page[Resource]:
    """Published resources by code, as rooms of the data floor see them. ``scheme`` is that of their place ("register", "lake"). One query."""
    rows = Entry.objects.filter(listed=True).select_related("provider", "current")
    if scheme:
        rows = rows.filter(place__startswith=f"{scheme}:")
    if share:
        rows = rows.filter(share=share)
    if provider:
        rows = rows.filter(provider_id=provider)
    found = page(rows, order=("code",), cursor=cursor, size=size)
    return Page([listing.resource(row, row.current) for row in found.items if row.current], found.next)


def check(body: Any) -> list[Problem]:
    """Every fault of a body, all at once, each with its field; an empty list when it may be submitted."""
    return bodies.problems(body)


# For officials


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of the list. ``text`` is in the name, the abstract or a field's label, or begins the code."""

    state: str = ""
    provider: str = ""
    share: str = ""
    open: str = ""
    freshness: str = ""
    element: str = ""
    text: str = ""
    sort: str = ""  # "" by code, "new" by what was entered last, "name"


def wanted_of(address: Mapping[str, str]) -> Wanted:
    """The filters that an address names; what is wrong in it is passed over."""

    def one_of(name: str, known: Any) -> str:
        value = address.get(name, "")
        return value if value in known else ""

    return Wanted(
        one_of("state", Entry.State.values), address.get("provider", "")[:40], one_of("share", bodies.SHARES),
        one_of("open", bodies.OPENS), one_of("freshness", Entry.Freshness.values), address.get("element", "")[:60],
        address.get("q", "").strip()[:100], one_of("sort", ("new", "name")),
    )  # fmt: skip


_ORDERS: dict[str, tuple[str, ...]] = {"": ("code",), "new": ("-id",), "name": ("name", "id")}


def _matching(rows: QuerySet[Entry], wanted: Wanted) -> QuerySet[Entry]:
    plain = {"state": wanted.state, "provider_id": wanted.provider, "share": wanted.share, "open": wanted.open,
             "freshness": wanted.freshness}  # fmt: skip
    rows = rows.filter(**{name: value for name, value in plain.items() if value})
    if wanted.element:
        rows = rows.filter(items__element=wanted.element)
    for word in wanted.text.split():
        rows = rows.filter(Q(text__icontains=word) | Q(code__startswith=word))
    return rows


def _in_reach(actor: Actor) -> Q:
    """What an official may see: all that is published, since a catalogue that the others cannot read supplies nobody; of what is being
    written, that of their own agencies."""
    return Q(listed=True) | reach(actor, READ, agency="provider__path", region="provider__region__path")


def entries(actor: Actor, wanted: Wanted | None = None, *, cursor: str = "", size: int = 50) -> Page[Entry]:
    """A page of the catalogue. One query."""
    require_somewhere(actor, READ)
    wanted = wanted or Wanted()
    rows = _matching(Entry.objects.filter(_in_reach(actor)), wanted).select_related("provider")
    return page(rows.defer("text"), order=_ORDERS[wanted.sort], cursor=cursor, size=size)


def every(actor: Actor, wanted: Wanted) -> Iterator[Entry]:
    """All that the list would show, page by page, for an export."""
    cursor = ""
    while True:
        found = entries(actor, wanted, cursor=cursor, size=200)
        yield from found.items
        cursor = found.next
        if not cursor:
            return


def states(actor: Actor) -> dict[str, int]:
    """How many entries within reach are in each state. One query."""
    require_somewhere(actor, READ)
    rows = Entry.objects.filter(_in_reach(actor)).values_list("state").annotate(n=Count("id")).order_by()
    return dict(rows)


_ACTS = ("change", "submit", "review", "publish", "drop", "withdraw")


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry with its versions, newest first, and which acts the actor may do on it."""

    entry: Entry
    versions: list[EntryVersion]
    may: frozenset[str]

    def numbered(self, number: int) -> EntryVersion:
        """The version with ``number``. Raises :class:`Missing`."""
        found = next((each for each in self.versions if each.number == number), None)
        if found is None:
            raise Missing(_("没有第 %(n)s 版。") % {"n": number})
        return found

    @property
    def shown(self) -> EntryVersion:
        """The version to look at first: the one in force, else the one being written, else the last."""
        return self.entry.current or self.entry.working or self.versions[0]


def entry(actor: Actor, code: str) -> EntryView:
    """One entry. Officials see what is published, and what is being written within their reach. Two queries. Raises :class:`Missing`."""
    found = Entry.objects.select_related("provider__region", "system", "current", "working").filter(code=code).first()
    if found is None:
        require_somewhere(actor, READ)
        raise Missing(_("目录里没有代码为“%(code)s”的信息资源。") % {"code": code[:60]})
    scope = Scope(agency=found.provider.path, region=found.provider.region.path)
    inside = allowed(actor, READ, scope)
    if inside or not found.listed:
        require(actor, scope, READ, subject=f"resource:{code}")
    else:
        require_somewhere(actor, READ)
    may = frozenset(act for act in _ACTS if allowed(actor, f"catalogue.{act}", scope))
    versions = list(found.versions.order_by("-number"))
    if not inside:
        versions = [version for version in versions if version.published_at is not None]
        found.working = None
    return EntryView(found, versions, may)


def changes(actor: Actor, code: str, older: int, newer: int) -> list[Change]:
    """What differs between two versions, field by field."""
    found = entry(actor, code)
    return compare(found.numbered(older).body, found.numbered(newer).body)


def systems(actor: Actor, *, provider: str = "") -> list[System]:
    """The information systems that the actor may see, by agency and name."""
    require_somewhere(actor, READ)
    rows = System.objects.filter(reach(actor, READ, agency="agency__path", region="agency__region__path"))
    if provider:
        rows = rows.filter(agency_id=provider)
    return list(rows.select_related("agency").annotate(n=Count("entries")).order_by("agency__path", "name")[:1_000])


def newest_bodies(actor: Actor, found: Sequence[Entry]) -> dict[str, dict[str, Any]]:
    """The newest body that the actor may see of each of these entries, by code: the draft within reach, else what is in force. One query."""
    require_somewhere(actor, READ)
    rows = Entry.objects.filter(_in_reach(actor), code__in=[entry.code for entry in found]).select_related(
        "working", "current", "provider__region"
    )
    bodies_found: dict[str, dict[str, Any]] = {}
    for row in rows:
        inside = allowed(actor, READ, Scope(agency=row.provider.path, region=row.provider.region.path))
        version = (row.working if inside else None) or row.current
        bodies_found[row.code] = dict(version.body) if version else {}
    return bodies_found


# For everybody


def open_entries(wanted: Wanted | None = None, *, cursor: str = "", size: int = 30) -> Page[Entry]:
    """A page of what is opened to the public, by code. One query."""
    rows = Entry.objects.filter(listed=True).exclude(open="refused").select_related("provider")
    return page(_matching(rows, wanted or Wanted()).defer("text"), order=("code",), cursor=cursor, size=size)


def open_providers() -> list[tuple[str, str, int]]:
    """Who opens data to the public: code, name, how many resources. One query."""
    rows = Entry.objects.filter(listed=True).exclude(open="refused").values_list("provider_id", "provider__name")
    return [(code, name, n) for code, name, n in rows.annotate(n=Count("id")).order_by("-n", "provider_id")]


def open_entry(code: str) -> tuple[Entry, Resource]:
    """One resource that is opened to the public. Raises :class:`Missing`; one that is not opened looks like one that is not there."""
    row = (
        Entry.objects.select_related("provider", "current")
        .filter(code=code, listed=True)
        .exclude(open="refused")
        .first()
    )
    if row is None or row.current is None:
        raise Missing(_("没有找到这项数据。它可能没有向社会开放，或者已经撤销。"))
    return row, listing.resource(row, row.current)
