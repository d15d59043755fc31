"""What the workbench shows of an objection: what is registered, what is claimed, and the form that corrects it."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from yiwang.data.registries import queries as registries
from yiwang.data.registries.queries import element_of
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases.queries import Case, Task
from yiwang.foundation.desk.slots import OutcomeForm, Panel, panels

from . import actions
from .models import ObjectionCase
from .opening import KIND


def _shown(actor: Actor, case: Case) -> dict[str, Any]:
    """What the register says now is looked up for the purpose of the case, so that the person sees who looked."""
    found = ObjectionCase.objects.select_related("objection__register", "objection__party").get(case=case.id)
    objection, element = found.objection, element_of(found.objection)
    reading = registries.look_up(
        objection.register_id, objection.party.code.plain(), purpose=_("核实数据异议"), actor=actor, fields=(element.name,),
        about=f"case:{case.number}",
    )  # fmt: skip
    claimed = objection.claimed.plain()
    return {
        "objection": objection,
        "element": element,
        "held": element.words(reading.data.get(element.name)) if reading else "",
        "as_of": reading.as_of if reading else None,
        "claimed": element.codes.get(claimed, claimed),
        "why": objection.why.plain(),
        "answer": found.answer.plain() if found.answered_at else "",
    }


def _form(actor: Actor, case: Case, task: Task) -> dict[str, Any]:
    objection = ObjectionCase.objects.select_related("objection__register").get(case=case.id).objection
    element = element_of(objection)
    return {
        "right_label": element.label, "right": objection.claimed.plain(), "right_options": list(element.codes.items()),
        "right_type": "date" if element.type == "date" else "text",
    }  # fmt: skip


def _correct(actor: Actor, task: Task, post: QueryDict) -> object:
    return actions.correct(actor, task.id, str(post.get("value", "")), str(post.get("opinion", "")))


def plug() -> None:
    """Called once, when the room starts."""
    form = OutcomeForm("objections/desk_correction.html", _correct, _form)
    panels.plug(KIND, Panel("objections/desk_panel.html", _shown, outcome_forms={"check.correct": form}))
