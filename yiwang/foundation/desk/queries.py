"""Reading for the workbench: where an official begins, and what was refused."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from yiwang.foundation.access.queries import READ_PEOPLE, Actor, Denial, allowed, require
from yiwang.foundation.cases.queries import BOARD, READ
from yiwang.foundation.events.queries import READ as READ_JOBS
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.pages import Page, page

from .models import SavedView
from .permissions import READ_DENIALS, WORK

__all__ = ["DenialFilter", "denials", "may", "my_agencies", "start", "views"]


def may(actor: Actor, permission: str) -> bool:
    """Whether the actor holds ``permission`` anywhere: enough to be shown the way to a list, whose rows are cut to their reach."""
    return any(held.allows(permission) for held in actor.held)


# The places of the workbench in the order in which somebody would begin there: address, permission, whether it must be held node-wide.
_BEGINNINGS = (
    ("desk", WORK, False),
    ("desk-board", BOARD, False),
    ("desk-cases", READ, False),
    ("desk-people", READ_PEOPLE, False),
    ("desk-jobs", READ_JOBS, True),
    ("desk-denials", READ_DENIALS, True),
)


def start(actor: Actor) -> str:
    """The name of the address where the actor's work begins; "" for somebody without an office here."""
    for name, permission, whole_node in _BEGINNINGS:
        if allowed(actor, permission) if whole_node else may(actor, permission):
            return name
    return ""


@dataclass(frozen=True, slots=True)
class DenialFilter:
    """What is asked of the list of denials. ``permission`` and ``subject`` are beginnings, ``days`` how far back (0: all)."""

    permission: str = ""
    subject: str = ""
    account: int | None = None
    days: int = 0


def denials(actor: Actor, wanted: DenialFilter | None = None, *, cursor: str = "", size: int = 50) -> Page[Denial]:
    """Calls that were refused, newest first. Needs the permission for the whole node."""
    require(actor, permission=READ_DENIALS, subject="denials")
    wanted = wanted or DenialFilter()
    rows = Denial.objects.all()
    if wanted.permission:
        rows = rows.filter(permission__startswith=wanted.permission)
    if wanted.subject:
        rows = rows.filter(subject__startswith=wanted.subject)
    if wanted.account is not None:
        rows = rows.filter(account_id=wanted.account)
    if wanted.days:
        rows = rows.filter(at__gte=timezone.now() - dt.timedelta(days=wanted.days))
    return page(rows, order=("-at", "-id"), cursor=cursor, size=size)


def my_agencies(actor: Actor) -> list[Agency]:
    """The agencies in which the actor holds a role; one query."""
    paths = {held.agency for held in actor.held if held.agency}
    return list(Agency.objects.filter(path__in=paths).order_by("path")) if paths else []


def views(actor: Actor, listing: str) -> list[SavedView]:
    """The views of a list that the actor kept, then those shared with their agencies; at most 100, one query."""
    above = {code for held in actor.held for code in held.agency.split("/") if code}
    rows = SavedView.objects.filter(Q(account=actor.account_id) | Q(agency__in=above), listing=listing)
    found = list(rows.select_related("agency", "account").order_by("created_at")[:100])
    return sorted(found, key=lambda view: view.account_id != actor.account_id)
