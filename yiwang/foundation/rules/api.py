"""Rules for programs."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Body, Router, Schema, Status

from yiwang.foundation.access.queries import acting

from . import actions, queries
from .models import TableVersion

router = Router()


class RuleOut(Schema):
    """A version of a table. ``digest`` is the SHA-256 of the canonical body, in hex."""

    code: str
    version: int
    title: str
    digest: str
    published_at: dt.datetime


class RuleBody(RuleOut):
    body: dict[str, Any]


class Line(Schema):
    table: str
    row: int
    id: str
    reason: str


class DecisionOut(Schema):
    id: UUID
    code: str
    version: int
    decided: bool
    output: Any
    reasons: list[str]
    matched: list[Line]


class ExplainedOut(DecisionOut):
    at: dt.datetime
    kind: str
    subject: str
    facts: dict[str, Any]


@router.get("/rules", response=list[RuleOut], summary="Every decision table in its newest version")
def published(request: HttpRequest) -> list[TableVersion]:
    return queries.published(acting(request))


@router.get("/rules/{code}", response=RuleBody, summary="One version of a decision table")
def rule(request: HttpRequest, code: str, version: int = 0) -> TableVersion:
    return queries.published_version(acting(request), code, version)


@router.post("/rules/{code}", response={201: RuleOut}, summary="Publish a decision table as its next version")
def publish(request: HttpRequest, code: str, body: Body[dict[str, Any]]) -> Status[TableVersion]:
    return Status(201, actions.publish(acting(request), code, body))


@router.get("/decisions/{decision_id}", response=ExplainedOut, summary="One decision with its facts and reasons")
def decision(request: HttpRequest, decision_id: UUID) -> dict[str, Any]:
    explained = queries.decision(acting(request), decision_id)
    made, kept = explained.decision, explained.record
    return {
        "id": made.id, "code": made.code, "version": made.version, "decided": made.decided, "output": made.output,
        "reasons": made.reasons, "matched": made.matched, "at": kept.at, "kind": kept.kind, "subject": kept.subject,
        "facts": kept.facts,
    }  # fmt: skip
