"""The standards library for programs: looking things up, and the acts of those who keep it."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from yiwang.foundation.access.queries import acting
from yiwang.kernel.pages import LARGEST

from . import actions, queries
from .models import Entry

router = Router()
KindName = Literal["element", "code_set", "norm"]


class StandardOut(Schema):
    """An entry of the library in the version in force; ``body`` is what it says."""

    kind: str
    code: str
    name: str
    state: str
    version: int
    published_at: dt.datetime
    successor: str
    body: dict[str, Any]


class StandardsOut(Schema):
    items: list[StandardOut]
    next: str = Field("", description="The cursor of the next page; empty at the end.")


class StandardsIn(Schema):
    q: str = ""
    type: str = ""
    standard: str = ""
    withdrawn: bool = False
    cursor: str = ""
    size: int = Field(50, ge=1, le=LARGEST)


class PublishIn(Schema):
    body: dict[str, Any]
    note: str = Field("", max_length=300)


class WithdrawIn(Schema):
    reason: str = Field(max_length=300)
    successor: str = Field("", max_length=60)


@router.get("/standards/{kind}", response=StandardsOut, auth=None, summary="Look through the standards library")
def list_standards(request: HttpRequest, kind: KindName, wanted: Query[StandardsIn]) -> Any:
    asked = queries.Wanted(kind, wanted.q.strip()[:100], wanted.type, wanted.standard, wanted.withdrawn)
    found = queries.listing(acting(request), asked, cursor=wanted.cursor, size=wanted.size)
    return {"items": found.items, "next": found.next}


@router.get("/standards/{kind}/{code}", response=StandardOut, auth=None, summary="An entry of the standards library")
def get_standard(request: HttpRequest, kind: KindName, code: str) -> Entry:
    return queries.entry(acting(request), kind, code)


@router.post("/standards/{kind}", response={201: StandardOut}, summary="Publish the next version of an entry")
def publish_standard(request: HttpRequest, kind: KindName, given: PublishIn) -> Status[Entry]:
    return Status(201, actions.publish(acting(request), kind, given.body, note=given.note))


@router.post("/standards/{kind}/{code}/withdraw", response=StandardOut, summary="Take an entry out of force, for good")
def withdraw_standard(request: HttpRequest, kind: KindName, code: str, given: WithdrawIn) -> Entry:
    return actions.withdraw(acting(request), kind, code, given.reason, successor=given.successor)
