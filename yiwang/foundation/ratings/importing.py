"""Ratings that were given in another system before this node. Private to this room; others enter by ``actions``."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, act, require
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.ids import uuid7
from yiwang.kernel.refusals import Invalid, Problem

from .contacts import CASE
from .indicators import BAD, VERSION, tags_of
from .models import Contact, Rating

if TYPE_CHECKING:
    from yiwang.foundation.cases.models import Case


@dataclass(frozen=True, slots=True)
class PastContact:
    """A case of a party that a former system closed, and what the party said of it; no grade: nothing was said."""

    case: Case
    party_id: UUID
    ended_at: dt.datetime
    judged: tuple[int, ...]
    account_id: int | None = None
    grade: int | None = None
    tags: tuple[str, ...] = ()
    channel: str = "pc"


@act("ratings.import", gettext_lazy("转入历史评价"))
def import_past(actor: Actor, contacts: Sequence[PastContact], source: str) -> int:
    """Enter contacts of a former system with their ratings; returns how many were rated.

    A bad rating (4, 5) is refused: its follow-up was the former system's, and here none would be opened.
    """
    require(actor, subject="import")
    if any(
        past.grade is not None and (past.grade >= BAD or set(past.tags) - set(tags_of(past.grade))) for past in contacts
    ):
        message = _("转入的评价应为基本满意以上，原因要与满意程度相配。")
        raise Invalid(message, problems=[Problem("grade", "choice", message)])
    rows = [
        Contact(
            kind=CASE, key=past.case.number, party_id=past.party_id, agency_id=past.case.agency_id,
            agency_path=past.case.agency_path, region_path=past.case.region_path, item_code=past.case.type_code,
            item_name=past.case.type_name, channel=past.case.channel, ended_at=past.ended_at, judged=list(past.judged),
        )
        for past in contacts
    ]  # fmt: skip
    Contact.objects.bulk_create(rows, 500)
    rated = [
        Rating(
            contact=row, account_id=past.account_id, grade=past.grade, tags=list(past.tags), indicators=VERSION, channel=past.channel
        )
        for row, past in zip(rows, contacts, strict=True)
        if past.grade is not None and past.account_id is not None
    ]  # fmt: skip
    Rating.objects.bulk_create(rated, 500)
    said = canonical_bytes([[row.contact.key, row.grade, row.tags] for row in rated])
    record(
        "import", uuid7(),
        {"contacts": len(rows), "ratings": len(rated), "source": source, "sha256": hashlib.sha256(said).hexdigest()},
    )  # fmt: skip
    return len(rated)
