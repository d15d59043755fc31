"""Forms for programs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from ninja import Body, Router, Schema, Status

from yiwang.foundation.access.queries import acting
from yiwang.foundation.drafts.queries import Change, Draft

from . import actions, queries
from .models import FormVersion

router = Router()


class FormOut(Schema):
    """A version of a form. ``digest`` is the SHA-256 of the canonical body, in hex."""

    code: str
    version: int
    title: str
    digest: str
    published_at: dt.datetime


class FormBody(FormOut):
    """``answers`` is the JSON Schema of the answers as they are checked; ``layout`` says how a page asks for them."""

    answers: dict[str, Any]
    layout: dict[str, Any]


@router.get(
    "/forms/{code}", response=FormBody, auth=None, summary="A form: the JSON Schema of its answers, and its layout"
)
def form(request: HttpRequest, code: str, version: int = 0) -> dict[str, Any]:
    row, compiled = queries.published_form(acting(request), code, version)
    return {
        "code": row.code, "version": row.version, "title": row.title, "digest": row.digest, "published_at": row.published_at,
        "answers": compiled.json_schema(), "layout": row.body["layout"],
    }  # fmt: skip


@router.post("/forms/{code}", response={201: FormOut}, summary="Publish a form as its next version")
def publish(request: HttpRequest, code: str, body: Body[dict[str, Any]]) -> Status[FormVersion]:
    return Status(201, actions.publish(acting(request), code, body))


class FormDraftIn(Schema):
    """``seen`` is the revision of the draft that the writer had before them; 0 when there was none."""

    body: dict[str, Any]
    seen: int = 0


class FormDraftOut(Schema):
    code: str
    title: str
    revision: int
    based_on: int
    digest: str
    saved_at: dt.datetime


class FormChange(Schema):
    """``kind`` is added, removed or changed; ``place``, ``before`` and ``after`` are words."""

    place: str
    kind: str
    before: str
    after: str


@router.get("/forms/{code}/versions", response=list[FormOut], summary="All versions of a form, newest first")
def versions(request: HttpRequest, code: str) -> list[FormVersion]:
    return queries.versions(acting(request), code)


@router.get("/forms/{code}/changes", response=list[FormChange], summary="What differs between two versions of a form")
def changes(request: HttpRequest, code: str, older: int, newer: int = 0) -> list[Change]:
    return queries.changes(acting(request), code, older, newer)


@router.get("/forms/{code}/draft", response=dict[str, Any], summary="The body of a form that is being written")
def draft(request: HttpRequest, code: str) -> dict[str, Any]:
    return queries.body_of(acting(request), code, None)


@router.put(
    "/forms/{code}/draft", response=FormDraftOut, summary="Keep the next version of a form; it may still be wrong"
)
def save_draft(request: HttpRequest, code: str, given: FormDraftIn) -> Draft:
    return actions.save_draft(acting(request), code, given.body, seen=given.seen)


@router.delete("/forms/{code}/draft", response={204: None}, summary="Drop the draft of a form")
def drop_draft(request: HttpRequest, code: str) -> Status[None]:
    actions.drop_draft(acting(request), code)
    return Status(204, None)
