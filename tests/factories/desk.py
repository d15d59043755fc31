"""People at the workbench, and their browsers."""

from __future__ import annotations

from django.test import Client

from yiwang.foundation.access.models import Grant
from yiwang.foundation.access.queries import Actor, of_account
from yiwang.foundation.accounts.models import Account

from .people import official

CLERK = ["cases.read", "cases.complete", "cases.claim", "cases.release", "desk.export"]


def clerk(role: str = "window-clerk", name: str = "王芳") -> Actor:
    """Somebody who decides cases in the market authority."""
    return official(role, CLERK, name=name)


def whole_node(role: str, permissions: list[str]) -> Actor:
    """Somebody whose role reaches over the whole node."""
    actor = official(role, permissions)
    Grant.objects.filter(account_id=actor.account_id).update(agency=None)
    return of_account(Account.objects.get(pk=actor.account_id))


def browser(actor: Actor | None = None) -> Client:
    """A browser in which ``actor`` has signed in."""
    client = Client()
    if actor is not None:
        client.force_login(Account.objects.get(pk=actor.account_id))
    return client
