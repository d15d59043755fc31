"""What my space lists: cases with their line of progress, and who acts for whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.accounts.queries import Standing
from yiwang.foundation.cases import queries as cases
from yiwang.foundation.cases.queries import Case, Face

_WORK = {"statutory", "promised"}  # the clocks that acceptance starts
MOST_MANDATES = 100


@dataclass(frozen=True, slots=True)
class Station:
    """A stop on a case's line. ``state`` is done, now or todo."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Row:
    """A case in a list, with its line: handed in, accepted, worked on, ended."""

    case: Case
    line: tuple[Station, ...]


def rows(found: Sequence[Case]) -> list[Row]:
    """The cases with their lines. Two queries, however many."""
    faces = cases.clock_faces(found)
    return [Row(case, _line(case, faces.get(case.id, []))) for case in found]


def _line(case: Case, clocks: Iterable[Face]) -> tuple[Station, ...]:
    if case.closed_at is not None:
        names = [_("提交"), case.outcome_name]
        if case.outcome not in ("not-accepted", "withdrawn"):
            names[1:1] = [_("受理"), _("办理")]
        return tuple(Station(name, "done") for name in names)
    kinds = {clock.kind for clock in clocks}
    at = 2 if kinds & _WORK or not kinds else 1
    names = [_("提交"), _("受理"), _("办理"), _("办结")]
    return tuple(
        Station(name, "done" if place < at else "now" if place == at else "todo") for place, name in enumerate(names)
    )


@dataclass(frozen=True, slots=True)
class Mandates:
    """Who acts for whom: the parties for which the actor acts, and the people who act for the actor's own parties."""

    mine: list[Standing]
    others: list[Standing]


def mandates(actor: Actor) -> Mandates:
    """The grounds that hold today. Others are shown for parties that are the actor's own or that they represent by law. Two queries."""
    assert actor.account_id is not None  # signed in
    today = timezone.localdate()
    holding = Standing.objects.filter(Q(until=None) | Q(until__gte=today), since__lte=today)
    holding = holding.select_related("party", "account").order_by("since", "id")
    mine = list(holding.filter(account_id=actor.account_id)[:MOST_MANDATES])
    own: list[UUID] = [row.party_id for row in mine if row.ground != Standing.Ground.AGENT]
    others = holding.filter(party__in=own).exclude(account_id=actor.account_id)
    return Mandates(mine, list(others[:MOST_MANDATES]))
