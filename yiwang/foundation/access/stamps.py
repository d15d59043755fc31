"""The stamp of an account is another one after each change of its roles or parties, so that what processes remember of it is never old.

Stamps are random, not counted: the number of a change that was rolled back must not come again.

Kept by signals of the tables that decide, wherever they are changed from. ``bulk_create`` and ``QuerySet.update`` send none: whoever uses them on
these tables calls :func:`restamp`.
"""

from __future__ import annotations

import secrets
from typing import Any

from django.db.models import Q
from django.db.models.signals import post_delete, post_save

from yiwang.foundation.accounts.queries import Account, Party, Standing
from yiwang.foundation.orgs.queries import Agency, Region

from .models import Grant, Role


def restamp(whose: Q) -> None:
    """Let every process read again what the accounts that match ``whose`` hold."""
    Account.objects.filter(whose).update(standing_stamp=secrets.randbelow(2**62))


def _of_grant(sender: type, instance: Grant | Standing, **_more: Any) -> None:
    restamp(Q(pk=instance.account_id))


def _of_role(sender: type, instance: Role, created: bool = False, **_more: Any) -> None:
    if not created:
        restamp(Q(pk__in=Grant.objects.filter(role=instance).values("account")))


def _of_place(sender: type, instance: Agency | Region, created: bool = False, **_more: Any) -> None:
    """A place that moves changes the reach of every grant in it; a new agency, that of every grant above it."""
    if created and isinstance(instance, Agency):
        above = [f"{instance.path[: end + 1]}" for end, sign in enumerate(instance.path) if sign == "/" and end]
        restamp(Q(pk__in=Grant.objects.filter(agency__path__in=above).values("account")))
    elif not created:
        name = "agency" if isinstance(instance, Agency) else "region"
        restamp(Q(pk__in=Grant.objects.filter(**{f"{name}__path__startswith": instance.path}).values("account")))


def _of_party(sender: type, instance: Party, created: bool = False, **_more: Any) -> None:
    if not created:
        restamp(Q(pk__in=Standing.objects.filter(party=instance).values("account")))


def watch() -> None:
    """Called once, when the room starts."""
    for model in (Grant, Standing):
        post_save.connect(_of_grant, sender=model)
        post_delete.connect(_of_grant, sender=model)
    post_save.connect(_of_role, sender=Role)
    post_save.connect(_of_place, sender=Agency)
    post_save.connect(_of_place, sender=Region)
    post_save.connect(_of_party, sender=Party)
