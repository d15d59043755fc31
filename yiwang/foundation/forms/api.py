"""Forms for programs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from ninja import Body, Router, Schema, Status

from yiwang.foundation.access.queries import acting

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
