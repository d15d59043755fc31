"""Which resource is the source of an element (一数一源). Private to this room; called inside acts that have asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from .models import Entry, Source


def take_free(entry: Entry, body: Mapping[str, Any]) -> None:
    """Make ``entry`` the source of those of its elements that nobody is the source of, and let go of those that it no longer has."""
    now, mine = timezone.now(), {field["element"] for field in body["fields"] if field.get("element")}
    Source.objects.filter(entry=entry).exclude(element__in=mine).delete()
    taken = set(Source.objects.filter(element__in=mine).values_list("element", flat=True))
    Source.objects.bulk_create(
        [Source(element=element, entry=entry, since=now) for element in sorted(mine - taken)], ignore_conflicts=True
    )


def give_up(entry: Entry) -> None:
    """``entry`` is withdrawn: the elements whose source it was have none until another resource is published or claims them."""
    Source.objects.filter(entry=entry).delete()


def move(element: str, entry: Entry, reason: str) -> None:
    """Make ``entry`` the source of ``element``, as it was settled."""
    Source.objects.update_or_create(
        element=element, defaults={"entry": entry, "since": timezone.now(), "reason": reason[:500]}
    )
