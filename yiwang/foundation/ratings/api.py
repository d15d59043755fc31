"""Ratings for programs: rate a case, see one's own rating, figures."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from yiwang.foundation.access.queries import acting

from . import actions, queries
from .contacts import CASE
from .indicators import GRADES, GROUPS, TAGS

router = Router()


class ReasonOut(Schema):
    """A reason that may be given with some grades."""

    code: str
    words: str
    grades: list[int]


class RatingIn(Schema):
    """Grade 1 非常满意 … 5 非常不满意 (GB/T 39046-2020 A.8)."""

    grade: int = Field(ge=1, le=5)
    tags: list[str] = Field(default_factory=list, max_length=20)
    text: str = ""
    channel: Literal["pc", "mobile", "code", "tablet", "terminal", "phone", "sms", "api"] = "api"


class GivenOut(Schema):
    """A rating that was given. It cannot be changed."""

    grade: int
    grade_name: str
    tags: list[ReasonOut]
    text: str
    at: dt.datetime


class AnswerOut(Schema):
    at: dt.datetime
    what: str
    text: str


class OwnOut(Schema):
    """A case to its party: whether it can be rated, what was given, what became of a bad rating.

    ``due_on`` is the last day for the office's answer, while that limit runs.
    """

    number: str
    item: str
    ratable: bool
    reasons: list[ReasonOut]
    rating: GivenOut | None
    stage: str
    due_on: dt.date | None
    closed: bool
    answers: list[AnswerOut]


class LineOut(Schema):
    """Ratings of one group. ``hidden``: fewer than the threshold, so that nobody who was judged learns who judged."""

    code: str
    name: str
    ratable: int
    rated: int | None
    grades: dict[int, int]
    coverage: int | None = Field(description="rated of 100 ratable contacts")
    content: int | None = Field(description="of 100 ratings, those of grade 1 to 3")
    hidden: bool


class FiguresOut(Schema):
    at: dt.datetime
    since: dt.date | None
    until: dt.date | None
    threshold: int
    shielded: bool
    total: LineOut
    agencies: list[LineOut]
    items: list[LineOut]
    channels: list[LineOut]


def _reason(code: str) -> dict[str, Any]:
    grades = next((grades for _code, _name, grades, tags in GROUPS if code in tags), ())
    return {"code": code, "words": str(TAGS.get(code, code)), "grades": list(grades)}


def _own(found: queries.Own) -> dict[str, Any]:
    rating = found.rating
    given = None
    if rating is not None:
        given = {
            "grade": rating.grade, "grade_name": str(GRADES[rating.grade]), "at": rating.created_at,
            "tags": [_reason(tag) for tag in rating.tags], "text": rating.text.plain(),
        }  # fmt: skip
    return {
        "number": found.key, "item": found.described.item_name, "ratable": found.ratable,
        "reasons": [_reason(tag) for tag in TAGS] if found.ratable else [], "rating": given, "stage": found.stage,
        "due_on": found.due, "closed": found.closed,
        "answers": [{"at": one.at, "what": one.what, "text": one.text} for one in found.answers],
    }  # fmt: skip


@router.get("/cases/{number}/rating", response=OwnOut, summary="The rating of one of my cases, and what became of it")
def own(request: HttpRequest, number: str) -> dict[str, Any]:
    return _own(queries.own(acting(request), CASE, number))


@router.post(
    "/cases/{number}/rating",
    response={201: OwnOut},
    summary="Rate one of my closed cases, once and for good",
    description="Safe to repeat: the same rating again answers as the first time. Another one is a conflict (409).",
)
def rate(request: HttpRequest, number: str, body: RatingIn) -> Status[dict[str, Any]]:
    actor = acting(request)
    actions.rate(actor, CASE, number, body.grade, body.tags, body.text, channel=body.channel)
    return Status(201, _own(queries.own(actor, CASE, number)))


def _line(line: queries.Line) -> dict[str, Any]:
    return {
        "code": line.code, "name": line.name, "ratable": line.ratable, "rated": None if line.hidden else line.rated,
        "grades": line.grades, "coverage": line.coverage, "content": line.content, "hidden": line.hidden,
    }  # fmt: skip


@router.get("/ratings/figures", response=FiguresOut, summary="Ratings in an official's reach by grade and group")
def figures(
    request: HttpRequest,
    period: Literal["month", "last-month", "quarter", "year", "all"] = "month",
    agency: Annotated[str, Query(max_length=40)] = "",
    item: Annotated[str, Query(max_length=80)] = "",
    channel: Annotated[str, Query(max_length=12)] = "",
) -> dict[str, Any]:
    found = queries.figures(acting(request), queries.Wanted(period, agency, item, channel))
    return {
        "at": found.at, "since": found.since, "until": found.until, "threshold": queries.THRESHOLD,
        "shielded": found.shielded, "total": _line(found.total), "agencies": [_line(one) for one in found.agencies],
        "items": [_line(one) for one in found.items], "channels": [_line(one) for one in found.channels],
    }  # fmt: skip
