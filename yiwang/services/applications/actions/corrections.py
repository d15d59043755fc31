"""Asking once and completely for what is missing, and answering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Level, about, act, owner, require
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases.queries import Case, Task, clean_number
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem
from yiwang.services.applications import checks, evidence
from yiwang.services.applications.correcting import (
    SUPPLEMENT,
    correctable,
    corrected,
    form_of,
    latest,
    newly_needed,
    open_correction,
    points_of,
)
from yiwang.services.applications.evidence import LARGEST_PER_MATERIAL
from yiwang.services.applications.filing import check_signature, make_filing
from yiwang.services.applications.models import Correction, Filing, FilingMaterial

KINDS = ("material", "field", "other")
LARGEST_POINTS = 40
LONGEST_TEXT = 500


def _checked(points: list[dict[str, str]], filing: Filing) -> list[dict[str, str]]:
    """The points with the names of what they are about. Raises Invalid with a problem for each bad one."""
    about = correctable(filing)
    kept: list[dict[str, str]] = []
    problems: list[Problem] = []
    if not points:
        problems.append(Problem("points", "required", _("请至少写一条需要补正的内容")))
    elif len(points) > LARGEST_POINTS:
        problems.append(Problem("points", "too-many", _("一次最多写 %(n)s 条，请合并几条") % {"n": LARGEST_POINTS}))
    for number, point in enumerate(points[:LARGEST_POINTS]):
        kind, code, text = point.get("kind", ""), point.get("code", ""), point.get("text", "").strip()
        name = _("其他") if kind == "other" else about.name(kind, code)
        field, n = f"points.{number}", {"n": number + 1}
        if kind not in KINDS or not name:
            problems.append(Problem(field, "unknown", _("第 %(n)s 条没有对应的材料或栏目") % n))
        elif not text or len(text) > LONGEST_TEXT:
            problems.append(Problem(field, "required", _("第 %(n)s 条须写明要补正什么（500 字以内）") % n))
        else:
            kept.append({"kind": kind, "code": code, "name": name, "text": text})
    if problems:
        raise Invalid(_("补正要求写得不完整。"), problems=problems)
    return kept


@act("applications.request_correction", gettext_lazy("一次性告知补正"))
def request_correction(actor: Actor, task_id: UUID | str, points: list[dict[str, str]]) -> Correction:
    """Tell the applicant once and completely what to put right, and hand the case to them.

    ``points``: [{"kind": "material"|"field"|"other", "code", "text"}]. Who may is decided by the task (window clerk of the agency).
    What registers prove or filled in cannot be asked for. Raises :class:`Invalid` with a problem for each bad point.
    """
    task = Task.objects.select_related("case").filter(id=task_id).first()
    case = task.case if task else None
    require(
        actor, cases.scope_of(case) if case else owner(None), role=(task.role if task else "") or "-",
        subject=f"task:{task_id}",
    )  # fmt: skip
    filing = latest(case) if case else None
    if case is None or filing is None:
        raise Missing(_("没有这个待办，可能已经移交或取消。请刷新列表。"))
    kept = _checked(points, filing)
    correction = Correction.objects.create(case=case, points=kept)
    words = "；".join(f"{point['name']}：{point['text']}" for point in kept)
    cases.complete(actor, task_id, "correct", words[: cases.LONGEST_OPINION])
    record(
        "application", case.number, {"correction": correction.id, "points": [f"{p['kind']}:{p['code']}" for p in kept]}
    )
    return correction


@act("applications.resubmit", gettext_lazy("提交补正材料"), party=True, level=Level.FACE)
def resubmit(
    actor: Actor, number: str, *, data: dict[str, Any], materials: Mapping[str, Sequence[UUID]], signed_name: str,
    agreed: bool, reply: str = "",
) -> Filing:  # fmt: skip
    """Answer a correction: changed answers and new files, signed again as a whole. The case goes back to the window.

    ``data`` may change only fields that were asked about, and those for which only their new answers ask. ``materials`` maps material codes
    to file ids that replace what was handed in; under "supplement" lies what answers a point that is about no single material.
    ``reply`` is said in words to the office. Raises :class:`Invalid` with every problem: a point left unanswered, a form that does not
    hold, a missing signature.
    """
    case = Case.objects.select_for_update().filter(number=clean_number(number) or "-").first()
    require(
        actor, owner(case.party_id, case.type_code) if case else owner(None), subject=f"case:{number[:40]}",
        message=_("没有找到这个办件，或者它不在您名下。"),
    )  # fmt: skip
    correction = open_correction(case) if case else None
    task = case.tasks.filter(doer=Task.Doer.PARTY, state=Task.State.OPEN).first() if case else None
    before = latest(case) if case else None
    if case is None or before is None or correction is None or task is None:
        raise Conflict(_("这件事现在不需要补正，可能已经提交过了。"), code="no-correction")
    actor = about(actor, case.type_code)
    form, context, reply = form_of(before), checks.context(before, actor), reply.strip()
    answers, may = corrected(form, context, before.data, data, points_of(correction, "field"))
    kept = form.kept(answers, context)
    asked = points_of(correction, "material")
    needed = newly_needed(before, kept)
    rows = _replaced(
        actor, before, {**asked, **needed.by_file}, materials, supplement=bool(points_of(correction, "other"))
    )
    rows += [evidence.by_data(need) for need in needed.by_data]
    wrong = form.check(answers, context)
    problems = [
        *(Problem(f"form.{problem.field}", problem.rule, problem.message) for problem in wrong),
        *_unanswered(correction, _changed(before.data, kept) | {problem.field for problem in wrong}, materials, reply),
        *_missing({**asked, **needed.required}, materials),
        *check_signature(actor, signed_name, agreed),
    ]
    if problems:
        raise Invalid(_("还有 %(n)s 处需要处理，没有提交。") % {"n": len(problems)}, problems=problems)

    filing = make_filing(
        actor, before, case_id=case.id, revision=before.revision + 1, data=kept, materials=rows, reply=reply,
        delivery=before.delivery,
        sources={name: source for name, source in before.sources.items() if kept.get(name) == before.data.get(name)},
    )  # fmt: skip
    entry = record(
        "application", case.number,
        {"correction": correction.id, "revision": filing.revision, "digest": filing.digest, "changed": sorted(may & _changed(before.data, kept))},
    )  # fmt: skip
    filing.entry_id = entry.id
    filing.save(force_insert=True)
    FilingMaterial.objects.bulk_create(rows)
    correction.answered_at = actor.now()
    correction.save(update_fields=["answered_at"])
    filing.case = cases.complete(actor, task.id, "resubmit").case
    return filing


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """The fields with another answer than before."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def _unanswered(
    correction: Correction, touched: set[str], materials: Mapping[str, Sequence[UUID]], reply: str
) -> list[Problem]:
    """The points that were passed over: fields that were not ``touched``, and what was asked besides. A reply in words answers them."""
    if len(reply) > LONGEST_TEXT:
        return [Problem("reply", "max-length", _("说明最多 %(n)s 字，请写短一些。") % {"n": LONGEST_TEXT})]
    if reply:
        return []
    found = [
        Problem(f"form.{code}", "unchanged", _("“%(name)s”还和原来一样。请修改；确实没有错的，请在“说明”里写明。") % {"name": name})
        for code, name in points_of(correction, "field").items()
        if code not in touched
    ]  # fmt: skip
    if points_of(correction, "other") and not materials.get(SUPPLEMENT):
        found.append(Problem("reply", "required", _("请在“说明”里答复窗口的其他要求，或者上传补充材料。")))
    return found


def _missing(wanted: Mapping[str, str], materials: Mapping[str, Sequence[UUID]]) -> list[Problem]:
    """The materials that were asked for and not given, and those with too many files."""
    found = []
    for code, name in wanted.items():
        if not materials.get(code):
            found.append(Problem(f"materials.{code}", "required", _("请补交“%(name)s”。") % {"name": name}))
    for code, files in materials.items():
        if len(files) > LARGEST_PER_MATERIAL:
            message = _("每份材料最多 %(n)s 个文件，可以合并成一个 PDF 再上传。") % {"n": LARGEST_PER_MATERIAL}
            found.append(Problem(f"materials.{code}", "too-many", message))
    return found


def _replaced(
    actor: Actor, before: Filing, wanted: Mapping[str, str], given: Mapping[str, Sequence[UUID]], *, supplement: bool
) -> list[FilingMaterial]:  # fmt: skip
    """The materials of the last filing, with those that are ``wanted`` (code and name) replaced by new files of the actor's."""
    rows = [
        FilingMaterial(
            code=old.code, name=old.name, how=old.how, file_id=old.file_id, source=old.source, sha256=old.sha256
        )
        for old in before.materials.order_by("id")
        if old.code not in wanted or not given.get(old.code)
    ]
    names = {**wanted, SUPPLEMENT: _("补充材料")} if supplement else wanted
    for code, name in names.items():
        for file_id in dict.fromkeys(given.get(code, ())):
            rows.append(evidence.uploaded(code, name, evidence.own_file(actor, file_id, f"materials.{code}")))
    return rows
