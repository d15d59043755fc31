"""What follows from an answer: it is kept, the objection is closed, the person is told. Parts of acts of this room and of cases."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from yiwang.data.registries import actions as registries
from yiwang.data.registries.queries import Objection, element_of
from yiwang.foundation.access.queries import system
from yiwang.foundation.messages.actions import send

from . import messages
from .models import ObjectionCase


def page_of(number: str) -> str:
    """Where the person follows the case."""
    return f"/my/cases/{number}"


def of_case(case_id: UUID) -> ObjectionCase | None:
    rows = ObjectionCase.objects.select_related("objection__register__owner", "objection__party", "case")
    return rows.filter(case=case_id).first()


def let_go(case_id: UUID) -> None:
    """Close the objection of a case that ended without an answer; once."""
    found = of_case(case_id)
    if found is not None and found.objection.state == Objection.State.OPEN:
        registries.answer_objection(system(), found.objection_id, None, withdrawn=True)


def answered(found: ObjectionCase, answer: str, *, corrected: bool) -> None:
    """Keep the answer and tell the person, as part of the act that gave it. What was not corrected is upheld."""
    objection = found.objection
    if not corrected:
        registries.answer_objection(system(), objection.id, None)
    found.answer, found.answered_at = answer, timezone.now()
    found.save(update_fields=["answer", "answered_at"])
    send(
        objection.party_id, messages.CORRECTED if corrected else messages.UPHELD,
        {"element": element_of(objection).label, "agency": objection.register.owner.name, "answer": answer},
        link=page_of(found.case.number),
    )  # fmt: skip
