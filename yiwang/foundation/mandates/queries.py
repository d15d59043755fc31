"""Reading mandates: those that I gave, those that I was given, and what was done under one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor, own_party, owner, require
from yiwang.foundation.accounts.queries import Party, Standing
from yiwang.foundation.cases import queries as cases
from yiwang.foundation.cases.queries import Deed
from yiwang.kernel.refusals import Missing

from .models import Mandate
from .permissions import READ
from .slots import find, names

__all__ = ["Mandate", "MandateView", "Overview", "find", "grounds", "mandate", "mine", "names"]

MOST = 100  # rows of each list
MOST_DEEDS = 200


@dataclass(frozen=True, slots=True)
class MandateView:
    """A mandate as one of its two sides sees it. ``side`` is giver or agent; ``matters`` are in words, none for everything."""

    mandate: Mandate
    side: str
    state: str
    matters: tuple[str, ...]
    deeds: tuple[Deed, ...] = ()

    @property
    def words(self) -> str:
        """The state in words."""
        return str(Mandate.State(self.state).label)

    @property
    def open(self) -> bool:
        """Whether it holds, or waits for an answer."""
        return self.state in (Mandate.State.OFFERED, Mandate.State.HELD)


@dataclass(frozen=True, slots=True)
class Overview:
    """Who acts for whom: what I gave, what I was given, and the grounds beside them that were entered at a counter."""

    given: tuple[MandateView, ...]
    received: tuple[MandateView, ...]
    mine: tuple[Standing, ...]
    others: tuple[Standing, ...]


def grounds(actor: Actor) -> list[UUID]:
    """The parties that the actor is, or represents by law: for these they may give a mandate. An agent passes nothing on (民法典第一百六十九条)."""
    return [party for party, _name, _kind, ground in actor.parties if ground != Standing.Ground.AGENT]


def _own_hash(actor: Actor) -> str:
    found = Party.objects.filter(id__in=[own_party(actor)]).values_list("code_hash", flat=True).first()
    return found or "-"


def _shown(rows: Iterable[Mandate], side: str, today: dt.date) -> tuple[MandateView, ...]:
    rows = list(rows)
    known = names(code for row in rows for code in row.matters)
    return tuple(
        MandateView(row, side, row.state_on(today), tuple(known.get(code, code) for code in row.matters))
        for row in rows
    )


def mine(actor: Actor) -> Overview:
    """Everything about who acts for whom. A constant number of queries."""
    require(actor, owner(own_party(actor) or actor.party_id), READ, subject="mandates")
    assert actor.account_id is not None  # parties have accounts behind them
    today, own = timezone.localdate(), grounds(actor)
    rows = Mandate.objects.select_related("party", "given_by", "agent").order_by("-created_at")
    holding = Standing.objects.filter(Q(until=None) | Q(until__gt=today), since__lte=today)
    by_mandate = Mandate.objects.filter(state=Mandate.State.HELD, until__gt=today).values("standing")
    holding = holding.exclude(pk__in=by_mandate).select_related("party", "account").order_by("since", "id")
    return Overview(
        _shown(rows.filter(party__in=own)[:MOST], "giver", today),
        _shown(rows.filter(agent_hash=_own_hash(actor))[:MOST], "agent", today),
        tuple(holding.filter(account_id=actor.account_id)[:MOST]),
        tuple(holding.filter(party__in=own).exclude(account_id=actor.account_id)[:MOST]),
    )


def side_of(actor: Actor, mandate: Mandate | None) -> str:
    """On which side of a mandate the actor stands: giver, agent, or neither ("")."""
    if mandate is None:
        return ""
    if mandate.party_id in grounds(actor):
        return "giver"
    return "agent" if mandate.agent_hash == _own_hash(actor) else ""


def nothing() -> str:
    """The answer for a mandate that is not there and for somebody else's."""
    return _("没有找到这份委托，可能不是给您的。请核对登录的账号。")


def mandate(actor: Actor, mandate_id: UUID) -> MandateView:
    """One mandate with what the agent did under it, for its two sides. Somebody else's looks like one that is not there."""
    found = Mandate.objects.select_related("party", "given_by", "agent").filter(id=mandate_id).first()
    side = side_of(actor, found)
    mine_here = found.party_id if found and side == "giver" else own_party(actor) if side else None
    require(actor, owner(mine_here), READ, subject=f"mandate:{mandate_id}", message=nothing())
    if found is None or not side:
        raise Missing(nothing())
    [shown] = _shown([found], side, timezone.localdate())
    deeds: list[Deed] = []
    if found.agent_id is not None and found.answered_at is not None:
        deeds = cases.deeds(found.party_id, found.agent_id, found.answered_at, found.ended_at, MOST_DEEDS)
    return MandateView(found, side, shown.state, shown.matters, tuple(deeds))
