"""Holding a licence up."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import NODE, Actor, Level, Scope, act, require
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.licences import showing
from yiwang.foundation.licences.editions import newest
from yiwang.foundation.licences.models import Licence
from yiwang.kernel.refusals import Missing


@dataclass(frozen=True, slots=True)
class Shown:
    """A licence held up for somebody to scan: the address in the code, and until when it answers."""

    licence: Licence
    path: str
    until: dt.datetime


@act("licences.show", gettext_lazy("出示电子证照"), party=True, level=Level.FACE)
def show(actor: Actor, number: str) -> Shown:
    """The holder shows a licence: for :data:`.showing.LIFE` seconds, whoever scans the code sees the holder's full name.

    A code shown anew ends the one before it.
    """
    licence = newest(number, for_update=True)
    require(actor, Scope(party=licence.party_id) if licence else NODE, subject=f"licence:{number}")
    if licence is None:
        raise Missing(_("没有这个证照，请检查编号。"))
    until = timezone.now().replace(microsecond=0) + dt.timedelta(seconds=showing.LIFE)
    licence.shown = showing.mark()
    licence.save(update_fields=["shown"])
    record("licence", number, {"until": until})
    return Shown(licence, f"/l/s/{showing.token(licence.id, until, licence.shown)}", until)
