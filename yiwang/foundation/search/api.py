"""Search for programs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from .queries import DEEPEST, search

router = Router()


class HitOut(Schema):
    """One thing found. ``snippet`` and ``marked_title`` are HTML: escaped text with ``<mark>`` around the words found."""

    kind: str
    key: str
    title: str
    marked_title: str
    snippet: str
    url: str
    data: dict[str, Any]


class ResultsOut(Schema):
    hits: list[HitOut]
    total: int
    understood_as: str = Field(
        description="The words that synonyms gave for the query; empty when it was taken as typed."
    )
    alike: bool = Field(description="Nothing holds all the words; these only resemble the query.")


class Wanted(Schema):
    q: str = Field("", description="A query in anybody's words. The first 100 characters are read.")
    kind: list[str] = Field([], description="Only these kinds of thing, for instance `item`.")
    audience: str = Field(
        "", pattern="^(person|organisation)?$", description="Only what is for them, or for everybody."
    )
    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0, le=DEEPEST)


@router.get("/search", response=ResultsOut, auth=None, summary="Search guides and whatever else is public")
def find(request: HttpRequest, wanted: Query[Wanted]) -> Any:
    return search(wanted.q, kinds=wanted.kind, audience=wanted.audience, limit=wanted.limit, offset=wanted.offset)
