"""What the case engine needs to know of cases that look into objections."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.registries.queries import Objection
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases.queries import Case, Task
from yiwang.foundation.cases.slots import CaseKind, Done, kinds
from yiwang.kernel.refusals import Conflict

from . import answering
from .models import ObjectionCase
from .opening import KIND


class Objections(CaseKind):
    """Objections to what a register says about somebody."""

    code = KIND
    name = gettext_lazy("数据异议核实")

    def facts(self, case: Case) -> dict[str, Any]:
        objection = _found(case).objection
        return {"register": objection.register_id, "element": objection.element}

    def before_done(self, actor: Actor, case: Case, task: Task, outcome: str, opinion: str) -> None:
        """Nobody says that it was corrected without correcting it."""
        if outcome == "correct" and _found(case).objection.state != Objection.State.CORRECTED:
            raise Conflict(_("请在更正的表里填写正确的内容，再办结。"), code="not-corrected")

    def after_done(self, actor: Actor, case: Case, done: Done) -> None:
        if done.closed and case.outcome in ("withdrawn", "terminated"):
            answering.let_go(case.id)
        elif done.closed:
            answering.answered(_found(case), done.opinion, corrected=done.outcome == "correct")

    def page(self, case: Case) -> str:
        return answering.page_of(case.number)


def _found(case: Case) -> ObjectionCase:
    return ObjectionCase.objects.select_related("objection__register__owner", "case").get(case=case.id)


def plug() -> None:
    """Called once, when the room starts."""
    kinds.plug(KIND, Objections())
