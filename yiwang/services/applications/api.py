"""Applying over the API: the same acts as the pages."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Header, Router, Schema, Status

from yiwang.foundation.access.queries import acting
from yiwang.kernel.canonical import readable_bytes

from . import actions, queries
from .models import DraftMaterial, Filing, FilingMaterial, Paper
from .queries import DraftView, FilingView

router = Router()


class ProblemOut(Schema):
    field: str
    rule: str
    message: str


class EvidenceOut(Schema):
    id: int
    code: str
    name: str
    how: str
    file_id: UUID | None
    source: str

    @staticmethod
    def of(row: DraftMaterial | FilingMaterial) -> EvidenceOut:
        return EvidenceOut(id=row.id, code=row.code, name=row.name, how=row.how, file_id=row.file_id, source=row.source)


class DraftNeedOut(Schema):
    code: str
    name: str
    required: bool
    complete: bool
    by_data: bool
    replaced_by: str = Field(description="How it can be proven without a file; empty when only a file will do.")


class DraftOut(Schema):
    id: UUID
    item: str
    item_name: str
    party: UUID
    situation: dict[str, str]
    situations: list[dict[str, Any]]
    answers: dict[str, Any] = Field(description="Without the numbers that a register filled in; see `masked`.")
    masked: dict[str, str] = Field(
        description="Numbers that a register filled in, masked, by field. Leave them out to keep them, send a new one to change it."
    )
    sources: dict[str, str] = Field(description="Where prefilled answers came from, by field.")
    needs: list[DraftNeedOut]
    materials: list[EvidenceOut]
    problems: list[ProblemOut]
    case_number: str = Field(description="Set once it was submitted.")


class StartIn(Schema):
    item: str = Field(max_length=80)


class SituationIn(Schema):
    answers: dict[str, str]


class AnswersIn(Schema):
    answers: dict[str, Any]
    part: str = Field("", max_length=60)


class EvidenceIn(Schema):
    code: str = Field(max_length=60)
    how: str = Field("upload", max_length=12)
    file_id: UUID | None = None


class SignatureIn(Schema):
    signed_name: str = Field(max_length=60)
    agreed: bool


class ResultDeliveryIn(Schema):
    way: str = Field("electronic", description="electronic, pickup, or post, as the item offers.", max_length=12)
    name: str = Field("", max_length=40)
    phone: str = Field("", max_length=20)
    address: str = Field("", max_length=200)


class SubmitIn(SignatureIn):
    delivery: ResultDeliveryIn | None = Field(None, description="How the result is to come; as a file when left out.")


class FilingOut(Schema):
    case_number: str
    case_id: UUID
    item: str
    revision: int
    digest: str = Field(description="SHA-256 of the signed content, hex.")
    signed_at: dt.datetime
    stage: str
    outcome: str
    outcome_name: str

    @staticmethod
    def of(filing: Filing) -> FilingOut:
        case = filing.case
        return FilingOut(
            case_number=case.number, case_id=case.id, item=filing.item_code, revision=filing.revision, digest=filing.digest,
            signed_at=filing.signed_at, stage=case.stage, outcome=case.outcome, outcome_name=case.outcome_name,
        )  # fmt: skip


class RowOut(Schema):
    label: str
    shown: str
    source: str


class PartOut(Schema):
    title: str
    rows: list[RowOut]


class ApplicationOut(FilingOut):
    parts: list[PartOut]
    materials: list[EvidenceOut]


class PointIn(Schema):
    kind: str = Field(max_length=10)
    code: str = Field("", max_length=60)
    text: str = Field(max_length=500)


class CorrectionIn(Schema):
    points: list[PointIn] = Field(max_length=40)


class CorrectionOut(Schema):
    id: UUID
    points: list[dict[str, str]]


class RefusalIn(Schema):
    reason: str = Field(max_length=2000, description="Facts and reason, as they stand in the paper.")
    basis: list[str] = Field(max_length=8, description="One law with its article each.")
    outcome: str = Field("refuse", max_length=30)


class DecidedOut(Schema):
    case_number: str
    stage: str
    outcome: str


class CasePaperOut(Schema):
    """An official paper; ``file_id`` is null until the seal is under it."""

    kind: str
    number: str
    title: str
    issued_on: dt.date
    file_id: UUID | None
    sha256: str


class ReopenIn(Schema):
    reason: str = Field(max_length=500, description="What was wrong; the applicant reads it.")


class HandOverIn(Schema):
    tracking: str = Field("", max_length=60, description="The number of the letter, for the post.")


class HandedOut(Schema):
    way: str
    tracking: str
    created_at: dt.datetime


class ResubmitIn(SignatureIn):
    answers: dict[str, Any] = Field({}, description="Only the fields that were asked about.")
    materials: dict[str, list[UUID]] = Field(
        {}, description="Files by material; under `supplement` what answers a point about no single material."
    )
    reply: str = Field(
        "", max_length=500, description="What you say to the office; answers points that need no change."
    )


def _draft(view: DraftView) -> DraftOut:
    draft, masked = view.draft, view.masked
    return DraftOut(
        id=draft.id,
        item=draft.item_code,
        item_name=draft.item_name,
        party=draft.party_id,
        situation=draft.situation,
        situations=[
            {"code": q.code, "question": q.question, "options": [{"code": o.code, "label": o.label} for o in q.options]}
            for q in view.item.situations
        ],
        answers={name: value for name, value in draft.data.items() if name not in masked},
        masked=masked,
        sources={name: value["source"] for name, value in draft.prefilled.items()},
        needs=[
            DraftNeedOut(
                code=m.need.code,
                name=m.need.name,
                required=m.need.required,
                complete=m.complete,
                by_data=m.by_data,
                replaced_by=m.need.replaced_by.kind if m.need.replaced_by else "",
            )
            for m in view.materials
        ],
        materials=[EvidenceOut.of(given) for m in view.materials for given in m.given],
        problems=[ProblemOut(**problem.as_dict()) for problem in view.problems],
        case_number=draft.case.number if draft.case else "",
    )


@router.post("/drafts", response={201: DraftOut}, summary="Begin an application, or take up the one that was left")
def start(
    request: HttpRequest, body: StartIn, idempotency_key: Annotated[str, Header(alias="Idempotency-Key")] = ""
) -> Any:
    draft = actions.start(acting(request), body.item, key=idempotency_key)
    return Status(201, _draft(queries.draft_view(acting(request), draft.id)))


@router.get("/drafts/{uuid:draft_id}", response=DraftOut, summary="A draft with everything that is still wrong with it")
def draft(request: HttpRequest, draft_id: UUID) -> DraftOut:
    return _draft(queries.draft_view(acting(request), draft_id))


@router.delete("/drafts/{uuid:draft_id}", response={204: None}, summary="Throw a draft away")
def discard(request: HttpRequest, draft_id: UUID) -> Any:
    actions.discard(acting(request), draft_id)
    return Status(204, None)


@router.put("/drafts/{uuid:draft_id}/situation", response=DraftOut, summary="Answer the situational questions")
def answer_situation(request: HttpRequest, draft_id: UUID, body: SituationIn) -> DraftOut:
    actions.answer_situation(acting(request), draft_id, body.answers)
    return _draft(queries.draft_view(acting(request), draft_id))


@router.patch("/drafts/{uuid:draft_id}/answers", response=DraftOut, summary="Keep answers of the form, right or wrong")
def save_answers(request: HttpRequest, draft_id: UUID, body: AnswersIn) -> DraftOut:
    actions.save_answers(acting(request), draft_id, body.answers, part=body.part)
    return _draft(queries.draft_view(acting(request), draft_id))


@router.post("/drafts/{uuid:draft_id}/materials", response={201: DraftOut}, summary="Prove a material")
def give_material(request: HttpRequest, draft_id: UUID, body: EvidenceIn) -> Any:
    actions.give_material(acting(request), draft_id, body.code, file_id=body.file_id, how=body.how)
    return Status(201, _draft(queries.draft_view(acting(request), draft_id)))


@router.delete(
    "/drafts/{uuid:draft_id}/materials/{int:material_id}", response={204: None}, summary="Take a material out"
)
def remove_material(request: HttpRequest, draft_id: UUID, material_id: int) -> Any:
    actions.remove_material(acting(request), draft_id, material_id)
    return Status(204, None)


@router.post(
    "/drafts/{uuid:draft_id}/submit", response={201: FilingOut}, summary="Sign and submit; again gives the same case"
)
def submit(request: HttpRequest, draft_id: UUID, body: SubmitIn) -> Any:
    filing = actions.submit(
        acting(request),
        draft_id,
        signed_name=body.signed_name,
        agreed=body.agreed,
        delivery=body.delivery.dict() if body.delivery else None,
    )
    return Status(201, FilingOut.of(filing))


def _application(view: FilingView) -> ApplicationOut:
    return ApplicationOut(
        **FilingOut.of(view.filing).dict(),
        parts=[
            PartOut(
                title=part.title,
                rows=[RowOut(label=row.label, shown=row.shown, source=row.source) for row in part.rows],
            )
            for part in view.parts
        ],
        materials=[EvidenceOut.of(row) for row in view.materials],
    )


@router.get("/applications/{number}", response=ApplicationOut, summary="What was handed in, personal numbers masked")
def application(request: HttpRequest, number: str) -> ApplicationOut:
    return _application(queries.filing_of(acting(request), number))


@router.get(
    "/applications/{number}/receipt",
    summary="The receipt; verified offline by `yiwang verify`",
    response=dict[str, Any],
)
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    return HttpResponse(readable_bytes(queries.receipt(acting(request), number)), content_type="application/json")


@router.get("/applications/{number}/receipt.pdf", summary="The receipt as a sealed paper", response=bytes)
def receipt_pdf(request: HttpRequest, number: str) -> HttpResponse:
    return HttpResponse(queries.receipt_pdf(acting(request), number), content_type="application/pdf")


@router.post(
    "/tasks/{uuid:task_id}/correction", response={201: CorrectionOut}, summary="Tell the applicant once what is missing"
)
def request_correction(request: HttpRequest, task_id: UUID, body: CorrectionIn) -> Any:
    correction = actions.request_correction(acting(request), task_id, [point.dict() for point in body.points])
    return Status(201, CorrectionOut(id=correction.id, points=correction.points))


@router.get(
    "/applications/{number}/correction", response=CorrectionOut | None, summary="What is asked to be put right now"
)
def correction(request: HttpRequest, number: str) -> Any:
    found = queries.correction_of(acting(request), number)
    return CorrectionOut(id=found.id, points=found.points) if found else None


@router.post("/applications/{number}/resubmit", response={201: FilingOut}, summary="Answer a correction")
def resubmit(request: HttpRequest, number: str, body: ResubmitIn) -> Any:
    filing = actions.resubmit(
        acting(request),
        number,
        data=body.answers,
        materials=body.materials,
        signed_name=body.signed_name,
        agreed=body.agreed,
        reply=body.reply,
    )
    return Status(201, FilingOut.of(filing))


@router.post(
    "/tasks/{uuid:task_id}/refusal",
    response={201: DecidedOut},
    summary="Decide against the applicant, with reason and law",
)
def refuse(request: HttpRequest, task_id: UUID, body: RefusalIn) -> Any:
    case = actions.refuse(acting(request), task_id, reason=body.reason, basis=body.basis, outcome=body.outcome).case
    return Status(201, DecidedOut(case_number=case.number, stage=case.stage, outcome=case.outcome))


@router.get("/applications/{number}/papers", response=list[CasePaperOut], summary="The official papers of a case")
def papers(request: HttpRequest, number: str) -> list[Paper]:
    return queries.papers_of(queries.readable(acting(request), number))


@router.post(
    "/applications/{number}/reopen", response={201: DecidedOut}, summary="Correct the office's own error: a new case"
)
def reopen(request: HttpRequest, number: str, body: ReopenIn) -> Any:
    case = actions.reopen(acting(request), number, body.reason)
    return Status(201, DecidedOut(case_number=case.number, stage=case.stage, outcome=case.outcome))


@router.post(
    "/applications/{number}/delivery", response={201: HandedOut}, summary="Write down that the result was handed over"
)
def deliver(request: HttpRequest, number: str, body: HandOverIn) -> Any:
    return Status(201, actions.deliver(acting(request), number, body.tracking))
