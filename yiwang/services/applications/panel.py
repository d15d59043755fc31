"""What the workbench shows of an application: the form beside the materials, what rules said, the correction form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases.queries import Case, Task
from yiwang.foundation.desk.slots import OutcomeForm, Panel, panels
from yiwang.foundation.rules import queries as rules
from yiwang.kernel.refusals import Denied

from . import actions, queries
from .correcting import correctable
from .kind import KIND
from .models import Correction


@dataclass(frozen=True, slots=True)
class Choosable:
    """Something a correction can be about."""

    key: str
    name: str

    @property
    def material_text(self) -> str:
        return f"text.material.{self.key}"

    @property
    def field_text(self) -> str:
        return f"text.field.{self.key}"


def _panel(actor: Actor, case: Case) -> dict[str, Any]:
    if not queries.may_read(actor, case):  # looking after the clocks is no attempt to read the papers: nothing to keep
        raise Denied(queries.progress_only())
    now, *earlier = queries.filings_of(actor, case)
    return {
        "now": now,
        "situation": queries.situation_rows(now.item, now.filing.situation),
        "earlier": earlier,
        "corrections": list(Correction.objects.filter(case=case).order_by("created_at")),
        "decisions": rules.decisions_about("case", case.number),
    }


def _correctable(actor: Actor, case: Case, task: Task) -> dict[str, Any]:
    """What a correction can be about: the materials that the applicant brings and the fields that they typed."""
    about = correctable(queries.filings_of(actor, case)[0].filing)
    return {
        "correctable_materials": [Choosable(code, name) for code, name in about.materials.items()],
        "correctable_fields": [Choosable(name, label) for name, label in about.fields.items()],
    }


def _request(actor: Actor, task: Task, post: QueryDict) -> object:
    """The points of the correction form, in its order: each ticked material and field, then what is said besides."""
    points: list[dict[str, str]] = []
    for kind in ("material", "field"):
        for code in map(str, post.getlist(f"{kind}s")):
            points.append({"kind": kind, "code": code, "text": str(post.get(f"text.{kind}.{code}", ""))})
    if post.get("other", "").strip():
        points.append({"kind": "other", "code": "", "text": str(post["other"])})
    return actions.request_correction(actor, task.id, points)


def plug() -> None:
    """Called once, when the room starts."""
    correction = OutcomeForm("applications/desk_correction.html", _request, _correctable)
    panels.plug(KIND, Panel("applications/desk_panel.html", _panel, outcome_forms={"correct": correction}))
