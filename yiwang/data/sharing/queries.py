"""Front door for reading: grants and applications within reach, clients, uses and figures, and who used a person's data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count, Max, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.protection.queries import NAMES as MASKS
from yiwang.foundation.access.queries import Actor, Scope, allowed, reach, require, require_somewhere
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.pages import Page, page
from yiwang.kernel.refusals import Missing

from .grounds import Ground, ground
from .models import Batch, Client, DataRequest, Grant, Peer, Use
from .modes import NAMES as MODES
from .permissions import CLIENTS, FIGURES, READ
from .using import grant_of, state_of

__all__ = [
    "CLIENTS", "FIGURES", "MODES", "READ", "STATES", "Figures", "GrantView", "Ground", "Line", "batches", "client", "clients", "figures", "grant",
    "grants", "ground", "peers", "requests", "uses", "uses_rows",
]  # fmt: skip

STATES: dict[str, tuple[Any, str]] = {
    "active": (gettext_lazy("有效"), "green"),
    "suspended": (gettext_lazy("已暂停"), "amber"),
    "revoked": (gettext_lazy("已收回"), "red"),
    "expired": (gettext_lazy("已到期"), "grey"),
    "not-yet": (gettext_lazy("未生效"), "blue"),
}
SOON = dt.timedelta(days=30)  # before its end a grant is shown as ending soon
SIDES = ("ours", "given")


def _held(actor: Actor, side: str) -> Q:
    ours = reach(actor, READ, agency="agency_path", region="agency__region__path")
    given = reach(actor, READ, agency="provider_path", region="provider__region__path")
    return ours if side == "ours" else given if side == "given" else ours | given


@dataclass(frozen=True, slots=True)
class GrantView:
    """A grant as a page shows it, with what the reader may do about it."""

    grant: Grant
    state: str
    fields: list[dict[str, Any]]
    requests: list[DataRequest]
    may_decide: bool  # suspend, resume, revoke: the provider and the data bureau
    may_narrow: bool
    may_renew: bool

    @property
    def state_name(self) -> Any:
        return STATES[self.state][0]

    @property
    def tone(self) -> str:
        return STATES[self.state][1]

    @property
    def soon(self) -> bool:
        return self.state == "active" and self.grant.until <= timezone.localdate() + SOON

    @property
    def modes(self) -> list[Any]:
        return [MODES[mode] for mode in self.grant.modes]


def _view(actor: Actor, found: Grant, requests: list[DataRequest]) -> GrantView:
    provider, holder = Scope(agency=found.provider_path), Scope(agency=found.agency_path)
    fields = [{**field, "words": MASKS[field["agreed"]]} for field in found.shape["fields"]]
    return GrantView(
        found, state_of(found), fields, requests, allowed(actor, "sharing.suspend", provider),
        allowed(actor, "sharing.narrow", holder) or allowed(actor, "sharing.narrow", provider),
        not found.by_law and allowed(actor, "sharing.apply", holder),
    )  # fmt: skip


def grants(
    actor: Actor, *, side: str = "", text: str = "", state: str = "", cursor: str = "", size: int = 30
) -> Page[GrantView]:
    """Grants within reach, newest first: held by one's own agency ("ours"), given by it ("given"), or both. One query."""
    require_somewhere(actor, READ)
    rows = Grant.objects.filter(_held(actor, side)).select_related("agency", "provider")
    for word in text.split():
        rows = rows.filter(
            Q(number=word)
            | Q(resource_name__icontains=word)
            | Q(agency__name__icontains=word)
            | Q(purpose__icontains=word)
        )
    today = timezone.localdate()
    if state == "active":
        rows = rows.filter(state=Grant.State.ACTIVE, until__gte=today)
    elif state == "expired":
        rows = rows.filter(state=Grant.State.ACTIVE, until__lt=today)
    elif state:
        rows = rows.filter(state=state)
    found = page(rows, order=("-created_at", "-id"), cursor=cursor, size=size)
    return Page([_view(actor, row, []) for row in found.items], found.next)


def grant(actor: Actor, number: str) -> GrantView:
    """One grant with the applications behind it. Raises :class:`Missing`."""
    found = grant_of(number)
    mine = allowed(actor, READ, Scope(agency=found.agency_path))
    require(actor, Scope(agency=found.agency_path if mine else found.provider_path), READ, subject=f"grant:{number}")
    requests = found.requests.select_related("case", "agency").order_by("-created_at")
    return _view(actor, found, list(requests[:50]))


def requests(actor: Actor, *, cursor: str = "", size: int = 30) -> Page[DataRequest]:
    """Applications of agencies within reach, newest first."""
    require_somewhere(actor, READ)
    mine = reach(actor, READ, agency="agency_path", region="agency__region__path")
    rows = DataRequest.objects.filter(mine).select_related("case", "provider", "agency", "grant")
    return page(rows, order=("-created_at", "-id"), cursor=cursor, size=size)


def uses(actor: Actor, number: str, *, refused: bool = False, cursor: str = "", size: int = 50) -> Page[Use]:
    """The calls under a grant, newest first."""
    found = grant(actor, number).grant
    rows = Use.objects.filter(grant=found).select_related("client")
    return page(rows.exclude(refused="") if refused else rows, order=("-at", "-id"), cursor=cursor, size=size)


def uses_rows(actor: Actor, number: str) -> Iterator[tuple[object, ...]]:
    """Every call under a grant, for an export."""
    cursor = ""
    while True:
        found = uses(actor, number, cursor=cursor, size=200)
        for row in found.items:
            yield (
                row.at, MODES[row.mode], row.client.name if row.client else "", row.purpose, row.about, row.asked, row.rows,
                row.refused, row.milliseconds,
            )  # fmt: skip
        cursor = found.next
        if not cursor:
            return


def clients(actor: Actor) -> list[Client]:
    """Clients of agencies within reach, by agency and name."""
    require_somewhere(actor, CLIENTS)
    rows = Client.objects.filter(reach(actor, CLIENTS, agency="agency_path", region="agency__region__path"))
    return list(rows.select_related("agency").order_by("agency_path", "code")[:500])


def client(actor: Actor, code: str) -> Client:
    """One client, with its credentials prefetched. Raises :class:`Missing`."""
    found = Client.objects.select_related("agency").prefetch_related("credentials").filter(code=code).first()
    require(actor, Scope(agency=found.agency_path if found else ""), CLIENTS, subject=f"client:{code[:40]}")
    if found is None:
        raise Missing(_("没有编号为“%(code)s”的接入系统。") % {"code": code[:40]})
    return found


def peers(actor: Actor) -> list[Peer]:
    """Other nodes and interfaces, by name; for those who see clients."""
    require_somewhere(actor, CLIENTS)
    return list(Peer.objects.order_by("name"))


# Figures


@dataclass(frozen=True, slots=True)
class Line:
    """What one group came to: calls, rows given out, refusals, mean and longest time in ms."""

    code: str
    name: str
    calls: int
    rows: int
    refused: int
    mean: int
    longest: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Uses of a period within reach: in all, by resource, by agency, by way of use; ranked by calls."""

    since: dt.date
    total: Line
    resources: list[Line]
    agencies: list[Line]
    modes: list[Line]


_SUMS: dict[str, Any] = {
    "calls": Count("id"), "rows_out": Sum("rows"), "no": Count("id", filter=~Q(refused="")), "mean": Avg("milliseconds"),
    "longest": Max("milliseconds"),
}  # fmt: skip
PERIODS = {"day": 1, "week": 7, "month": 30, "year": 365}
MOST_LINES = 50


def _line(row: Mapping[str, Any], code: str, name: str) -> Line:
    return Line(
        code, name, row["calls"], row["rows_out"] or 0, row["no"], round(row["mean"] or 0), row["longest"] or 0
    )  # fmt: skip


def figures(actor: Actor, period: str = "month") -> Figures:
    """Figures of the last days within reach: five queries, over an index of time."""
    require_somewhere(actor, FIGURES)
    since = timezone.localdate() - dt.timedelta(days=PERIODS.get(period, 30) - 1)
    start = timezone.make_aware(dt.datetime.combine(since, dt.time()))
    mine = reach(actor, FIGURES, agency="grant__agency_path", region="grant__agency__region__path") | reach(
        actor, FIGURES, agency="grant__provider_path", region="grant__provider__region__path"
    )
    rows = Use.objects.filter(mine, at__gte=start)

    def by(*names: str) -> Any:
        return rows.values(*names).annotate(**_SUMS).order_by("-calls")[:MOST_LINES]

    agencies = list(by("grant__agency_id"))
    named = dict(
        Agency.objects.filter(code__in=[row["grant__agency_id"] for row in agencies]).values_list("code", "name")
    )
    return Figures(
        since,
        _line(rows.aggregate(**_SUMS), "", ""),
        [_line(row, row["grant__resource"], row["grant__resource_name"]) for row in by("grant__resource", "grant__resource_name")],
        [_line(row, row["grant__agency_id"], named.get(row["grant__agency_id"], "")) for row in agencies],
        [_line(row, row["mode"], str(MODES[row["mode"]])) for row in by("mode")],
    )  # fmt: skip


def batches(actor: Actor, number: str) -> list[Batch]:
    """The newest batches of a grant."""
    return list(grant(actor, number).grant.batches.select_related("client").order_by("-created_at")[:20])
