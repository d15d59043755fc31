"""What people asked of open data: their own list, and what of it is public."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from yiwang.data.opendata.models import Access, Correction, Dataset, Showcase, Subscription, Vote, Wish
from yiwang.data.opendata.permissions import OWN, READ
from yiwang.foundation.access.queries import NODE, Actor, owner, reach, require, require_somewhere
from yiwang.kernel.pages import Page, page

MOST = 100


@dataclass(frozen=True, slots=True)
class Mine:
    """What the party acted for has asked, newest first, at most a hundred of each."""

    accesses: list[Access]
    wishes: list[Wish]
    corrections: list[Correction]
    showcases: list[Showcase]
    subscriptions: list[Subscription]

    @property
    def empty(self) -> bool:
        return not (self.accesses or self.wishes or self.corrections or self.showcases or self.subscriptions)


def mine(actor: Actor) -> Mine:
    """One query for each list."""
    require(actor, owner(actor.party_id), OWN)
    own: dict[str, Any] = {"party": actor.party_id}

    def of(model: Any, *related: str) -> list[Any]:
        return list(model.objects.filter(**own).select_related(*related).order_by("-created_at", "-id")[:MOST])

    return Mine(
        of(Access, "dataset", "case"), of(Wish, "agency", "case", "dataset"), of(Correction, "dataset", "case"), of(Showcase, "case"),
        of(Subscription, "dataset"),
    )  # fmt: skip


def wishes(actor: Actor, *, state: str = "", cursor: str = "", size: int = 20) -> tuple[Page[Wish], set[UUID]]:
    """What people would like to see opened, the most wanted first, without who asked; and which of them the actor's party has joined."""
    require(actor, NODE, READ)
    rows = Wish.objects.select_related("agency", "dataset")
    if state in Wish.State.values:
        rows = rows.filter(state=state)
    found = page(rows, order=("-votes", "-id"), cursor=cursor, size=size)
    joined = (
        set(
            Vote.objects.filter(party=actor.party_id, wish__in=[row.id for row in found.items]).values_list(
                "wish", flat=True
            )
        )
        if actor.party_id
        else set()
    )
    return found, joined


def showcases(actor: Actor, *, dataset: Dataset | None = None, cursor: str = "", size: int = 20) -> Page[Showcase]:
    """What was made with open data and looked at by the bureau, newest first."""
    require(actor, NODE, READ)
    rows = Showcase.objects.filter(state=Showcase.State.PUBLISHED).prefetch_related("datasets")
    if dataset is not None:
        rows = rows.filter(datasets=dataset)
    return page(rows, order=("-created_at", "-id"), cursor=cursor, size=size)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A granted access as the bureau sees it."""

    access: Access
    party: str


def waiting_accesses(actor: Actor) -> list[Waiting]:
    """Accesses in force in the actor's reach, for who may end them."""
    require_somewhere(actor, "opendata.revoke_access")
    rows = (
        Access.objects.filter(
            reach(actor, "opendata.revoke_access", agency="dataset__agency_path", region="dataset__region_path"),
            state=Access.State.GRANTED, until__gt=timezone.localdate(),
        )
        .select_related("dataset", "party")
        .order_by("until", "id")[:MOST]
    )  # fmt: skip
    return [Waiting(row, row.party.name) for row in rows]
