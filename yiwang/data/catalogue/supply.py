"""Reading demands, objections, claims, lists and figures. Exported by :mod:`.queries`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor, Scope, allowed, reach, require, require_somewhere
from yiwang.foundation.orgs.queries import Agency
from yiwang.foundation.search.queries import first_letter
from yiwang.foundation.standards import queries as standards
from yiwang.kernel.pages import Page, page
from yiwang.kernel.refusals import Missing

from .duties import Refused, Responsibility, refusals, responsibilities
from .figures import Figures, figures
from .models import Claim, Demand, Duty, Entry, Item, Objection, Overdue, Source, Survey
from .permissions import FIGURES, READ

if TYPE_CHECKING:
    from yiwang.foundation.cases.models import Case

MOST_MATCHES = 20


@dataclass(frozen=True, slots=True)
class DemandFilter:
    """``side``: "ours" asked by, "theirs" asked of the actor's agencies; "" both. ``text`` is in the title or the fields."""

    state: str = ""
    side: str = ""
    provider: str = ""
    text: str = ""
    late: bool = False


def demand_filter(address: Mapping[str, str]) -> DemandFilter:
    """The filters that an address names; what is wrong in it is passed over."""
    state, side = address.get("state", ""), address.get("side", "")
    return DemandFilter(
        state if state in Demand.State.values else "", side if side in ("ours", "theirs") else "", address.get("provider", "")[:40],
        address.get("q", "").strip()[:100], address.get("late") == "1",
    )  # fmt: skip


def _sides(actor: Actor) -> tuple[Q, Q]:
    ours = reach(actor, READ, agency="agency__path", region="agency__region__path")
    theirs = reach(actor, READ, agency="provider__path", region="provider__region__path")
    return ours, theirs


def demands(actor: Actor, wanted: DemandFilter | None = None, *, cursor: str = "", size: int = 50) -> Page[Demand]:
    """Demands of and to the actor's agencies, newest first. One query."""
    require_somewhere(actor, READ)
    wanted = wanted or DemandFilter()
    ours, theirs = _sides(actor)
    rows = Demand.objects.filter(
        ours if wanted.side == "ours" else theirs if wanted.side == "theirs" else ours | theirs
    )
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.provider:
        rows = rows.filter(provider_id=wanted.provider)
    if wanted.late:
        rows = rows.filter(in_time=False)
    for word in wanted.text.split():
        rows = rows.filter(Q(title__icontains=word) | Q(wanted__icontains=word))
    return page(rows.select_related("agency", "provider", "entry", "case"), order=("-id",), cursor=cursor, size=size)


def every_demand(actor: Actor, wanted: DemandFilter) -> Iterator[Demand]:
    """All that the list would show, for an export."""
    cursor = ""
    while True:
        found = demands(actor, wanted, cursor=cursor, size=200)
        yield from found.items
        cursor = found.next
        if not cursor:
            return


def demand(actor: Actor, demand_id: UUID | str) -> tuple[Demand, frozenset[str]]:
    """One demand, and which acts the actor may do on it. Raises :class:`Missing`, also for one of agencies outside the reach."""
    ours, theirs = _sides(actor)
    require_somewhere(actor, READ)
    rows = Demand.objects.select_related("agency__region", "provider__region", "entry", "case")
    try:
        found = rows.filter(ours | theirs, id=demand_id).first()
    except (ValueError, ValidationError):
        found = None
    if found is None:
        raise Missing(_("没有这个数据需求，或者它和您单位无关。"))
    scope = Scope(agency=found.agency.path, region=found.agency.region.path)
    return found, frozenset(act for act in ("rate_demand",) if allowed(actor, f"catalogue.{act}", scope))


def demand_of(case: Case) -> Demand:
    """The demand behind a case; the caller has asked who may read the case."""
    return Demand.objects.select_related("agency", "provider", "entry").get(case=case)


def claim_of(case: Case) -> Claim:
    return Claim.objects.select_related("entry__provider", "against__provider").get(case=case)


def objection_of(case: Case) -> Objection:
    return Objection.objects.select_related("entry__provider", "entry__current", "agency").get(case=case)


def overdue_of(case: Case) -> Overdue:
    return Overdue.objects.select_related("entry__provider").get(case=case)


@dataclass(frozen=True, slots=True)
class Match:
    """A published resource that may meet a demand, and the labels of its fields that were asked for."""

    entry: Entry
    labels: tuple[str, ...]
    score: int


def matches(actor: Actor, text: str) -> list[Match]:
    """Published resources that may hold what somebody asks for, best first: by the names of the fields, then by the words of the title.

    ``text`` is what they wrote, fields separated by "、", commas or lines. Three queries.
    """
    require_somewhere(actor, READ)
    for sign in "，,；;\n\r\t /":
        text = text.replace(sign, "、")
    words = list(dict.fromkeys(word.strip() for word in text.split("、") if len(word.strip()) > 1))[:30]
    if not words:
        return []
    by_label, by_text = Q(), Q()
    for word in words:
        by_label |= Q(label__icontains=word)
        by_text |= Q(text__icontains=word)
    hits: dict[object, set[str]] = {}
    for entry_id, label in Item.objects.filter(by_label).values_list("entry_id", "label"):
        hits.setdefault(entry_id, set()).add(label)
    found = []
    rows = Entry.objects.filter(Q(id__in=hits) | by_text, listed=True).select_related("provider")
    sources = set(Source.objects.filter(entry__in=list(rows)).values_list("entry_id", flat=True))
    for entry in rows:
        labels = sorted(hits.get(entry.id, ()))
        wanted = sum(any(word in label for label in labels) for word in words)
        score = wanted * 10 + sum(word in entry.name for word in words) * 6 + sum(word in entry.text for word in words)
        found.append(
            Match(
                entry, tuple(labels), score + (3 if entry.id in sources else 0) - (5 if entry.share == "refused" else 0)
            )
        )
    return sorted(found, key=lambda match: (-match.score, match.entry.code))[:MOST_MATCHES]


def objections(actor: Actor, *, code: str = "", cursor: str = "", size: int = 50) -> Page[Objection]:
    """Objections of and to the actor's agencies, newest first; ``code``: to one resource."""
    require_somewhere(actor, READ)
    ours = reach(actor, READ, agency="agency__path", region="agency__region__path")
    theirs = reach(actor, READ, agency="entry__provider__path", region="entry__provider__region__path")
    rows = Objection.objects.filter(ours | theirs)
    if code:
        rows = rows.filter(entry__code=code)
    return page(rows.select_related("entry__provider", "agency", "case"), order=("-id",), cursor=cursor, size=size)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an element of a resource comes from: the authoritative resource, and the open claim to it."""

    element: str
    name: str
    source: Source | None
    claim: Claim | None


def origins(actor: Actor, entry: Entry) -> list[Origin]:
    """For each element that a resource holds: which resource is its source. Three queries."""
    require_somewhere(actor, READ)
    mine = list(Item.objects.filter(entry=entry).exclude(element="").order_by("id").values_list("element", flat=True))
    sources = {
        source.element: source for source in Source.objects.filter(element__in=mine).select_related("entry__provider")
    }
    open_claims = {
        claim.element: claim
        for claim in Claim.objects.filter(element__in=mine, state=Claim.State.OPEN).select_related("entry", "case")
    }
    known = standards.elements(set(mine))
    return [
        Origin(code, known[code].name if code in known else code, sources.get(code), open_claims.get(code))
        for code in dict.fromkeys(mine)
    ]


def claims(actor: Actor, *, open_only: bool = False) -> list[Claim]:
    """Claims to elements, newest first: officials see them all, since the source of an element concerns everybody."""
    require_somewhere(actor, READ)
    rows = Claim.objects.select_related("entry__provider", "against__provider", "case").order_by("-id")
    return list((rows.filter(state=Claim.State.OPEN) if open_only else rows)[:200])


def source_of(element: str) -> str:
    """The code of the authoritative resource of an element; "" when nobody is. For rooms of the data floor."""
    return Source.objects.filter(element=element).values_list("entry__code", flat=True).first() or ""


def responsibility_list(actor: Actor, *, agency: str = "", state: str = "") -> list[Responsibility]:
    """责任清单: who must supply what. Officials see it whole."""
    require_somewhere(actor, READ)
    return responsibilities(agency=agency, state=state)


def negative_list(actor: Actor, *, agency: str = "") -> Sequence[Refused]:
    """负面清单: what is not shared, with the law. Officials see it whole."""
    require_somewhere(actor, READ)
    return refusals(agency=agency)


def duties(actor: Actor) -> list[Duty]:
    """The duties that are declared now."""
    require_somewhere(actor, READ)
    return list(Duty.objects.filter(ended_at=None).select_related("agency").order_by("agency__path", "element"))


def statistics(actor: Actor) -> Figures:
    """How complete and fresh the catalogue of the actor's agencies is. Six queries."""
    require_somewhere(actor, FIGURES)
    return figures(reach(actor, FIGURES, agency="path", region="region__path"))


def surveys(actor: Actor) -> list[Survey]:
    """The last surveys that were read for the actor's agencies, newest first."""
    require_somewhere(actor, "catalogue.survey")
    rows = Survey.objects.filter(reach(actor, "catalogue.survey", agency="agency__path", region="agency__region__path"))
    return list(rows.select_related("agency").defer("report").order_by("-id")[:20])


def survey_of(actor: Actor, survey_id: UUID | str) -> Survey:
    """One reading of a survey. Raises :class:`Missing`."""
    found = Survey.objects.select_related("agency__region").filter(id=survey_id).first()
    if found is None or found.agency is None:
        raise Missing(_("没有这次导入。"))
    scope = Scope(agency=found.agency.path, region=found.agency.region.path)
    require(actor, scope, "catalogue.survey", subject=f"survey:{survey_id}")
    return found


def agencies(actor: Actor, act: str) -> list[Agency]:
    """The agencies for which the actor may do ``act``, by path: those of the own grants before what lies below."""
    require_somewhere(actor, act)
    rows = Agency.objects.filter(reach(actor, act, agency="path", region="region__path"), until=None).order_by("path")
    return list(rows.select_related("region")[:500])


def providers(actor: Actor) -> list[Agency]:
    """The agencies that may be asked for data, by name."""
    require_somewhere(actor, READ)
    return sorted(
        Agency.objects.filter(until=None).exclude(uscc="")[:1_000],
        key=lambda each: (first_letter(each.name), each.name),
    )
