"""Where registers stand in the staff's menu, and what the workbench shows of a question to a source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import Actor, acting
from yiwang.foundation.cases.slots import kinds
from yiwang.foundation.desk.slots import Panel, panels
from yiwang.web.slots import Place, staff_places

from .questions import Questions, asked
from .stewarding import STEWARD, waiting_for_steward

if TYPE_CHECKING:
    from yiwang.foundation.cases.models import Case


def _may(request: HttpRequest) -> bool:
    return any(held.allows(STEWARD) for held in acting(request).held)


def _context(actor: Actor, case: Case) -> dict[str, Any]:
    return {"asked": asked(actor, case)}


def plug() -> None:
    """Called once, when the room starts."""
    kinds.plug(Questions.code, Questions())
    panels.plug(Questions.code, Panel("registries/question_panel.html", _context))
    staff_places.plug(
        "registers",
        Place(
            _("基础库"), "desk-registers", "database", 90, _("数据"), _may,
            count=lambda request: waiting_for_steward(acting(request)),
        ),
    )  # fmt: skip
