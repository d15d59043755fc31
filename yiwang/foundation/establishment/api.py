"""The directory and the calendar for programs."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from yiwang.foundation.access.queries import acting
from yiwang.foundation.orgs.actions import SpecialDate
from yiwang.foundation.orgs.queries import AgencyThen, Posting, Region

from . import actions, queries

router = Router()
On = Annotated[dt.date | None, Query(description="The day asked about; today when left out.")]


class AgencyOut(Schema):
    """An agency as it was on the day asked about."""

    code: str
    name: str
    short_name: str
    parent: str
    region: str
    since: dt.date | None


class TermOut(Schema):
    """What an agency or division was called, and to whom it belonged, from ``since`` on (null: from the beginning)."""

    name: str
    parent: str
    since: dt.date | None
    basis: str


class PersonOut(Schema):
    """Somebody in a post; ``until`` is the first day on which they no longer held it."""

    posting: int
    post: str
    name: str
    since: dt.date
    until: dt.date | None

    @staticmethod
    def of(row: Posting) -> PersonOut:
        return PersonOut(posting=row.pk, post=row.post.name, name=row.account.name, since=row.since, until=row.until)


class AgencyPageOut(Schema):
    """An agency with its posts, who held them on the day, and its history, newest first."""

    code: str
    uscc: str
    then: AgencyOut | None
    until: dt.date | None
    successor: str | None
    posts: list[str]
    people: list[PersonOut]
    children: list[AgencyOut]
    terms: list[TermOut]


class RegionOut(Schema):
    code: str
    name: str
    level: str
    parent: str | None

    @staticmethod
    def resolve_parent(region: Region) -> str | None:
        return region.parent_id


class RegionPageOut(Schema):
    """A division with its outline (GeoJSON, CGCS2000) and what lies directly in it."""

    code: str
    name: str
    level: str
    parent: str | None
    shape: dict[str, Any] | None
    name_then: str
    children: list[RegionOut]
    terms: list[TermOut]


class ChangeIn(Schema):
    """``on``: the day on which the change takes effect, today at the latest; ``basis``: the document that says so."""

    on: dt.date
    basis: str = Field(max_length=200)


class RenameIn(ChangeIn):
    name: str = Field(max_length=100)
    short_name: str = Field("", max_length=40)


class MoveIn(ChangeIn):
    parent: str = Field(max_length=40)


class MergeIn(ChangeIn):
    into: str = Field(max_length=40)


class PostIn(Schema):
    name: str = Field(min_length=2, max_length=60)


class AppointIn(Schema):
    username: str = Field(max_length=60)
    post: str = Field(max_length=60)
    since: dt.date


class RelieveIn(Schema):
    until: dt.date = Field(description="The first day on which the post is no longer held.")


class SpecialDayIn(Schema):
    date: dt.date
    name: str = Field(max_length=40)
    works: bool


class NoticeIn(Schema):
    """The State Council's notice on the holidays of a year, or an amendment of it."""

    year: int
    source: str = Field(max_length=200, description="Title and number of the notice.")
    days: list[SpecialDayIn] = Field(max_length=200)


class NoticeOut(Schema):
    """``changed``: the days that are another kind of day than before."""

    year: int
    edition: int
    new: bool
    changed: list[dt.date]


class DayOut(Schema):
    date: dt.date
    works: bool
    reason: str
    provisional: bool


class YearOut(Schema):
    """A year of the calendar; ``edition`` is null, and all is provisional, until its notice is loaded."""

    year: int
    source: str
    edition: int | None
    years: list[int]
    days: list[DayOut]


class LimitOut(Schema):
    due: dt.date
    provisional: bool
    days: list[DayOut]


@router.get("/agencies", response=list[AgencyOut], summary="The agencies that there were on a day, parents first")
def agencies(request: HttpRequest, on: On = None) -> list[AgencyThen]:
    return [row.agency for row in queries.agencies(acting(request), on)]


@router.get("/agencies/{code}", response=AgencyPageOut, summary="An agency on a day: posts, people, history")
def agency(request: HttpRequest, code: str, on: On = None) -> dict[str, Any]:
    found = queries.agency(acting(request), code, on)
    return {
        "code": found.row.code, "uscc": found.row.uscc, "then": found.then, "until": found.row.until,
        "successor": found.row.successor_id, "posts": [post.name for post, _held in found.posts],
        "people": [PersonOut.of(posting) for _post, held in found.posts for posting in held],
        "children": found.children, "terms": [term for term, _parent in found.terms],
    }  # fmt: skip


@router.post("/agencies/{code}/rename", response={204: None}, summary="Rename an agency")
def rename_agency(request: HttpRequest, code: str, body: RenameIn) -> Status[None]:
    actions.rename_agency(acting(request), code, body.name, on=body.on, basis=body.basis, short_name=body.short_name)
    return Status(204, None)


@router.post("/agencies/{code}/move", response={204: None}, summary="Put an agency under another parent")
def move_agency(request: HttpRequest, code: str, body: MoveIn) -> Status[None]:
    actions.move_agency(acting(request), code, body.parent, on=body.on, basis=body.basis)
    return Status(204, None)


@router.post("/agencies/{code}/merge", response={204: None}, summary="Merge an agency into another one")
def merge_agency(request: HttpRequest, code: str, body: MergeIn) -> Status[None]:
    actions.merge_agency(acting(request), code, body.into, on=body.on, basis=body.basis)
    return Status(204, None)


@router.post("/agencies/{code}/close", response={204: None}, summary="Close an agency")
def close_agency(request: HttpRequest, code: str, body: ChangeIn) -> Status[None]:
    actions.close_agency(acting(request), code, on=body.on, basis=body.basis)
    return Status(204, None)


@router.post(
    "/agencies/{code}/posts", response={204: None}, summary="Set up a post; one that is there is left as it is"
)
def add_post(request: HttpRequest, code: str, body: PostIn) -> Status[None]:
    actions.add_post(acting(request), code, body.name)
    return Status(204, None)


@router.post("/agencies/{code}/postings", response={201: PersonOut}, summary="Put somebody into a post")
def appoint(request: HttpRequest, code: str, body: AppointIn) -> Status[PersonOut]:
    return Status(201, PersonOut.of(actions.appoint(acting(request), body.username, code, body.post, body.since)))


@router.post("/postings/{posting}/end", response=PersonOut, summary="End a posting")
def relieve(request: HttpRequest, posting: int, body: RelieveIn) -> PersonOut:
    return PersonOut.of(actions.relieve(acting(request), posting, body.until))


@router.get("/regions", response=list[RegionOut], summary="The divisions directly below one; without a parent, the top")
def regions(request: HttpRequest, parent: str = "") -> list[Region]:
    return queries.regions(acting(request), parent)


@router.get("/regions/{code}", response=RegionPageOut, summary="A division with its outline, children and former names")
def region(request: HttpRequest, code: str, on: On = None) -> dict[str, Any]:
    found = queries.region(acting(request), code, on)
    row = found.row
    return {
        "code": row.code, "name": row.name, "level": row.level, "parent": row.parent_id, "shape": row.shape,
        "name_then": found.then.name if found.then else "", "children": found.children,
        "terms": found.terms,
    }  # fmt: skip


@router.post("/regions/{code}/rename", response={204: None}, summary="Rename a division")
def rename_region(request: HttpRequest, code: str, body: RenameIn) -> Status[None]:
    actions.rename_region(acting(request), code, body.name, on=body.on, basis=body.basis)
    return Status(204, None)


@router.get("/calendar/limit", response=LimitOut, summary="The last day of a limit, with the days it walks over")
def limit(request: HttpRequest, start: dt.date, days: int, unit: Literal["working", "calendar"] = "working") -> Any:
    return queries.limit(acting(request), start, days, unit)


@router.get("/calendar/{int:year}", response=YearOut, summary="A year of the calendar of working days")
def year(request: HttpRequest, year: int) -> dict[str, Any]:
    found = queries.year(acting(request), year)
    notice = found.notice
    return {
        "year": found.year, "source": notice.source if notice else "", "edition": notice.edition if notice else None,
        "years": found.years, "days": found.days,
    }  # fmt: skip


@router.post("/calendar/notices", response=NoticeOut, summary="Load a holiday notice; the same again changes nothing")
def load_notice(request: HttpRequest, body: NoticeIn) -> Any:
    days = [SpecialDate(day.date, day.name, day.works) for day in body.days]
    return actions.load_notice(acting(request), body.year, body.source, days)
