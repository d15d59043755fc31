"""From a decision to a grant: made new, or the one that is renewed changed. Private to this room; part of the act that decides."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from yiwang.data.catalogue import queries as catalogue
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record

from .models import DataRequest, Grant
from .shapes import shape_of

if TYPE_CHECKING:
    from yiwang.data.catalogue.resources import Resource


def new_number(day: dt.date) -> str:
    """A number for a grant: the day and eight random digits, so that numbers tell nobody how many there are."""
    return f"SQ{day:%Y%m%d}{secrets.randbelow(10**8):08d}"


def level_of(shape: dict[str, Any]) -> int:
    return max((field["level"] for field in shape["fields"]), default=1)


def drafted(actor: Actor, request: DataRequest, resource: Resource) -> Grant:
    """The grant that the terms of ``request`` make: a new one, not yet saved, or the renewed one, changed and saved."""
    terms = request.terms
    shape = shape_of(resource, terms["fields"], terms.get("masks", {}))
    today = timezone.localdate(actor.now())
    values: dict[str, Any] = {
        "resource_name": resource.name, "purpose": request.purpose, "basis": request.basis, "item": request.item,
        "modes": terms["modes"], "shape": shape, "level": level_of(shape), "per_day": terms["per_day"],
        "cache": terms.get("cache", 0), "until": dt.date.fromisoformat(terms["until"]),
    }  # fmt: skip
    if request.renews_id is None:
        return Grant(
            number=new_number(today), resource=resource.code, agency=request.agency, agency_path=request.agency_path,
            provider=request.provider, provider_path=request.provider.path, since=today, **values,
        )  # fmt: skip
    grant = Grant.objects.select_for_update(of=("self",)).get(id=request.renews_id)
    for name, value in values.items():
        setattr(grant, name, value)
    grant.revision += 1
    grant.state, grant.why = Grant.State.ACTIVE, ""
    grant.save()
    return grant


def settle(actor: Actor, request: DataRequest) -> Grant:
    """Make the grant that was decided, inside the act of the last decision."""
    grant = drafted(actor, request, catalogue.resource(request.resource))
    if grant._state.adding:
        grant.save(force_insert=True)
    request.grant = grant
    request.save(update_fields=["grant"])
    record("grant", grant.number, summary(grant) | {"request": request.id})
    emit("grant.made" if request.renews_id is None else "grant.changed", grant.number, {"resource": grant.resource})
    return grant


def summary(grant: Grant) -> dict[str, Any]:
    """What the ledger keeps of a grant: codes, no words of people."""
    return {
        "resource": grant.resource, "agency": grant.agency_id, "provider": grant.provider_id, "modes": grant.modes,
        "masks": {field["name"]: field["agreed"] for field in grant.shape["fields"]}, "per_day": grant.per_day,
        "until": grant.until, "revision": grant.revision, "state": str(grant.state),
    }  # fmt: skip
