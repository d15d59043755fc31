"""Rules for programs."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Body, Router, Schema, Status

from yiwang.foundation.access.queries import acting
from yiwang.foundation.drafts.queries import Change, Draft

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


class DraftIn(Schema):
    """``seen`` is the revision of the draft that the writer had before them; 0 when there was none."""

    body: dict[str, Any]
    seen: int = 0


class DraftOut(Schema):
    code: str
    title: str
    revision: int
    based_on: int
    digest: str
    saved_at: dt.datetime


class DraftBody(DraftOut):
    body: dict[str, Any]


class TrialIn(Schema):
    """Without ``body`` the published ``version`` is tried (0: the newest)."""

    facts: dict[str, Any]
    body: dict[str, Any] | None = None
    version: int = 0


class TrialOut(Schema):
    output: Any
    reasons: list[str]
    matched: list[Line]


class ChangeOut(Schema):
    """``kind`` is added, removed or changed; ``place``, ``before`` and ``after`` are words."""

    place: str
    kind: str
    before: str
    after: str


class MadeOut(Schema):
    id: UUID
    at: dt.datetime
    version: int
    kind: str
    subject: str


class MadePage(Schema):
    items: list[MadeOut]
    next: str


@router.get("/rules/{code}/versions", response=list[RuleOut], summary="All versions of a decision table, newest first")
def versions(request: HttpRequest, code: str) -> list[TableVersion]:
    return queries.versions(acting(request), code)


@router.get("/rules/{code}/changes", response=list[ChangeOut], summary="What differs between two versions of a table")
def changes(request: HttpRequest, code: str, older: int, newer: int = 0) -> list[Change]:
    return queries.changes(acting(request), code, older, newer)


@router.post("/rules/{code}/trial", response=TrialOut, summary="What a table would decide; nothing is kept")
def trial(request: HttpRequest, code: str, given: TrialIn) -> queries.Trial:
    actor = acting(request)
    body = given.body if given.body is not None else queries.body_of(actor, code, given.version)
    return queries.trial(actor, body, given.facts)


@router.get("/rules/{code}/draft", response=DraftBody, summary="The next version of a table, while it is being written")
def draft(request: HttpRequest, code: str) -> Draft:
    return queries.own_draft(acting(request), code)


@router.put("/rules/{code}/draft", response=DraftOut, summary="Keep the next version of a table; it may still be wrong")
def save_draft(request: HttpRequest, code: str, given: DraftIn) -> Draft:
    return actions.save_draft(acting(request), code, given.body, seen=given.seen)


@router.delete("/rules/{code}/draft", response={204: None}, summary="Drop the draft of a table")
def drop_draft(request: HttpRequest, code: str) -> Status[None]:
    actions.drop_draft(acting(request), code)
    return Status(204, None)


@router.get("/rules/{code}/decisions", response=MadePage, summary="What a table has decided, newest first")
def decisions(request: HttpRequest, code: str, cursor: str = "", size: int = 50) -> dict[str, Any]:
    page = queries.decisions(acting(request), code, cursor=cursor, size=size)
    items = [
        {"id": row.id, "at": row.at, "version": row.table.version, "kind": row.kind, "subject": row.subject}
        for row in page.items
    ]
    return {"items": items, "next": page.next}
