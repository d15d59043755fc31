"""Refusing with reason and law, and putting the seal under the papers of a case."""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, act, owner, require
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases.actions import Finished
from yiwang.foundation.cases.queries import Task
from yiwang.foundation.files.actions import keep
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.seals.actions import apply_to_pdf
from yiwang.foundation.seals.queries import seal_of
from yiwang.kernel.refusals import Invalid, Problem
from yiwang.services.applications import papers
from yiwang.services.applications.models import Paper

LONGEST_REASON = 2000
MOST_LAWS = 8
LONGEST_LAW = 200


@act("applications.refuse", gettext_lazy("不予受理或者不予许可"))
def refuse(actor: Actor, task_id: UUID | str, *, reason: str, basis: list[str], outcome: str = "refuse") -> Finished:
    """Decide against the applicant, with the reason and the law that stand in the paper they get.

    Who may is decided by the task. ``basis`` holds one law with its article each. Raises :class:`Invalid` with every problem.
    """
    task = Task.objects.select_related("case").filter(id=task_id).first()
    case = task.case if task else None
    require(
        actor, cases.scope_of(case) if case else owner(None), role=(task.role if task else "") or "-",
        subject=f"task:{task_id}",
    )  # fmt: skip
    reason, laws = reason.strip(), [law.strip() for law in basis if law.strip()]
    problems = []
    if not reason or len(reason) > LONGEST_REASON:
        message = _("请写明事实和理由（%(n)s 字以内），申请人会看到。") % {"n": LONGEST_REASON}
        problems.append(Problem("opinion", "required", message))
    if not laws or len(laws) > MOST_LAWS or any(len(law) > LONGEST_LAW for law in laws):
        message = _("请写明法律依据，每行一条，最多 %(n)s 条。") % {"n": MOST_LAWS}
        problems.append(Problem("basis", "required", message))
    if problems:
        raise Invalid(_("不予办理的决定要写明理由和依据。"), problems=problems)
    finished = cases.complete(actor, task_id, outcome, reason)
    paper = (
        Paper.objects.filter(case=finished.case).order_by("-created_at", "-id").first()
        if finished.case.closed_at
        else None
    )
    if paper is not None:
        paper.content = {**paper.content, "basis": laws}
        paper.save(update_fields=["content"])
    record("application", finished.case.number, {"refused": outcome, "laws": len(laws), "paper": paper and paper.id})
    return finished


@act("applications.seal_paper", gettext_lazy("制发文书"))
def seal_paper(actor: Actor, paper_id: UUID | str) -> Paper:
    """Make the PDF of a paper under the seal of the case's agency. Run by a job, as the node itself; idempotent.

    Raises :class:`Missing` while the agency has no seal.
    """
    paper = (
        Paper.objects.select_for_update(of=("self",))
        .select_related("case__agency__region", "case__party")
        .get(id=paper_id)
    )
    case = paper.case
    require(actor, cases.scope_of(case), subject=f"paper:{paper.number}")
    if paper.file_id is not None:
        record("paper", paper.number, {"repeated": True})
        return paper
    seal = seal_of(case.agency_id)
    pdf = apply_to_pdf(
        actor, seal.code, papers.render(paper), reason=_("制发%(title)s") % {"title": paper.title}, kind="paper",
        subject=paper.number,
    )  # fmt: skip
    file = keep(
        name=f"{paper.title}-{paper.number}.pdf", content=pdf, media_type="application/pdf", party_id=case.party_id,
        purpose="paper",
    )  # fmt: skip
    paper.file_id, paper.sha256 = file.id, hashlib.sha256(pdf).hexdigest()
    paper.save(update_fields=["file_id", "sha256"])
    record("paper", paper.number, {"case": case.number, "kind": paper.kind, "sha256": paper.sha256})
    return paper
