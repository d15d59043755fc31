"""What a bad rating sets off 差评核实整改: a case for the office that served, answered within 15 working days, with a call back.

The case belongs to no party and is opened by the node, so that nothing of it names the person to those who may read the office's
cases. The person follows it on the page of their rating. Source of the limit: local rules on 好差评 (差评 15 个工作日内整改、回访率 100%).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Denial, system
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries
from yiwang.foundation.cases.slots import CaseKind, Done
from yiwang.foundation.messages.actions import send
from yiwang.kernel.refusals import Denied

from .contacts import FOLLOWUP
from .models import Contact, Rating
from .slots import contacts

if TYPE_CHECKING:
    from yiwang.foundation.cases.models import Case, Procedure, Task

PROCEDURE = "bad_rating"
ANSWERED, CLOSED = "rating-answered", "rating-closed"  # templates of messages
LIMITS = {"answer": {"count": 15, "unit": "working"}}
_BPMN = Path(__file__).parent / "procedures" / "bad_rating.bpmn"


def publish(actor: Actor) -> Procedure:
    """Publish the procedure that comes with the platform, unless the node has one already: its own stays."""
    try:
        return case_queries.procedure(PROCEDURE)
    except LookupError:
        return cases.publish_procedure(actor, PROCEDURE, "差评核实整改", _BPMN.read_text(encoding="utf-8"))


def open_followup(contact: Contact, channel: str) -> Case:
    """Open the case for a bad rating of ``contact``, inside the act of rating, as the node itself."""
    node = system(channel)
    procedure: UUID = publish(node).id
    with translation.override(settings.LANGUAGE_CODE):  # officials read it, whatever language the person uses
        name = _("差评核实整改")
        title = _("差评核实整改：%(item)s") % {"item": contact.item_name}
    new = cases.NewCase(
        kind=FOLLOWUP, type_code="bad-rating", type_name=name, title=title[:200], procedure=procedure,
        agency_code=contact.agency_id, agency_path=contact.agency.path, region_path=contact.region_path, party_id=None, limits=LIMITS, starts=("answer",),
    )  # fmt: skip
    case, _words = cases.open_case(node, new)
    return case


def rating_behind(case: Case) -> Rating:
    """The rating that opened ``case``."""
    return Rating.objects.select_related("contact__party", "contact__agency").get(followup=case)


class Followups(CaseKind):
    """Follow-ups of bad ratings."""

    code = FOLLOWUP
    name = gettext_lazy("差评核实整改")

    def facts(self, case: Case) -> dict[str, Any]:
        rating = rating_behind(case)
        return {"grade": rating.grade, "tags": rating.tags, "item": rating.contact.item_code}

    def before_done(self, actor: Actor, case: Case, task: Task, outcome: str, opinion: str) -> None:
        """Nobody looks into a rating of their own work (回避)."""
        if actor.account_id in rating_behind(case).contact.judged:
            denial = Denial(
                account_id=actor.account_id, actor=actor.name[:120], permission="cases.complete",
                subject=f"case:{case.number}/{task.step}", channel=actor.channel, request_id=actor.request_id,
                address=actor.address,
            )  # fmt: skip
            raise Denied(
                _("您经办过被评价的这件事，按回避要求不能处理对它的差评，请交给其他同事。"),
                code="recused",
                denial=denial,
            )

    def after_done(self, actor: Actor, case: Case, done: Done) -> None:
        """Tell the person what was answered, and that the matter is closed."""
        rating = rating_behind(case)
        contact = rating.contact
        template = CLOSED if done.closed else ANSWERED if done.step == "rectify" else ""
        if template:
            data = {"item": contact.item_name, "answer": done.opinion}
            send(contact.party_id, template, data, link=contacts[contact.kind].citizen_page(contact.key))
