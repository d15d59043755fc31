"""Who is acting: an account, the party it acts for, and the roles it holds. Read once per request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache, reduce
from operator import or_
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from yiwang.foundation.accounts.queries import Account, Party, Standing
from yiwang.foundation.orgs.queries import Agency

from .models import Grant

MOST_PARTS = 50  # agencies in the subtree of a grant that lists name one by one
PARTY_ROLE = "party"


@dataclass(frozen=True, slots=True)
class Held:
    """One role as held: within ``agency`` and ``region`` subtrees ("" is everywhere).

    ``parts`` are the paths of all agencies in the subtree, so that lists can ask for equal paths, which any index answers in the
    order of the list; empty when they are too many or not known.
    """

    role: str
    permissions: frozenset[str]
    agency: str = ""
    region: str = ""
    data_level: int = 2
    parts: tuple[str, ...] = ()

    def allows(self, permission: str) -> bool:
        return permission in self.permissions or f"{permission.split('.', 1)[0]}.*" in self.permissions


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts. ``account_id`` is None for the node itself and for a passer-by.

    ``party_id`` is the party acted for; ``ground`` says why (self, legal-representative, agent). ``channel`` is web, api,
    counter, job or command. ``limits`` are the items for which an agent may act, for each party that gave a mandate for some only;
    ``matter`` is the item at which they are (:func:`acts.about`). ``at`` is the moment of an act that is entered afterwards (补录, ADR 0030), None for now;
    ``entered_by`` is who enters it, where that is somebody else.
    """

    name: str
    account_id: int | None = None
    level: int = 0
    party_id: UUID | None = None
    party_name: str = ""
    party_kind: str = ""
    ground: str = ""
    held: tuple[Held, ...] = ()
    channel: str = "web"
    request_id: str = ""
    address: str = ""
    system: bool = False
    parties: tuple[tuple[UUID, str, str, str], ...] = field(default=())  # (id, name, kind, ground) that may be chosen
    at: dt.datetime | None = None
    entered_by: Actor | None = None
    limits: tuple[tuple[UUID, frozenset[str]], ...] = ()
    matter: str = ""

    @property
    def signed_in(self) -> bool:
        return self.account_id is not None

    @property
    def official(self) -> bool:
        """Whether the actor holds any staff role."""
        return bool(self.held)

    def holds(self, role: str) -> bool:
        return any(held.role == role for held in self.held)

    def roles(self) -> list[str]:
        return sorted({held.role for held in self.held})

    def now(self) -> dt.datetime:
        """When what the actor does takes place: what acts write as their time, and count limits from."""
        return self.at or timezone.now()

    def reference(self) -> str:
        """How the ledger names the actor: an account number, never personal data."""
        return "node" if self.system else f"account:{self.account_id}" if self.account_id else "anonymous"


ANONYMOUS = Actor(name="访客")


def system(channel: str = "job") -> Actor:
    """The node itself, acting from a job or a command."""
    return Actor(name="系统", system=True, channel=channel)


Parties = tuple[tuple[UUID, str, str, str], ...]
Limits = tuple[tuple[UUID, frozenset[str]], ...]


@lru_cache(maxsize=10_000)
def _held(account_id: int, stamp: int, today: dt.date) -> tuple[tuple[Held, ...], Parties, Limits]:
    """The roles and the parties of an account on a day; at most three queries. The stamp changes with every change of theirs (:mod:`.stamps`)."""
    held = [
        grant
        for grant in Grant.objects.filter(account=account_id).select_related("role", "agency", "region")
        if grant.holds_on(today)
    ]
    parts = _parts({grant.agency.path for grant in held if grant.agency})
    grants = tuple(
        Held(
            grant.role_id,
            frozenset(grant.role.permissions),
            grant.agency.path if grant.agency else "",
            grant.region.path if grant.region else "",
            grant.role.data_level,
            parts.get(grant.agency.path, ()) if grant.agency else (),
        )
        for grant in held
    )
    standings = [
        standing
        for standing in Standing.objects.filter(account=account_id).select_related("party").order_by("created_at")
        if standing.since <= today and (standing.until is None or today < standing.until)
    ]
    parties = tuple(
        (standing.party_id, standing.party.name, str(standing.party.kind), str(standing.ground))
        for standing in standings
    )
    whole = {standing.party_id for standing in standings if not standing.matters}
    limits = tuple((row.party_id, frozenset(row.matters)) for row in standings if row.party_id not in whole)
    return grants, parties, limits


def _parts(paths: set[str]) -> dict[str, tuple[str, ...]]:
    """The paths of the agencies in each of these subtrees, without those that have more than :data:`MOST_PARTS`."""
    if not paths:
        return {}
    below = reduce(or_, (Q(path__startswith=path) for path in paths))
    known = sorted(Agency.objects.filter(below).values_list("path", flat=True)[: MOST_PARTS * len(paths) + 1])
    if len(known) > MOST_PARTS * len(paths):
        return {}
    found = {path: tuple(part for part in known if part.startswith(path)) for path in paths}
    return {path: parts for path, parts in found.items() if len(parts) <= MOST_PARTS}


def forget_actors() -> None:
    """Read everybody's roles and parties again (between tests)."""
    _held.cache_clear()


def of_account(
    account: Account, *, party_id: str | UUID | None = None, channel: str = "web", today: dt.date | None = None
) -> Actor:
    """The actor behind a signed-in account. ``party_id`` chooses among the parties it may act for; their own comes first.

    Roles and parties are remembered until the account's stamp changes, so that a request asks only for the account.
    """
    grants, parties, limits = _held(account.pk, account.standing_stamp, today or timezone.localdate())
    actor = Actor(name=account.name, account_id=account.pk, level=account.level, held=grants, channel=channel)
    if not parties:
        return actor
    own = [party for party in parties if party[3] == Standing.Ground.SELF]
    chosen, name, kind, ground = next(
        (party for party in parties if str(party[0]) == str(party_id)), (own or parties)[0]
    )
    return replace(
        actor, party_id=chosen, party_name=name, party_kind=kind, ground=ground, parties=parties, limits=limits
    )


def own_party(actor: Actor) -> UUID | None:
    """The natural person behind the actor, whoever they act for now."""
    return next(
        (pid for pid, _name, kind, ground in actor.parties if ground == "self" and kind == Party.Kind.PERSON), None
    )


def roles_in_words(account_ids: Iterable[int]) -> dict[int, str]:
    """What officials do today: "综合窗口受理人 · 云州市市场监督管理局", by account; one query."""
    found: dict[int, list[str]] = {}
    today = timezone.localdate()
    grants = Grant.objects.filter(account__in=list(account_ids)).select_related("role", "agency").order_by("pk")
    for grant in grants:
        if not grant.holds_on(today):
            continue
        words = f"{grant.role.name} · {grant.agency.name}" if grant.agency else grant.role.name
        found.setdefault(grant.account_id, []).append(words)
    return {account_id: gettext("、").join(words) for account_id, words in found.items()}
