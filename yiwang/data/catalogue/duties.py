"""The three lists 三清单 made from what is declared: who must supply what (责任清单), what is not shared and by which law (负面清单).
The third, what is asked for (需求清单), are the demands. Private to this room."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from yiwang.foundation.orgs.queries import Agency
from yiwang.foundation.standards import queries as standards

from .models import Claim, Duty, Entry, Item, Source
from .slots import Need, needs


@dataclass(slots=True)
class Responsibility:
    """One element: who must supply it and why, which resource does, who needs it. ``agency`` is None while nobody must."""

    element: str
    name: str
    agency: Agency | None = None
    entry: Entry | None = None
    duty: Duty | None = None
    disputed: bool = False
    others: int = 0  # further published resources that hold it
    needs: list[Need] = field(default_factory=list)

    @property
    def state(self) -> str:
        """supplied; owed (somebody must, no resource does yet); nobody (needed, and nobody must)."""
        if self.entry is not None:
            return "supplied"
        return "owed" if self.duty is not None else "nobody"


def responsibilities(*, agency: str = "", state: str = "") -> list[Responsibility]:
    """Every element that is supplied, owed or needed. Five queries and what the rooms that need say."""
    found: dict[str, Responsibility] = {}

    def of(element: str) -> Responsibility:
        return found.setdefault(element, Responsibility(element, element))

    for source in Source.objects.select_related("entry__provider").defer("entry__text"):
        row = of(source.element)
        row.entry, row.agency = source.entry, source.entry.provider
    for duty in Duty.objects.filter(ended_at=None).select_related("agency").order_by("id"):
        row = of(duty.element)
        row.duty, row.agency = duty, row.agency or duty.agency
    for plug in needs.values():
        for need in plug():
            of(need.element).needs.append(need)
    holders: dict[str, set[object]] = defaultdict(set)
    for element, entry_id in Item.objects.exclude(element="").values_list("element", "entry_id"):
        holders[element].add(entry_id)
    names = {row.code: row.name for row in standards.every("element")}
    disputed = set(Claim.objects.filter(state=Claim.State.OPEN).values_list("element", flat=True))
    for code, row in found.items():
        row.name, row.disputed = names.get(code, code), code in disputed
        row.others = len(holders[code] - {row.entry.pk if row.entry else None})
    rows = sorted(found.values(), key=lambda row: (row.agency.path if row.agency else "", row.element))
    return [
        row
        for row in rows
        if (not agency or (row.agency is not None and row.agency.code == agency)) and (not state or row.state == state)
    ]


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that is not shared: a whole resource (``field`` ""), or one field of a resource that is."""

    entry: Entry
    field: str
    reason: str


def refusals(*, agency: str = "") -> Sequence[Refused]:
    """What is not shared, with the law. Two queries."""
    rows = Entry.objects.filter(listed=True).select_related("provider", "current").order_by("provider__path", "code")
    if agency:
        rows = rows.filter(provider_id=agency)
    found: list[Refused] = []
    for entry in rows.filter(items__share="refused").distinct():
        body = entry.current.body if entry.current else {}
        reason = body.get("share_reason", "")
        if entry.share == "refused":
            found.append(Refused(entry, "", reason))
        else:
            labels = {one["name"]: one["label"] for one in body.get("fields", []) if one.get("share") == "refused"}
            found += [Refused(entry, label, reason) for label in labels.values()]
    return found
