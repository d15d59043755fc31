"""What the case engine needs to know of cases of the kind "application", and what the applicant hears."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, allowed, system
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import slots
from yiwang.foundation.cases.queries import Case, Task
from yiwang.foundation.events.actions import enqueue
from yiwang.foundation.files import slots as file_slots
from yiwang.foundation.licences import queries as licences
from yiwang.kernel.refusals import Conflict
from yiwang.services.items import queries as items
from yiwang.services.items import slots as item_slots

from . import deciding, messages, papers, rechecking
from .answers import answered_with
from .correcting import latest, open_correction
from .jobs import seal_paper
from .models import Correction, Draft, DraftMaterial, Filing, FilingMaterial, Paper, Reopening
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


def _superseded(case: Case, licence: str) -> dict[str, str]:
    """For a case that was opened again: the licence of the former one, which the new one replaces."""
    again = Reopening.objects.select_related("former").filter(case=case).first() if licence else None
    if again is None:
        return {}
    given = [
        row
        for row in licences.of_case(system(), again.former.number)
        if row.type.code == licence and row.state in (row.State.VALID, row.State.EXPIRED)
    ]
    return {"supersedes": given[0].number} if given else {}


class ApplicationKind(slots.CaseKind):
    """Applications for an item."""

    code = KIND
    name = gettext_lazy("办事申请")

    def facts(self, case: Case) -> dict[str, Any]:
        """The filing in force, for licences and decision tables."""
        filing = latest(case)
        assert filing is not None, "an application has a filing"
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
            "licence": {"type": item.licence, **_superseded(case, item.licence)},
        }

    def before_done(self, actor: Actor, case: Case, task: Task, outcome: str, opinion: str) -> None:
        """What was asked to be put right goes back to the window with a new filing, never without one."""
        if task.doer == Task.Doer.PARTY and open_correction(case) is not None:
            raise Conflict(_("请在补正页面填写并签名提交。"), code="correction-open")

    def after_done(self, actor: Actor, case: Case, done: slots.Done) -> None:
        """Keep a correction that was asked for in words only, draw up the paper, and tell the applicant what concerns them."""
        if done.outcome == "correct" and open_correction(case) is None:
            Correction.objects.create(
                case=case, points=[{"kind": "other", "code": "", "name": str(_("其他")), "text": done.opinion}]
            )
        _draw_up(case, done)
        template = TOLD.get((done.step, done.outcome))
        if template is not None:
            messages.tell(case, template, outcome=done.outcome_name, reason=done.opinion)
        elif done.closed and case.outcome not in ("withdrawn", "not-accepted", "terminated"):
            messages.tell_decided(case, done.opinion)

    def page(self, case: Case) -> str:
        return messages.page_of(case)


def _draw_up(case: Case, done: slots.Done) -> None:
    """The paper of what was just done, if the law asks for one; a job puts it under seal."""
    filing = latest(case)
    if filing is None:
        return
    item, points = items.version(filing.item_version), None
    if done.closed:
        kind = papers.kind_of_end(case, item)
    elif (done.step, done.outcome) == ("accept", "accept"):
        kind = Paper.Kind.ACCEPTANCE
    elif done.outcome == "correct":
        correction = open_correction(case)
        kind, points = Paper.Kind.CORRECTION, correction.points if correction else None
    else:
        kind = ""
    if kind:
        reason = "" if kind == Paper.Kind.ACCEPTANCE else done.opinion
        paper = papers.compose(case, filing, item, kind, reason, points=points)
        paper.save(force_insert=True)
        enqueue(seal_paper, paper_id=str(paper.id))


def vouches(actor: Actor, file_id: UUID) -> bool:
    """Whether a file may be read because it belongs to a case that the actor may read: handed in with it, an answer in its form, or a paper of it."""
    belongs = Q(filings__materials__file_id=file_id) | Q(papers__file_id=file_id)
    places = Case.objects.filter(belongs).values("agency_path", "region_path", "party_id", "type_code")
    return any(
        allowed(actor, READ, cases.scope_of(Case(**place))) for place in places.distinct()[:MOST_PLACES]
    ) or answered_with(actor, file_id)


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
    slots.kinds.plug(rechecking.KIND, rechecking.Rechecks())
    slots.operations.plug("applications.decide", slots.Operation("applications.decide", deciding.decide, now=True))
    file_slots.readers.plug(KIND, vouches)
    file_slots.in_use.plug(KIND, files_in_use)
    item_slots.apply_links.plug(KIND, lambda item: f"/apply/{item.code}" if item.online else "")
