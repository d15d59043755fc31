"""Procedures for programs: versions, drafts, checks and sample cases."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Path, Router, Schema, Status

from yiwang.foundation.access.queries import acting
from yiwang.foundation.drafts.queries import Change, Draft

from . import actions, designs, drafting
from .models import Procedure

router = Router()
Code = Annotated[str, Path(max_length=60, pattern="^[a-z][a-z0-9_-]*$")]


class ProcedureOut(Schema):
    """A published version. ``digest`` is the SHA-256 of the BPMN, in hex; ``running`` counts the cases that follow it."""

    code: str
    version: int
    name: str
    digest: str
    created_at: dt.datetime
    running: int


class ProcedureBody(Schema):
    """The BPMN 2.0 file of a version, or of the draft."""

    code: str
    name: str
    bpmn: str


class ProcedureIn(Schema):
    name: Annotated[str, Field(min_length=1, max_length=120)]
    bpmn: str


class ProcedureDraftIn(ProcedureIn):
    """``seen`` is the revision of the draft that the writer had before them; 0 when there was none."""

    seen: int = 0


class ProcedureDraftOut(Schema):
    code: str
    title: str
    revision: int
    based_on: int
    digest: str
    saved_at: dt.datetime


class ProcedurePublished(Schema):
    code: str
    version: int
    name: str
    digest: str


class ProcedureChange(Schema):
    """``kind`` is added, removed or changed; ``place``, ``before`` and ``after`` are words."""

    place: str
    kind: str
    before: str
    after: str


class WalkIn(Schema):
    """``choices`` are pairs of step and outcome, in order; without ``bpmn`` the published ``version`` is walked (0: the newest)."""

    choices: list[tuple[str, str]] = []
    version: int = 0
    bpmn: str | None = None


class WaitingOut(Schema):
    """A step at which the sample case waits, with the outcomes that it offers."""

    step: str
    name: str
    outcomes: list[str]


class WalkOut(Schema):
    """``end`` is the end event that was reached, "" while the sample case runs; ``problem`` says why it cannot go on."""

    waiting: list[WaitingOut]
    end: str
    problem: str


@router.get("/procedures/{code}", response=list[ProcedureOut], summary="All versions of a procedure, newest first")
def versions(request: HttpRequest, code: Code) -> list[dict[str, Any]]:
    return [
        {"code": row.code, "version": row.version, "name": row.name, "digest": row.digest, "created_at": row.created_at, "running": running}
        for row, running in designs.versions(acting(request), code)
    ]  # fmt: skip


@router.get("/procedures/{code}/bpmn", response=ProcedureBody, summary="The BPMN of one version of a procedure")
def bpmn(request: HttpRequest, code: Code, version: int = 0) -> dict[str, str]:
    name, text = designs.design(acting(request), code, version)
    return {"code": code, "name": name, "bpmn": text}


@router.post(
    "/procedures/{code}", response={201: ProcedurePublished}, summary="Publish a procedure as its next version"
)
def publish(request: HttpRequest, code: Code, given: ProcedureIn) -> Status[Procedure]:
    return Status(201, actions.publish_procedure(acting(request), code, given.name, given.bpmn))


@router.get("/procedures/{code}/changes", response=list[ProcedureChange], summary="What differs between two versions")
def changes(request: HttpRequest, code: Code, older: int, newer: int = 0) -> list[Change]:
    actor = acting(request)
    return designs.changes(code, designs.design(actor, code, older), designs.design(actor, code, newer))


@router.get("/procedures/{code}/draft", response=ProcedureBody, summary="A procedure that is being drawn")
def draft(request: HttpRequest, code: Code) -> dict[str, str]:
    name, text = designs.design(acting(request), code, None)
    return {"code": code, "name": name, "bpmn": text}


@router.put(
    "/procedures/{code}/draft", response=ProcedureDraftOut, summary="Keep the next version; it may still be wrong"
)
def save_draft(request: HttpRequest, code: Code, given: ProcedureDraftIn) -> Draft:
    return drafting.draft_procedure(acting(request), code, given.name, given.bpmn, seen=given.seen)


@router.delete("/procedures/{code}/draft", response={204: None}, summary="Drop the draft of a procedure")
def drop_draft(request: HttpRequest, code: Code) -> Status[None]:
    drafting.drop_procedure_draft(acting(request), code)
    return Status(204, None)


@router.post("/procedures/{code}/trial", response=WalkOut, summary="Lead a sample case through; nothing is kept")
def walk(request: HttpRequest, code: Code, given: WalkIn) -> dict[str, Any]:
    name, text = designs.design(acting(request), code, given.version)
    tried = designs.trial(code, name, text if given.bpmn is None else given.bpmn, given.choices, {})
    waiting = [
        {"step": one.step.code, "name": one.step.name, "outcomes": [choice.outcome for choice in one.choices]}
        for one in tried.waiting
    ]
    return {"waiting": waiting, "end": tried.end_step, "problem": tried.problem}
