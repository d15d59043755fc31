"""Reading drafts and filings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor, about, allowed, own_rows, owner, require, require_level
from yiwang.foundation.cases import queries as cases
from yiwang.foundation.cases.queries import Case
from yiwang.foundation.crypto.queries import mask
from yiwang.foundation.forms import queries as forms
from yiwang.foundation.forms.queries import CompiledForm, Part, Prefilled, ReviewPart
from yiwang.foundation.ledger import queries as ledger
from yiwang.foundation.rules import queries as rules
from yiwang.kernel.pages import Page, page
from yiwang.kernel.refusals import Missing, Problem
from yiwang.services.items import queries as items
from yiwang.services.items.queries import PublishedItem

from . import checks, delivering, signing
from .begun import unfinished
from .checks import Gathered
from .correcting import SUPPLEMENT, corrected, form_of, latest, newly_needed, open_correction, origins, points_of
from .evidence import library_for
from .models import Correction, Delivery, Draft, Filing, FilingMaterial, Paper, Reopening
from .permissions import READ, READ_DRAFT
from .remedies import in_short as remedies_in_short

__all__ = [
    "Aftermath",
    "Answered",
    "Asked",
    "DraftView",
    "FilingView",
    "aftermath",
    "applicants_accounts",
    "asked_of",
    "correction_of",
    "draft_view",
    "drafts",
    "filing_of",
    "filings_of",
    "handing",
    "library_for",
    "may_read",
    "open_correction",
    "papers_of",
    "prefilled_of",
    "progress_only",
    "readable",
    "reasons",
    "receipt",
    "receipt_pdf",
    "receipts",
    "remedies_in_short",
    "situation_rows",
    "unfinished",
]


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft with everything its pages show."""

    draft: Draft
    item: PublishedItem
    form: CompiledForm
    materials: tuple[Gathered, ...]
    problems: tuple[Problem, ...]
    context: dict[str, Any]

    def review(self) -> list[ReviewPart]:
        """The answers as the check page shows them, identity numbers masked."""
        return self.form.review(self.draft.data, prefilled_of(self.draft), self.context)

    @property
    def masked(self) -> dict[str, str]:
        """Numbers that a register filled in and nobody changed, as they may be shown, by field. They do not leave the node."""
        known, data = self.draft.prefilled, self.draft.data
        return {
            field.name: mask(field.kind.mask, str(data[field.name]))
            for field in self.form.fields.values()
            if field.kind.mask and field.name in known and known[field.name]["value"] == data.get(field.name)
        }


def prefilled_of(draft: Draft) -> dict[str, Prefilled]:
    """What registers filled in, as the forms room shows it."""
    return forms.prefilled_from(draft.prefilled)


def draft_view(actor: Actor, draft_id: UUID | str) -> DraftView:
    """One draft of a party of the actor's. Raises Denied for anybody else."""
    draft = Draft.objects.select_related("case").filter(id=draft_id).first()
    require(
        actor, owner(draft.party_id, draft.item_code) if draft else owner(None), READ_DRAFT, subject=f"draft:{draft_id}",
        message=_("没有找到这份申请，或者它不在您名下。"),
    )  # fmt: skip
    if draft is None:
        raise Missing(_("没有找到这份申请。"))
    actor = about(actor, draft.item_code)
    item = items.version(draft.item_version)
    materials = checks.gathered(item, draft)
    return DraftView(
        draft,
        item,
        checks.form_of(draft),
        tuple(materials),
        tuple(checks.problems(actor, item, draft, materials)),
        checks.context(draft, actor),
    )


def drafts(actor: Actor, limit: int = 20) -> list[Draft]:
    """What the actor's parties left unfinished, newest first."""
    if actor.parties:
        require_level(actor, READ_DRAFT, subject="drafts")
    rows = Draft.objects.filter(own_rows(actor, matter="item_code"), case=None).defer("data", "prefilled")
    return list(rows.order_by("-updated_at")[:limit])


@dataclass(frozen=True, slots=True)
class FilingView:
    """A filing with its form laid out for reading. ``signed``: it is what was signed, to the last character."""

    filing: Filing
    item: PublishedItem
    parts: tuple[ReviewPart, ...]
    materials: tuple[FilingMaterial, ...]
    signed: bool


def progress_only() -> str:
    """What somebody is told who may see where a case stands, and not what was handed in."""
    return _("您可以看这个办件的进度，但不能看申请内容。")


def may_read(actor: Actor, case: Case) -> bool:
    """Whether the actor may read what was handed in with a case."""
    return allowed(actor, READ, cases.scope_of(case))


def filing_of(actor: Actor, number: str) -> FilingView:
    """The filing in force of a case, for its applicant and for staff in reach."""
    return filings_of(actor, cases.find(actor, number))[0]


def receipts(actor: Actor, cursor: str = "", size: int = 20) -> Page[Filing]:
    """What the actor's parties handed in, newest first, with the case of each; for the list of receipts."""
    if actor.parties:
        require_level(actor, READ, subject="receipts")
    rows = Filing.objects.filter(own_rows(actor, matter="item_code"), revision=1).select_related("case")
    rows = rows.defer("data", "sources", "delivery", "signature", "public_key")
    return page(rows, order=("-signed_at", "-id"), cursor=cursor, size=size)


def readable(actor: Actor, number: str) -> Case:
    """A case whose papers the actor may read. Raises Denied."""
    case = cases.find(actor, number)
    require(actor, cases.scope_of(case), READ, subject=f"case:{case.number}", message=progress_only())
    return case


def filings_of(actor: Actor, case: Case) -> list[FilingView]:
    """Everything that was handed in with a case, the filing in force first. Three queries. Raises Denied, and Missing when there is nothing."""
    require(actor, cases.scope_of(case), READ, subject=f"case:{case.number}", message=progress_only())
    rows = Filing.objects.filter(case__in=origins(case)).select_related("party").order_by("-revision")
    found = list(rows.prefetch_related(Prefetch("materials", FilingMaterial.objects.order_by("id"))))
    if not found:
        raise Missing(_("这件事没有申请材料。"))
    for filing in found:
        if filing.case_id == case.id:  # what was signed names its own case
            filing.case = case
    return [_laid_out(actor, filing) for filing in found]


def _laid_out(actor: Actor, filing: Filing) -> FilingView:
    parts = form_of(filing).review(filing.data, sources_of(filing), checks.context(filing, actor))
    materials = tuple(filing.materials.all())
    return FilingView(
        filing, items.version(filing.item_version), tuple(parts), materials, signing.holds(filing, materials)
    )


def sources_of(filing: Filing) -> dict[str, Prefilled]:
    """What registers filled in, as the forms room shows it."""
    return forms.prefilled_from(
        {name: {"value": filing.data[name], **known} for name, known in filing.sources.items() if name in filing.data}
    )


def correction_of(actor: Actor, number: str) -> Correction | None:
    """The correction that waits for the applicant, for somebody who may read the case."""
    return open_correction(cases.find(actor, number))


def applicants_accounts(case: Case) -> set[int]:
    """The accounts that acted for the applicant in a case; the caller has asked who may read it. Three queries."""
    signers = set(Filing.objects.filter(case__in=origins(case)).values_list("signed_by_id", flat=True))
    if case.opened_by_id is None or hasattr(case, "reopening"):  # an official opens a case again
        return signers
    return signers | {case.opened_by_id}


def _first(actor: Actor, number: str) -> tuple[Case, Filing]:
    """The application itself, whatever was put right later."""
    case = cases.find(actor, number)
    require(actor, cases.scope_of(case), READ, subject=f"case:{case.number}", message=progress_only())
    rows = Filing.objects.filter(case=case, revision=1).select_related("party")
    filing = rows.prefetch_related(Prefetch("materials", FilingMaterial.objects.order_by("id"))).first()
    if filing is None:
        raise Missing(_("这件事没有申请回执。"))
    return case, filing


def receipt(actor: Actor, number: str) -> dict[str, object]:
    """The receipt of an application: its ledger entry, path to a signed head, certificates. Verified offline by ``yiwang verify``."""
    case, filing = _first(actor, number)
    return ledger.receipt(actor, filing.entry_id, cases.scope_of(case))


def receipt_pdf(actor: Actor, number: str) -> bytes:
    """The same as a paper: what was handed in and when, what happens next; sealed by the node, the JSON receipt attached."""
    case, filing = _first(actor, number)
    item = items.version(filing.item_version)
    about = ledger.About(
        title=_("%(item)s 申请回执") % {"item": item.name},
        number=case.number,
        lead=_("您的申请已经收到。请保存这份回执，查询、催办、投诉都用得上。"),
        rows=_receipt_rows(case, filing, item),
        materials=tuple(ledger.Material(row.name, row.sha256, row.source) for row in filing.materials.all()),
        next_steps=_next_steps(case),
    )
    return ledger.receipt_pdf(actor, filing.entry_id, about, cases.scope_of(case))


def _receipt_rows(case: Case, filing: Filing, item: PublishedItem) -> tuple[tuple[str, str], ...]:
    """What the receipt says of the application. The applicant's name is on it; identity numbers are not."""
    return (
        (_("申请人"), filing.party.name),
        (_("申请事项"), item.name),
        (_("办理机关"), item.agency_name),
        (_("提交时间"), _moment(filing)),
        (_("签名人"), filing.signed_name.plain()),
        (
            _("领取结果"),
            str(delivering.NAMES.get(filing.delivery.get("way", ""), delivering.NAMES[delivering.ELECTRONIC])),
        ),
        (_("申请内容摘要（SHA-256）"), " ".join(filing.digest[place : place + 16] for place in range(0, 64, 16))),
    )


def _moment(filing: Filing) -> str:
    at = timezone.localtime(filing.signed_at)
    return _("%(y)s年%(m)s月%(d)s日 %(time)s") % {"y": at.year, "m": at.month, "d": at.day, "time": f"{at:%H:%M:%S}"}


def _next_steps(case: Case) -> tuple[str, ...]:
    """What happens next and by which day."""
    if case.closed_at is not None:
        return (_("已经办结：%(outcome)s。结果在“我的办件”里查看。") % {"outcome": case.outcome_name},)
    steps = [_("现在的进度：%(stage)s。有进展会通知您。") % {"stage": case.stage}]
    if case.due_on is not None:
        day = {"y": case.due_on.year, "m": case.due_on.month, "d": case.due_on.day}
        steps.append(_("最晚 %(y)s年%(m)s月%(d)s日 给您答复。") % day)
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a correction asks of the applicant, ready for a page: materials by code and name, and the parts of the form with only the
    fields that may be answered. ``data`` is the answers as they stand, with what was typed."""

    materials: dict[str, str]
    parts: tuple[Part, ...]
    form: CompiledForm
    prefilled: dict[str, Prefilled]
    context: dict[str, Any]
    data: dict[str, Any]


def asked_of(actor: Actor, filing: Filing, correction: Correction, post: Mapping[str, Any] | None = None) -> Asked:
    """Lay out a correction for answering, with what was typed into it laid over the answers.

    When an answer that was typed makes the form ask for more, that is asked for as well.
    """
    actor = about(actor, filing.item_code)
    form, context, prefilled = form_of(filing), checks.context(filing, actor), sources_of(filing)
    names = set(points_of(correction, "field"))
    data = dict(filing.data)
    while True:
        parts = _parts_with(form, data, context, names)
        typed = dict(filing.data)
        for part in parts if post is not None else ():
            read = form.read_post(part.code, post or {}, typed, prefilled)
            typed |= {field.name: read.get(field.name) for field in part.fields}
        data, may = corrected(form, context, filing.data, typed, names)
        if may == names:
            break
        names = may
    materials = {**points_of(correction, "material"), **newly_needed(filing, form.kept(data, context)).by_file}
    if points_of(correction, "other"):
        materials[SUPPLEMENT] = _("补充材料（选交）")
    return Asked(materials, tuple(parts), form, prefilled, context, data)


def _parts_with(form: CompiledForm, data: dict[str, Any], context: dict[str, Any], names: set[str]) -> list[Part]:
    """The parts that are asked for, with only these of their fields."""
    parts = (
        replace(part, fields=tuple(field for field in part.fields if field.name in names))
        for part in form.visible_parts(data, context)
    )
    return [part for part in parts if part.fields]


def papers_of(case: Case) -> list[Paper]:
    """The official papers of a case, oldest first; the caller has asked who may read it. One query."""
    return list(Paper.objects.filter(case=case).order_by("created_at"))


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What came of a decided case besides: handed over how and when, opened again as which case or because of which."""

    way: str
    way_name: str
    delivery: Delivery | None
    reopens: Reopening | None
    reopened_as: Reopening | None


def aftermath(actor: Actor, case: Case) -> Aftermath:
    """The same, for who may read what was handed in; nothing for others. Five queries."""
    filing = latest(case) if may_read(actor, case) else None
    way = filing.delivery.get("way", "") if filing else ""
    return Aftermath(
        way,
        str(delivering.NAMES.get(way, "")),
        Delivery.objects.filter(case=case).first(),
        Reopening.objects.select_related("former").filter(case=case).first(),
        Reopening.objects.select_related("case").filter(former=case).order_by("-created_at").first(),
    )


def handing(actor: Actor, number: str) -> dict[str, str]:
    """How a result is to reach the applicant, with the address for the post, for who hands it over."""
    case = cases.find(actor, number)
    require(actor, cases.scope_of(case), "applications.deliver", subject=f"case:{case.number}")
    filing = latest(case)
    return dict(filing.delivery) if filing else {}


def reasons(case: Case) -> list[str]:
    """Why rules decided as they did, in plain words; the caller has asked who may read the case."""
    return [reason for decision in rules.decisions_about("case", case.number) for reason in decision.reasons]


@dataclass(frozen=True, slots=True)
class Answered:
    """A situational question with its answer, as a summary row."""

    label: str
    shown: str
    source: str = ""
    href: str = ""


def situation_rows(item: PublishedItem, answers: dict[str, str]) -> list[Answered]:
    """The situation in words."""
    return [
        Answered(question.question, question.label(answers.get(question.code, "")))
        for question in item.situations_for(answers)
    ]
