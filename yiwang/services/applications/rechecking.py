"""Random re-checks of instant decisions 抽查 (S09): which are drawn, and the case in which a person looks at one again.

Nobody can steer the draw: it follows from the signed filing and the random number of the case, both of which stand on the receipt.
The follow-up belongs to no party; if the decision was wrong, the application is opened again.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries
from yiwang.foundation.cases.queries import Case
from yiwang.foundation.cases.slots import CaseKind, Done
from yiwang.services.items.queries import PublishedItem

from .models import Filing, Recheck

if TYPE_CHECKING:
    from yiwang.foundation.cases.models import Procedure

KIND = "recheck"
PROCEDURE = "recheck"
DEFAULT_PERCENT = 5  # of an item that does not say
OF = 10_000
LIMITS = {"answer": {"count": 10, "unit": "working"}}
_BPMN = Path(__file__).parent / "procedures" / "recheck.bpmn"


def percent_of(item: PublishedItem) -> int:
    """How many in a hundred instant decisions of an item are looked at again."""
    return int(item.body.get("recheck_percent", DEFAULT_PERCENT))


def draw(digest: str, number: str) -> int:
    """The draw for a filing with this digest in the case with this number, 0 to 9999."""
    return int.from_bytes(hashlib.sha256(f"{digest}:{number}".encode()).digest()[:4], "big") % OF


def chosen(value: int, percent: int) -> bool:
    return value < percent * OF // 100


def publish(actor: Actor) -> Procedure:
    """Publish the procedure that comes with the platform, unless the node has one already: its own stays."""
    try:
        return case_queries.procedure(PROCEDURE)
    except LookupError:
        return cases.publish_procedure(actor, PROCEDURE, "自动决定抽查", _BPMN.read_text(encoding="utf-8"))


def open_followup(case: Case, filing: Filing) -> Case:
    """Open the case in which somebody looks at a decision again, inside the act of drawing, as the node itself."""
    node = system()
    procedure = publish(node).id
    with translation.override(settings.LANGUAGE_CODE):  # officials read it
        name, title = _("自动决定抽查"), _("自动决定抽查：%(item)s") % {"item": case.type_name}
    new = cases.NewCase(
        kind=KIND, type_code="recheck", type_name=name, title=title[:200], procedure=procedure, agency_code=case.agency_id,
        agency_path=case.agency_path, region_path=case.region_path, party_id=None, limits=LIMITS, starts=("answer",),
    )  # fmt: skip
    followup, _words = cases.open_case(node, new)
    return followup


class Rechecks(CaseKind):
    """Follow-ups of the draw."""

    code = KIND
    name = gettext_lazy("自动决定抽查")

    def facts(self, case: Case) -> dict[str, Any]:
        row = Recheck.objects.select_related("case").get(followup=case)
        return {"case": row.case.number, "item": row.case.type_code, "outcome": row.case.outcome}

    def after_done(self, actor: Actor, case: Case, done: Done) -> None:
        """A wrong decision is put right: the application is opened again."""
        if done.closed and case.outcome == "wrong":
            from .actions import reopen  # it needs this module

            reopen(
                system(actor.channel),
                Recheck.objects.select_related("case").get(followup=case).case.number,
                done.opinion,
            )
