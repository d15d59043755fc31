"""Reading the catalogue. What is published is public; the rest is for staff within their reach."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import (
    Actor,
    Scope,
    allowed,
    permission,
    reach,
    require,
    require_somewhere,
)
from yiwang.foundation.orgs.queries import calendar
from yiwang.kernel.pages import Page, page
from yiwang.kernel.prepared import Given, Prepared
from yiwang.kernel.refusals import Missing

from . import guides, standard
from .guides import Guide
from .models import Item, ItemTag, ItemVersion
from .published import KEPT, Limit, MaterialNeed, Place, PublishedItem, Replacement, Situation, compiled
from .themes import Theme, life_events, themes
from .versions import Change, compare

__all__ = [
    "BROWSE",
    "READ",
    "Browse",
    "Catalogue",
    "Change",
    "Guide",
    "Heading",
    "Limit",
    "MaterialNeed",
    "PublishedItem",
    "Replacement",
    "Situation",
    "StaffFilter",
    "StaffItem",
    "browse",
    "catalogue",
    "changes",
    "guide",
    "how_many",
    "listed",
    "published",
    "related",
    "staff_filter",
    "staff_item",
    "staff_list",
    "standard_elements",
    "states",
    "version",
]

BROWSE = permission("items.browse", gettext_lazy("查看办事指南"), public=True)
READ = permission("items.read", gettext_lazy("查看事项管理"))
MOST_COUNTED = 1_000
PLACE_LIFE = 60.0  # seconds for which a process remembers where an item lies

_PLACE = (
    "agency_id", "agency__name", "agency__path", "agency__phone", "region_id", "region__name", "region__path",
)  # fmt: skip
_CURRENT = Prepared(
    lambda: Item.objects.filter(code=Given("code", CharField())).values_list(
        "current_id", *_PLACE, "name", "withdrawn_at", "withdrawn_reason"
    )
)


# For everybody


def published(code: str) -> PublishedItem:
    """The item in the version that holds. One small query; the body is compiled once for each version and process.

    Raises :class:`Missing` for a code that is not in the catalogue, and for one that was withdrawn, with the reason.
    """
    row = _CURRENT.first(code=code)
    if row is None:
        raise Missing(_("没有找到这个事项。它可能换了编码，请用名称搜索。"))
    current, *place, name, withdrawn_at, reason = row
    if current is None and withdrawn_at is not None:
        day = timezone.localtime(withdrawn_at).date()
        message = _("“%(name)s”已于 %(y)s年%(m)s月%(d)s日取消：%(reason)s")
        raise Missing(
            message % {"name": name, "y": day.year, "m": day.month, "d": day.day, "reason": reason}, code="withdrawn"
        )
    if current is None:
        raise Missing(_("这个事项还没有发布。"))
    return compiled(current, Place(*place))


def version(version_id: UUID) -> PublishedItem:
    """An item as one version says it, whether or not that version still holds: what a running case keeps to.

    Raises :class:`Missing` for an unknown version.
    """
    return compiled(version_id, _place(version_id, int(time.monotonic() // PLACE_LIFE)))


@lru_cache(maxsize=KEPT)
def _place(version_id: UUID, span: int) -> Place:
    """Where the item of a version lies, read again after each span of time: agencies move, but not by the minute."""
    fields = [f"item__{name}" for name in _PLACE]
    row = ItemVersion.objects.filter(id=version_id).values_list(*fields).first()
    if row is None:
        raise Missing(_("没有找到事项的这个版本。"))
    return Place(*row)


def guide(code: str, answers: Mapping[str, str] | None = None, today: dt.date | None = None) -> Guide:
    """The guide of a published item, for somebody with these answers to its situations. One query."""
    return guides.guide(published(code), answers or {}, today or timezone.localdate(), calendar())


def related(item: PublishedItem, most: int = 8) -> list[Item]:
    """Further items of the same agency under the same main item (主项). One query, none when it has no main item."""
    if not item.group:
        return []
    rows = Item.objects.filter(listed=True, agency_id=item.agency_code, group=item.group).exclude(code=item.code)
    return list(rows.only("code", "name", "online").order_by("name", "id")[:most])


def standard_elements(item: PublishedItem) -> dict[str, Any]:
    """A published item as the elements of the data set 事项管理 (GB/T 39046). One query."""
    from yiwang.foundation.orgs.queries import agency

    known = {**themes(), **life_events()}
    place = {
        "agency": item.agency_name,
        "uscc": agency(item.agency_code).uscc,
        "region": item.region_name,
        "themes": "、".join(known[code].name for code in item.themes if code in known),
    }
    return standard.elements(item.body, place)


@dataclass(frozen=True, slots=True)
class Browse:
    """How somebody goes through the catalogue. An empty value does not filter; ``audience`` is person or organisation."""

    theme: str = ""
    life: str = ""
    agency: str = ""
    audience: str = ""
    letter: str = ""
    online: bool = False

    def __bool__(self) -> bool:
        return bool(self.theme or self.life or self.agency or self.audience or self.letter or self.online)


def _listed(wanted: Browse) -> QuerySet[Item]:
    rows = Item.objects.filter(listed=True)
    for family, code in (("theme", wanted.theme), ("life", wanted.life)):
        if code:
            rows = rows.filter(id__in=ItemTag.objects.filter(family=family, code=code).values("item_id"))
    if wanted.agency:
        rows = rows.filter(agency_id=wanted.agency)
    if wanted.audience == "person":
        rows = rows.filter(for_person=True)
    elif wanted.audience == "organisation":
        rows = rows.filter(for_organisation=True)
    if wanted.letter:
        rows = rows.filter(letter=wanted.letter)
    if wanted.online:
        rows = rows.filter(online=True)
    return rows


def browse(wanted: Browse | None = None, *, cursor: str = "", size: int = 30) -> Page[Item]:
    """Published items by their letter and name; two rows of the same name by age. One query. Items come with their agency."""
    rows = _listed(wanted or Browse()).select_related("agency").defer("doubts")
    return page(rows, order=("letter", "name", "id"), cursor=cursor, size=size)


def listed(codes: Iterable[str]) -> dict[str, str]:
    """The names of those of these items that are in the catalogue now, by code. One query."""
    return dict(Item.objects.filter(code__in=list(codes), listed=True).values_list("code", "name"))


def how_many(wanted: Browse) -> tuple[int, bool]:
    """How many items :func:`browse` would show in all, counted up to 1,000, and whether there are more. One query."""
    count = _listed(wanted)[: MOST_COUNTED + 1].count()
    return min(count, MOST_COUNTED), count > MOST_COUNTED


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the catalogue with how many items stand under it."""

    code: str
    name: str
    count: int
    icon: str = ""
    audience: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All headings of the catalogue that have items."""

    total: int
    themes: list[Heading] = field(default_factory=list)
    life_events: list[Heading] = field(default_factory=list)
    agencies: list[Heading] = field(default_factory=list)
    letters: list[Heading] = field(default_factory=list)


def catalogue() -> Catalogue:
    """The headings under which the catalogue can be gone through. Three queries."""
    tags = ItemTag.objects.values_list("family", "code").annotate(count=Count("id")).order_by()
    tagged = {(family, code): count for family, code, count in tags}
    listed = Item.objects.filter(listed=True)
    agencies = (
        listed.values_list("agency_id", "agency__name").annotate(count=Count("id")).order_by("-count", "agency_id")
    )
    letters = listed.values_list("letter").annotate(count=Count("id")).order_by("letter")

    def headings(known: dict[str, Theme]) -> list[Heading]:
        return [
            Heading(theme.code, theme.name, count, theme.icon, theme.audience)
            for theme in known.values()
            if (count := tagged.get((theme.family, theme.code), 0))
        ]

    by_letter = [Heading(letter, letter, count) for letter, count in letters]
    return Catalogue(
        sum(heading.count for heading in by_letter),
        headings(themes()),
        headings(life_events()),
        [Heading(code, name, count) for code, name, count in agencies],
        by_letter,
    )


# For staff


@dataclass(frozen=True, slots=True)
class StaffFilter:
    """The filters of the staff's list. ``state`` is one of Item.State; ``text`` is in the name or begins the code."""

    state: str = ""
    agency: str = ""
    doubtful: bool = False
    bare: bool = False  # says no more than that it exists
    text: str = ""


def staff_filter(address: Mapping[str, str]) -> StaffFilter:
    """The filters that an address names (state, agency, doubtful, bare, q); what is wrong in it is passed over."""
    state = address.get("state", "")
    return StaffFilter(
        state=state if state in Item.State.values else "",
        agency=address.get("agency", "")[:40],
        doubtful=address.get("doubtful") == "1",
        bare=address.get("bare") == "1",
        text=address.get("q", "").strip()[:100],
    )


def _reach(actor: Actor) -> Q:
    return reach(actor, READ, agency="agency__path", region="region__path")


def _for_staff(actor: Actor, wanted: StaffFilter) -> QuerySet[Item]:
    rows = Item.objects.filter(_reach(actor))
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.agency:
        rows = rows.filter(agency_id=wanted.agency)
    if wanted.doubtful:
        rows = rows.filter(doubtful=True)
    if wanted.bare:
        rows = rows.filter(detailed=False)
    if wanted.text:
        rows = rows.filter(Q(name__contains=wanted.text) | Q(code__startswith=wanted.text))
    return rows


def staff_list(actor: Actor, wanted: StaffFilter | None = None, *, cursor: str = "", size: int = 50) -> Page[Item]:
    """Items within the actor's reach, newest first. One query."""
    require_somewhere(actor, READ)
    rows = _for_staff(actor, wanted or StaffFilter()).select_related("agency", "current", "working")
    return page(rows.defer("current__body", "working__body"), order=("-id",), cursor=cursor, size=size)


def states(actor: Actor) -> dict[str, int]:
    """How many items within the actor's reach are in each state, and under "doubtful" how many were imported with doubts."""
    require_somewhere(actor, READ)
    rows = Item.objects.filter(_reach(actor))
    found = dict(rows.values_list("state").annotate(count=Count("id")).order_by())
    return {**found, "doubtful": rows.filter(doubtful=True).count()}


@dataclass(frozen=True, slots=True)
class StaffItem:
    """An item with all its versions, newest first, and which acts the actor may do on it."""

    item: Item
    versions: list[ItemVersion]
    may: frozenset[str]

    def numbered(self, number: int) -> ItemVersion:
        """The version with ``number``. Raises :class:`Missing`."""
        found = next((each for each in self.versions if each.number == number), None)
        if found is None:
            raise Missing(_("没有第 %(n)s 版。") % {"n": number})
        return found


_ACTS = ("draft", "submit", "review", "publish", "drop", "withdraw", "set_service")


def staff_item(actor: Actor, code: str) -> StaffItem:
    """An item for staff. Two queries. Raises :class:`Missing`, or a refusal when it lies outside the actor's reach."""
    item = Item.objects.select_related("agency", "region", "current", "working", "basic").filter(code=code).first()
    if item is None:
        require_somewhere(actor, READ)
        raise Missing(_("没有编码为“%(code)s”的事项。") % {"code": code[:80]})
    scope = Scope(agency=item.agency.path, region=item.region.path)
    require(actor, scope, READ, subject=f"item:{code}"[:120])
    may = frozenset(act for act in _ACTS if allowed(actor, f"items.{act}", scope))
    return StaffItem(item, list(item.versions.order_by("-number")), may)


def changes(actor: Actor, code: str, older: int, newer: int) -> list[Change]:
    """What differs between two versions, field by field."""
    found = staff_item(actor, code)
    return compare(found.numbered(older).body, found.numbered(newer).body)
