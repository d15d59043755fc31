"""What the case engine needs to know of cases of the kind "application", and what the applicant hears."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, allowed
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import slots
from yiwang.foundation.cases.queries import Case, Task
from yiwang.foundation.files import slots as file_slots
from yiwang.kernel.refusals import Conflict
from yiwang.services.items import queries as items
from yiwang.services.items import slots as item_slots

from . import deciding, messages
from .correcting import open_correction
from .models import Correction, Draft, DraftMaterial, Filing, FilingMaterial
from .permissions import READ

KIND = "application"
MOST_PLACES = 100  # one file is not handed in with more offices than this

# What happened -> the message the applicant gets (the words are in messages.py of this room).
TOLD = {
    ("accept", "accept"): "application-accepted",
    ("accept", "correct"): "application-correction",
    ("accept", "refuse"): "application-not-accepted",
    ("inspect", "pass"): "application-inspected",
    ("inspect", "fail"): "application-inspected",
}


class ApplicationKind(slots.CaseKind):
    """Applications for an item."""

    code = KIND
    name = gettext_lazy("办事申请")

    def facts(self, case: Case) -> dict[str, Any]:
        """The filing in force, for licences and decision tables."""
        filing = Filing.objects.select_related("party").filter(case=case).order_by("-revision")[:1].get()
        item = items.version(filing.item_version)
        return {
            "form": filing.data,
            "situation": filing.situation,
            "party": {
                "id": str(filing.party_id),
                "kind": filing.party.kind,
                "name": filing.party.name,
                "code": filing.party.code.plain(),
            },
            "item": {"code": item.code, "name": item.name, "result": item.result_name},
            "agency": {"code": item.agency_code},
            "licence": {"type": item.licence},
        }

    def before_done(self, actor: Actor, case: Case, task: Task, outcome: str, opinion: str) -> None:
        """What was asked to be put right goes back to the window with a new filing, never without one."""
        if task.doer == Task.Doer.PARTY and open_correction(case) is not None:
            raise Conflict(_("请在补正页面填写并签名提交。"), code="correction-open")

    def after_done(self, actor: Actor, case: Case, done: slots.Done) -> None:
        """Keep a correction that was asked for in words only, and tell the applicant what concerns them."""
        if done.outcome == "correct" and open_correction(case) is None:
            Correction.objects.create(
                case=case, points=[{"kind": "other", "code": "", "name": str(_("其他")), "text": done.opinion}]
            )
        template = TOLD.get((done.step, done.outcome))
        if template is not None:
            messages.tell(case, template, outcome=done.outcome_name, reason=done.opinion)
        elif done.closed and case.outcome not in ("withdrawn", "not-accepted"):
            messages.tell_decided(case, done.opinion)

    def page(self, case: Case) -> str:
        return messages.page_of(case)


def vouches(actor: Actor, file_id: UUID) -> bool:
    """Whether a file may be read because it was handed in with a case that the actor may read."""
    places = Case.objects.filter(filings__materials__file_id=file_id).values("agency_path", "region_path", "party_id")
    return any(allowed(actor, READ, cases.scope_of(Case(**place))) for place in places.distinct()[:MOST_PLACES])


def files_in_use(files: Collection[UUID], parties: Collection[UUID]) -> set[UUID]:
    """The files that drafts and filings name, as a material or in the answer to a question."""
    found: set[UUID] = set()
    for table in (DraftMaterial, FilingMaterial):
        named = table.objects.filter(file_id__in=files).values_list("file_id", flat=True)
        found |= {file for file in named if file is not None}
    for forms in (Draft, Filing):
        for data in forms.objects.filter(party__in=parties).values_list("data", flat=True).iterator(chunk_size=200):
            answers = json.dumps(data)
            found |= {file for file in files if str(file) in answers}
    return found


def plug() -> None:
    """Plug this room into the rooms below."""
    slots.kinds.plug(KIND, ApplicationKind())
    slots.operations.plug("applications.decide", slots.Operation("applications.decide", deciding.decide, now=True))
    file_slots.readers.plug(KIND, vouches)
    file_slots.in_use.plug(KIND, files_in_use)
    item_slots.apply_links.plug(KIND, lambda item: f"/apply/{item.code}" if item.online else "")
