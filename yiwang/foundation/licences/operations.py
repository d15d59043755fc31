"""What a procedure may ask of this room: issue the licence that a case ends with."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import system
from yiwang.foundation.cases.queries import Case

from . import queries
from .actions import issue
from .models import Licence

ISSUED = "issued"


def issue_for_case(case: Case, facts: dict[str, Any]) -> tuple[str, str]:
    """Issue the licence that ``facts["licence"]["type"]`` names, to the case's party, by the case's agency.

    ``facts["licence"]`` may also hold ``from`` (a day, ISO) and ``supersedes`` (a number). Run by a job and idempotent: a
    case that has its licence keeps it.
    """
    wanted = facts["licence"]
    done = Licence.objects.select_related("type").filter(case_number=case.number, type__code=wanted["type"]).first()
    if done is None:
        assert case.party_id is not None, "a licence needs a holder"
        first = wanted.get("from")
        day = dt.date.fromisoformat(first) if first else timezone.localdate()
        valid_from, valid_until = queries.term(wanted["type"], facts, day)
        done = issue(
            system(),
            wanted["type"],
            party_id=case.party_id,
            agency_code=case.agency_id,
            fields=queries.gather(wanted["type"], facts),
            case_number=case.number,
            valid_from=valid_from,
            valid_until=valid_until,
            supersedes=wanted.get("supersedes", ""),
        )
    return ISSUED, _("已制发%(name)s，编号 %(number)s") % {"name": done.type.name, "number": done.number}
