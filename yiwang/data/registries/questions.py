"""Questions to a source about an element on which sources differ: cases of the source's agency. Private to this room."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Scope, later, require, system
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries
from yiwang.foundation.cases.slots import CaseKind, Done
from yiwang.foundation.orgs.queries import Agency

from . import declarations
from .declarations import Declaration
from .models import Claim, Conflict, LookUp, Question

if TYPE_CHECKING:
    from yiwang.foundation.cases.models import Case, Procedure

PROCEDURE = "register_question"
LIMITS = {"answer": {"count": 5, "unit": "working"}}
LONGEST_TEXT = 300
_BPMN = Path(__file__).parent / "procedures" / "register_question.bpmn"


def publish(actor: Actor) -> Procedure:
    """Publish the procedure that comes with the platform, unless the node has one already: its own stays."""
    try:
        return case_queries.procedure(PROCEDURE)
    except LookupError:
        return cases.publish_procedure(actor, PROCEDURE, "数据核实", _BPMN.read_text(encoding="utf-8"))


def open_question(actor: Actor, conflict: Conflict, declaration: Declaration, source: str, text: str) -> Question:
    """Open the case at the agency of ``source``, inside the act of asking. Its title names no person: the panel shows the record, masked."""
    node = system(actor.channel)
    procedure: UUID = publish(node).id
    agency = Agency.objects.select_related("region").get(code=declaration.sources[source].agency)
    with translation.override(settings.LANGUAGE_CODE):  # officials read it, whatever language the asker uses
        kind_name = _("数据核实")
        title = _("%(register)s：请核实“%(element)s”") % {
            "register": declaration.name,
            "element": declaration.elements[conflict.element].label,
        }
    new = cases.NewCase(
        kind=Questions.code, type_code="register-question", type_name=kind_name, title=title[:200], procedure=procedure,
        agency_code=agency.code, agency_path=agency.path, region_path=agency.region.path, party_id=None, limits=LIMITS,
        starts=("answer",),
    )  # fmt: skip
    case, _words = cases.open_case(node, new)
    question = Question(conflict=conflict, source=source, text=text, case=case)
    later(question)
    return question


class Questions(CaseKind):
    """Questions to sources of registers."""

    code = "register-question"
    name = gettext_lazy("数据核实")

    def facts(self, case: Case) -> dict[str, Any]:
        question = Question.objects.select_related("conflict").get(case=case)
        return {"register": question.conflict.register_id, "element": question.conflict.element}

    def after_done(self, actor: Actor, case: Case, done: Done) -> None:
        """Keep what the source answered; when the last one has, the conflict waits for the steward again."""
        question = Question.objects.select_related("conflict").get(case=case)
        if done.outcome in Question.Answer.values:
            question.answer, question.note, question.answered_at = done.outcome, done.opinion[:500], timezone.now()
            question.save(update_fields=["answer", "note", "answered_at"])
            waiting = Question.objects.filter(conflict=question.conflict_id, answer="").exists()
            if not waiting:
                Conflict.objects.filter(pk=question.conflict_id, state=Conflict.State.ASKED).update(
                    state=Conflict.State.OPEN
                )


@dataclass(frozen=True, slots=True)
class Asked:
    """What the asked source is shown: its own claim and the question, never what the others say."""

    register: str
    element: str
    source: str
    key_label: str
    key: str
    value: str
    as_of: dt.date | None
    text: str
    answer: str
    note: str


def asked(actor: Actor, case: Case) -> Asked:
    """The question behind ``case`` for the source's own people, who may read the case. Looking at it is kept for the subject, once for each reader."""
    question = Question.objects.select_related("conflict__register").get(case=case)
    conflict = question.conflict
    declaration = declarations.of(conflict.register)
    require(
        actor, Scope(agency=case.agency_path, level=declaration.level((conflict.element,))), case_queries.READ,
        subject=f"case:{case.number}",
    )  # fmt: skip
    claim = (
        Claim.objects.filter(register=conflict.register, key_hash=conflict.key_hash, source=question.source, until=None)
        .order_by("-as_of")
        .first()
    )
    about = f"question:{question.id}"
    if not LookUp.objects.filter(about=about, account_id=actor.account_id).exists():
        LookUp.objects.create(
            register=conflict.register, key_hash=conflict.key_hash, found=claim is not None,
            fields=[declaration.key, conflict.element], purpose=_("核实数据冲突"), about=about, kind=LookUp.Kind.OFFICIAL,
            reader=Agency.objects.get(code=case.agency_id).name, account_id=actor.account_id, channel=actor.channel,
            request_id=actor.request_id,
        )  # fmt: skip
    element, key = declaration.elements[conflict.element], declaration.elements[declaration.key]
    data = claim.data if claim else {}
    return Asked(
        declaration.name, element.label, declaration.sources[question.source].name, key.label, key.words(data.get(key.name)),
        element.words(data.get(element.name)), claim.as_of if claim else None, question.text,
        question.get_answer_display() if question.answer else "", question.note,
    )  # fmt: skip
