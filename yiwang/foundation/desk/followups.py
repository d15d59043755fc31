"""The workbench's panel for follow-ups of bad ratings: ratings lie below the workbench and cannot plug it in themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.ratings import queries as ratings

from .slots import Panel

if TYPE_CHECKING:
    from yiwang.foundation.accounts.models import Party
    from yiwang.foundation.cases.models import Case


def _context(actor: Actor, case: Case) -> dict[str, Any]:
    return {"behind": ratings.behind(actor, case)}


def _people(actor: Actor, case: Case) -> Sequence[tuple[Party, str]]:
    """Whom to call back, for those who may know."""
    party = ratings.behind(actor, case).party
    return [(party, _("评价人"))] if party is not None else []


def rows(actor: Actor, filters: QueryDict) -> Iterator[tuple[object, ...]]:
    """Ratings for an export, as their reader may see them."""
    cursor, wanted = "", ratings.wanted_of(filters)
    while True:
        found = ratings.rows(actor, wanted, cursor=cursor, size=200)
        for row in found.page.items:
            yield (
                row.grade_name, "、".join(row.tags), row.text, row.item, row.agency, row.channel, row.reference, row.who,
                row.rated_at, row.followup_stage,
            )  # fmt: skip
        cursor = found.page.next
        if not cursor:
            return


PANEL = Panel("desk/followup.html", _context, people=_people)
