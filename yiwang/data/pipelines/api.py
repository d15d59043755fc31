"""Pipelines for programs: other systems push rows, engineers run and watch."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, File, Header, Query, Router, Schema
from ninja.files import UploadedFile
from ninja.responses import Status

from yiwang.foundation.access.queries import acting

from . import actions, queries
from .models import Batch

router = Router()
Cursor = Annotated[str, Query(max_length=400, description="`next` of the page before; empty for the first page")]
OnceKey = Annotated[str, Header(alias="Idempotency-Key", max_length=100)]


class PipelineOut(Schema):
    """A pipeline and how its last batch went."""

    code: str
    name: str
    owner: str = Field(description="code of the agency that answers for the data")
    source: str
    target: str = Field(description="lake:<theme table> or register:<code>")
    paused: bool
    next_at: dt.datetime | None
    state: str = Field(description="of the last batch; empty before the first")
    score: float | None = Field(description="quality of the last batch, 0 to 100")
    open_orders: int


class BatchOut(Schema):
    """One run. Rows are counted, never shown here."""

    id: UUID
    pipeline: str
    number: int
    kind: str
    state: str
    stage: str = Field(description="the next to be done: land, standardise, check, publish")
    as_of: dt.date
    landed: int
    refused: int
    held: int
    warned: int
    new: int
    changed: int
    ended: int
    reason: str
    created_at: dt.datetime
    ended_at: dt.datetime | None


class BatchesOut(Schema):
    items: list[BatchOut]
    next: str


class ResultOut(Schema):
    rule: str
    label: str
    dimension: str
    checked: int
    failed: int


class BatchDetailOut(Schema):
    """A batch with what each rule found and its scores by dimension."""

    batch: BatchOut
    results: list[ResultOut]
    score: float | None
    dimensions: dict[str, float]


class StartIn(Schema):
    since: str = Field("", max_length=40, description="back-fill from this moment")
    until: str = Field("", max_length=40, description="back-fill to this moment, not included")
    as_of: str = Field("", max_length=10, description="the day for which the data holds; today")


class PushIn(Schema):
    """Rows as objects, their names those of the source's columns."""

    rows: list[dict[str, Any]] = Field(max_length=10_000)
    as_of: str = Field("", max_length=10)


class WhyIn(Schema):
    why: str = Field(max_length=200)


class QualityOut(Schema):
    code: str
    name: str
    agency: str
    rows: int
    overall: float
    dimensions: dict[str, float]


def _batch(found: Batch) -> BatchOut:
    return BatchOut(
        id=found.id, pipeline=found.pipeline_id, number=found.number, kind=found.kind, state=found.state, stage=found.stage, as_of=found.as_of,
        landed=found.landed, refused=found.refused, held=found.held, warned=found.warned, new=found.new, changed=found.changed, ended=found.ended,
        reason=found.reason, created_at=found.created_at, ended_at=found.ended_at,
    )  # fmt: skip


@router.get("/pipelines", response=list[PipelineOut], summary="Pipelines that I may see")
def list_pipelines(request: HttpRequest) -> list[PipelineOut]:
    return [
        PipelineOut(
            code=line.pipeline.code, name=line.pipeline.name, owner=line.pipeline.owner_id, source=line.pipeline.body["source"]["slot"],
            target=f"lake:{target['table']}" if "table" in (target := line.pipeline.body["target"]) else f"register:{target['register']}",
            paused=line.pipeline.paused, next_at=line.pipeline.next_at, state=line.last.state if line.last else "", score=line.score,
            open_orders=line.orders,
        )
        for line in queries.pipelines(acting(request))
    ]  # fmt: skip


@router.get("/pipelines/quality", response=list[QualityOut], summary="Quality by resource, the lowest first")
def list_quality(request: HttpRequest) -> list[QualityOut]:
    _agencies, lines = queries.quality(acting(request))
    return [
        QualityOut(
            code=line.code,
            name=line.name,
            agency=line.agency,
            rows=line.rows,
            overall=line.overall,
            dimensions=dict(line.dimensions),
        )
        for line in lines
    ]


@router.get("/pipelines/{code}/batches", response=BatchesOut, summary="The runs of a pipeline, newest first")
def list_batches(request: HttpRequest, code: str, cursor: Cursor = "") -> BatchesOut:
    page = queries.batches(acting(request), code, cursor=cursor)
    return BatchesOut(items=[_batch(found) for found in page.items], next=page.next)


@router.post("/pipelines/{code}/batches", response={202: BatchOut}, summary="Run a pipeline now, or fill a span in")
def start(request: HttpRequest, code: str, body: StartIn) -> Status[BatchOut]:
    return Status(
        202, _batch(actions.start(acting(request), code, since=body.since, until=body.until, as_of=body.as_of))
    )


@router.post("/pipelines/{code}/rows", response={202: BatchOut}, summary="Push rows into a pipeline that takes them")
def push(request: HttpRequest, code: str, body: PushIn, key: OnceKey = "") -> Status[BatchOut]:
    return Status(202, _batch(actions.push(acting(request), code, body.rows, key=key, as_of=body.as_of)))


@router.post("/pipelines/{code}/files", response={202: BatchOut}, summary="Hand a file over as the next batch")
def drop(request: HttpRequest, code: str, file: Annotated[UploadedFile, File()]) -> Status[BatchOut]:
    return Status(202, _batch(actions.drop(acting(request), code, file.name or "", file)))


@router.get("/batches/{batch_id}", response=BatchDetailOut, summary="One run, with what its rules found")
def one_batch(request: HttpRequest, batch_id: UUID) -> BatchDetailOut:
    found = queries.batch(acting(request), batch_id)
    return BatchDetailOut(
        batch=_batch(found.batch),
        results=[
            ResultOut(rule=item.rule, label=item.label, dimension=item.dimension, checked=item.checked, failed=item.failed) for item in found.results
        ],
        score=found.score.overall if found.score else None, dimensions=found.score.dimensions if found.score else {},
    )  # fmt: skip


@router.post("/batches/{batch_id}/cancel", response=BatchOut, summary="Stop a run")
def cancel(request: HttpRequest, batch_id: UUID) -> BatchOut:
    return _batch(actions.cancel(acting(request), batch_id))


@router.post("/batches/{batch_id}/release", response=BatchOut, summary="Let a held batch go on")
def release(request: HttpRequest, batch_id: UUID, body: WhyIn) -> BatchOut:
    return _batch(actions.release(acting(request), batch_id, body.why))


@router.post("/batches/{batch_id}/rerun", response=BatchOut, summary="Run a batch again")
def rerun(request: HttpRequest, batch_id: UUID) -> BatchOut:
    return _batch(actions.rerun(acting(request), batch_id))
