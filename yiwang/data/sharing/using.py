"""A use of a grant, made ready: everything that is checked before the data is asked for. Private to this room.

The data is asked for outside a transaction (:mod:`.holding`), then an act checks the right, counts the volume, writes the trace, and
only then are the rows handed out: what was not recorded was not given.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Conflict, Denied, Missing, Refusal

from . import holding, shapes
from .gate import Caller
from .models import Client, Grant, Use
from .modes import NAMES
from .shapes import Shape

SLOW = 0.5  # seconds after which a grant is read again before its rows are given out


@dataclass(slots=True)
class Wanted:
    """A use that is made ready. ``key`` and ``subject`` are of a single row; ``row`` is what the holder said, whole."""

    grant: Grant
    client: Client | None
    mode: str
    purpose: str
    about: str
    names: tuple[str, ...] = ()
    key: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""
    row: Mapping[str, Any] | None = None
    began: float = 0.0
    envelope: UUID | None = None  # the message of another node that this answers

    @property
    def shape(self) -> Shape:
        return shapes.shape(self.grant)

    @property
    def milliseconds(self) -> int:
        return round((time.monotonic() - self.began) * 1000)


def state_of(grant: Grant, today: dt.date | None = None) -> str:
    """active, suspended, revoked, expired or not-yet."""
    today = today or timezone.localdate()
    if grant.state != Grant.State.ACTIVE:
        return str(grant.state)
    return "expired" if grant.until < today else "not-yet" if grant.since > today else "active"


def in_force(grant: Grant) -> None:
    """Refuse a grant that does not hold now, and say why."""
    state = state_of(grant)
    if state == "active":
        return
    words = {
        "suspended": _("授权已暂停：%(why)s"),
        "revoked": _("授权已收回：%(why)s"),
        "expired": _("授权已在 %(until)s 到期，请申请续期。"),
        "not-yet": _("授权从 %(since)s 起生效。"),
    }[state]
    raise Denied(words % {"why": grant.why, "until": grant.until, "since": grant.since}, code=f"grant-{state}")


def grant_of(number: str) -> Grant:
    """The grant with ``number``. Raises :class:`Missing`."""
    found = Grant.objects.select_related("provider", "agency").filter(number=number).first()
    if found is None:
        raise Missing(_("没有编号为“%(number)s”的授权。") % {"number": number[:30]}, code="grant-missing")
    return found


def ready(caller: Caller, number: str, mode: str, purpose: str, about: str = "") -> Wanted:
    """Check the caller's scope, the grant, its term and way of use, and the purpose. Raises refusals with stable codes."""
    began = time.monotonic()
    caller.needs(mode)
    grant = Grant.objects.filter(number=number).first()
    if grant is None or grant.agency_path != caller.client.agency_path:
        # One that belongs to others looks like one that is not there: numbers are no secret, but say who uses what.
        raise Missing(_("没有编号为“%(number)s”的授权。") % {"number": number[:30]}, code="grant-missing")
    in_force(grant)
    if mode not in grant.modes:
        raise Denied(_("授权里没有“%(mode)s”这种方式。") % {"mode": NAMES[mode]}, code="mode-not-granted")
    return Wanted(grant, caller.client, mode, shapes.purpose_of(purpose), shapes.about_of(about), began=began)


def one(
    wanted: Wanted, key: Mapping[str, Any], fields: Sequence[str], ask: Sequence[str] = (), number: str = ""
) -> None:
    """Ask the holder for the row of ``key``. ``ask`` are fields beside those that are given out (for a check)."""
    shape = wanted.shape
    wanted.key = shape.key(key)
    wanted.subject = shape.subject(wanted.key)
    wanted.names = shape.names(fields)
    asked = tuple(ask) or wanted.names
    told = holding.Asking(wanted.purpose, wanted.about, wanted.grant.agency_id, number)
    wanted.row = holding.rows(wanted.grant, shape.place, [wanted.key], asked, told)[0]
    if time.monotonic() - wanted.began > SLOW:
        again(wanted)


def again(wanted: Wanted) -> None:
    """Read the grant again: it may have been revoked while the holder took its time."""
    now = grant_of(wanted.grant.number)
    in_force(now)
    if now.revision != wanted.grant.revision:
        raise Conflict(_("授权刚刚有变动，请再查一次。"), code="grant-changed")


@contextmanager
def refusals_kept(caller: Caller, number: str, mode: str, purpose: str, about: str = "") -> Iterator[None]:
    """Keep a refusal among the uses, with its code, so that figures and the provider see what was asked in vain."""
    began = time.monotonic()
    try:
        yield
    except Refusal as refusal:
        grant = Grant.objects.filter(number=number, agency_path=caller.client.agency_path).first()
        Use.objects.create(
            at=timezone.now(), grant=grant, client=caller.client, mode=mode, purpose=_short(purpose), about="", asked=0,
            refused=refusal.code[:40], milliseconds=round((time.monotonic() - began) * 1000),
            request_id=caller.actor.request_id,
        )  # fmt: skip
        raise


def _short(purpose: str) -> str:
    return purpose.strip()[: shapes.LONGEST_PURPOSE]
