"""What an address says of a list: read leniently, so that an old bookmark shows the list and not an error."""

from __future__ import annotations

from typing import TypedDict

from django.http import QueryDict

from yiwang.foundation.cases.queries import QueueFilter

from .queries import DenialFilter

COLOURS = ("red", "yellow", "green", "paused", "none")
WHO = ("team", "mine", "all")
STATES = ("open", "closed", "all")
LONGEST = 100  # characters of a search


class CaseFilter(TypedDict):
    """The filters of the list of all cases, as ``cases.queries.staff_cases`` takes them."""

    colour: str
    state: str
    type_code: str
    agency: str
    text: str


def one_of(value: str | None, allowed: tuple[str, ...], otherwise: str) -> str:
    """``value`` if it is one of ``allowed``."""
    return value if value in allowed else otherwise


def queue_filter(address: QueryDict) -> QueueFilter:
    """who, step, colour, q."""
    return QueueFilter(
        who=one_of(address.get("who"), WHO, "team"),
        step=address.get("step", "")[:60],
        colour=one_of(address.get("colour"), COLOURS, ""),
        text=address.get("q", "").strip()[:LONGEST],
    )


def case_filter(address: QueryDict) -> CaseFilter:
    """state, colour, type, agency, q. A colour means cases that are still open."""
    colour = one_of(address.get("colour"), COLOURS, "")
    return CaseFilter(
        colour=colour,
        state="open" if colour else one_of(address.get("state"), STATES, "open"),
        type_code=address.get("type", "")[:80],
        agency=address.get("agency", "")[:40],
        text=address.get("q", "").strip()[:LONGEST],
    )


def denial_filter(address: QueryDict) -> DenialFilter:
    """permission, subject, account, days."""
    account, days = address.get("account", ""), address.get("days", "")
    return DenialFilter(
        permission=address.get("permission", "").strip()[:80],
        subject=address.get("subject", "").strip()[:120],
        account=int(account) if account.isascii() and account.isdigit() and len(account) < 19 else None,
        days=int(days) if days in ("1", "7", "30") else 0,
    )
