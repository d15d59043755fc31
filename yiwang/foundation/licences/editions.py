"""Editions of licences as the acts and the queries of this room share them: found, placed, turned."""

from __future__ import annotations

import datetime as dt
import json

from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Scope
from yiwang.foundation.crypto.queries import keyed_hash
from yiwang.kernel.refusals import Invalid, Problem

from .models import Licence, LicenceType
from .types import Declared, declared

LONGEST_REASON = 200


def type_of(row: LicenceType) -> Declared:
    """The declaration behind a stored version."""
    return declared(str(row.id), json.dumps(row.body))


def newest(number: str, *, for_update: bool = False) -> Licence | None:
    """The newest edition of a licence, with what it takes to show it."""
    rows = Licence.objects.select_related("type", "agency__region", "seal", "party")
    if for_update:
        rows = rows.select_for_update(of=("self",))
    return rows.filter(number=number[:60]).order_by("-edition").first()


def holder_index(name: str) -> str:
    """The keyed hash by which the licences of a name are found."""
    return keyed_hash("licence-holder", "".join(name.split()))


def turn(licence: Licence, state: str, now: dt.datetime, ground: str = "", reason: str = "") -> None:
    """Write down another state, as part of the act under way."""
    licence.state, licence.state_since, licence.ground, licence.reason = state, now, ground, reason
    licence.save(update_fields=["state", "state_since", "ground", "reason"])


def checked_reason(reason: str) -> str:
    """The reason that an act gives. Raises :class:`Invalid`, naming the field."""
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Invalid(_("请写明原因，不超过 200 个字。"), problems=[Problem("reason", "length", _("请写明原因"))])
    return reason


def scope_of(licence: Licence) -> Scope:
    """Where a licence lies: with its agency, and with its holder."""
    return Scope(agency=licence.agency_path, region=licence.region_path, party=licence.party_id, level=2)
