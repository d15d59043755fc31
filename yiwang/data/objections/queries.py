"""Reading objections: one's own, with the case and the answer."""

from __future__ import annotations

from dataclasses import dataclass

from yiwang.data.registries import queries as registries
from yiwang.data.registries.queries import Objection, element_of
from yiwang.foundation.access.queries import Actor, owner, require
from yiwang.foundation.cases.queries import Case

from .models import ObjectionCase
from .permissions import READ


@dataclass(frozen=True, slots=True)
class Mine:
    """One of my objections: about which element, the case that looks into it (none in the first moments), and the answer, if any."""

    objection: Objection
    element: str
    case: Case | None
    answer: str


def mine(actor: Actor) -> list[Mine]:
    """The objections of the party acted for, newest first, at most a hundred. Three queries."""
    require(actor, owner(actor.party_id), READ, subject="objections")
    rows = registries.my_objections(actor)
    found = {
        row.objection_id: row for row in ObjectionCase.objects.filter(objection__in=rows).select_related("case__agency")
    }
    return [
        Mine(
            row, element_of(row).label, found[row.id].case if row.id in found else None,
            found[row.id].answer.plain() if row.id in found and found[row.id].answered_at else "",
        )
        for row in rows
    ]  # fmt: skip
