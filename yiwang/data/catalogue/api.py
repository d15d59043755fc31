"""The catalogue for programs: what is opened, what there is for officials, the acts of stewards and the data bureau."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from yiwang.foundation.access.queries import acting
from yiwang.kernel.pages import LARGEST

from . import actions, queries
from .models import Claim, Demand, Entry, EntryVersion, Objection

router = Router()


class EntryOut(Schema):
    """An entry of the catalogue in a list."""

    code: str
    name: str
    provider: str
    state: str
    share: str
    open: str
    update_period: str
    level: int
    rows: int | None
    as_of: dt.date | None
    freshness: str

    @staticmethod
    def resolve_provider(entry: Any) -> str:
        return str(entry["provider"] if isinstance(entry, dict) else entry.provider_id)


class EntriesOut(Schema):
    items: list[EntryOut]
    next: str = Field("", description="The cursor of the next page; empty at the end.")


class EntriesIn(Schema):
    q: str = ""
    state: str = ""
    provider: str = ""
    share: str = ""
    open: str = ""
    freshness: str = ""
    element: str = ""
    cursor: str = ""
    size: int = Field(50, ge=1, le=LARGEST)

    def wanted(self) -> queries.Wanted:
        return queries.wanted_of(self.dict(exclude={"cursor", "size"}))


class VersionOut(Schema):
    """One version of an entry."""

    number: int
    state: str
    note: str
    opinion: str
    published_at: dt.datetime | None
    body: dict[str, Any]


class EntryPageOut(EntryOut):
    versions: list[VersionOut]
    may: list[str]


class DraftIn(Schema):
    """``seen`` is the number of the newest version that the writer looked at."""

    body: dict[str, Any]
    note: str = Field("", max_length=300)
    seen: int | None = None


class ProblemOut(Schema):
    field: str
    rule: str
    message: str


class NumberIn(Schema):
    number: int


class ReviewIn(NumberIn):
    passed: bool
    opinion: str = Field("", max_length=500)


class ReasonIn(Schema):
    reason: str = Field(max_length=300)


class ReportIn(Schema):
    as_of: dt.date
    rows: int | None = Field(None, ge=0)


class ClaimIn(Schema):
    element: str = Field(max_length=60)
    why: str = Field(max_length=500)


class ClaimOut(Schema):
    id: UUID
    element: str
    state: str
    case: str

    @staticmethod
    def resolve_case(claim: Claim) -> str:
        return claim.case.number


class ObjectionIn(Schema):
    agency: str = Field(max_length=40)
    what: str = Field(max_length=500)
    field: str = Field("", max_length=60)


class ObjectionOut(Schema):
    id: UUID
    state: str
    answer: str
    case: str

    @staticmethod
    def resolve_case(objection: Objection) -> str:
        return objection.case.number


class DemandIn(Schema):
    agency: str = Field(max_length=40)
    title: str
    wanted: str
    why: str
    basis: str
    due_on: dt.date
    provider: str = Field("", max_length=40)
    resource: str = Field("", max_length=60)


class DemandOut(Schema):
    id: UUID
    agency: str
    provider: str
    title: str
    wanted: str
    state: str
    answer: str
    answer_basis: str
    resource: str
    in_time: bool | None
    grade: int | None
    case: str

    @staticmethod
    def resolve_agency(demand: Demand) -> str:
        return demand.agency_id

    @staticmethod
    def resolve_provider(demand: Demand) -> str:
        return demand.provider_id

    @staticmethod
    def resolve_resource(demand: Demand) -> str:
        return demand.entry.code if demand.entry else ""

    @staticmethod
    def resolve_case(demand: Demand) -> str:
        return demand.case.number


class DemandsOut(Schema):
    items: list[DemandOut]
    next: str = ""


class DemandsIn(Schema):
    state: str = ""
    side: Literal["", "ours", "theirs"] = ""
    provider: str = ""
    q: str = ""
    cursor: str = ""
    size: int = Field(50, ge=1, le=LARGEST)


class AnswerIn(Schema):
    """``outcome`` supply names a ``resource``, refuse a ``basis`` in law. ``task`` is the task of the case at its step "answer"."""

    task: UUID
    outcome: Literal["supply", "refuse"]
    opinion: str = ""
    resource: str = ""
    basis: str = ""


class GradeIn(Schema):
    grade: int
    comment: str = Field("", max_length=300)


@router.get("/catalogue/open", response=EntriesOut, auth=None, summary="Resources that are opened to the public")
def list_open(request: HttpRequest, wanted: Query[EntriesIn]) -> Any:
    found = queries.open_entries(wanted.wanted(), cursor=wanted.cursor, size=wanted.size)
    return {"items": found.items, "next": found.next}


class OpenFieldOut(Schema):
    name: str
    label: str
    type: str
    length: int


class OpenOut(EntryOut):
    """A resource that is opened, with the fields that are."""

    abstract: str
    fields: list[OpenFieldOut]


@router.get("/catalogue/open/{code}", response=OpenOut, auth=None, summary="A resource that is opened to the public")
def get_open(request: HttpRequest, code: str) -> Any:
    entry, found = queries.open_entry(code)
    shown = [field for field in found.fields if field.open != "refused"]
    return {**EntryOut.from_orm(entry).dict(), "abstract": found.abstract, "fields": shown}


@router.get("/catalogue/resources", response=EntriesOut, summary="The catalogue, for officials")
def list_entries(request: HttpRequest, wanted: Query[EntriesIn]) -> Any:
    found = queries.entries(acting(request), wanted.wanted(), cursor=wanted.cursor, size=wanted.size)
    return {"items": found.items, "next": found.next}


@router.post("/catalogue/resources", response={201: VersionOut}, summary="Enter a resource as a draft")
def enter(request: HttpRequest, given: DraftIn) -> Status[EntryVersion]:
    return Status(201, actions.enter(acting(request), given.body, note=given.note))


@router.post("/catalogue/check", response=list[ProblemOut], summary="Every fault of a body, all at once")
def check(request: HttpRequest, given: DraftIn) -> Any:
    return queries.check(given.body)


@router.get("/catalogue/resources/{code}", response=EntryPageOut, summary="An entry with its versions")
def get_entry(request: HttpRequest, code: str) -> Any:
    found = queries.entry(acting(request), code)
    versions = [VersionOut.from_orm(version).dict() for version in found.versions]
    return {**EntryOut.from_orm(found.entry).dict(), "versions": versions, "may": sorted(found.may)}


@router.put("/catalogue/resources/{code}", response=VersionOut, summary="Write the next version of an entry as a draft")
def change(request: HttpRequest, code: str, given: DraftIn) -> EntryVersion:
    return actions.change(acting(request), code, given.body, note=given.note, seen=given.seen)


@router.post("/catalogue/resources/{code}/submit", response=VersionOut, summary="Send a draft to the data bureau")
def submit(request: HttpRequest, code: str, given: NumberIn) -> EntryVersion:
    return actions.submit(acting(request), code, given.number)


@router.post("/catalogue/resources/{code}/review", response=VersionOut, summary="Pass a version, or send it back")
def review(request: HttpRequest, code: str, given: ReviewIn) -> EntryVersion:
    return actions.review(acting(request), code, given.number, passed=given.passed, opinion=given.opinion)


@router.post("/catalogue/resources/{code}/publish", response=VersionOut, summary="Put a reviewed version in force")
def publish(request: HttpRequest, code: str, given: NumberIn) -> EntryVersion:
    return actions.publish(acting(request), code, given.number)


@router.post("/catalogue/resources/{code}/withdraw", response=EntryOut, summary="Take a resource out of the catalogue")
def withdraw(request: HttpRequest, code: str, given: ReasonIn) -> Entry:
    return actions.withdraw(acting(request), code, given.reason)


@router.post("/catalogue/resources/{code}/report", response=EntryOut, summary="Say up to which day a resource holds")
def report(request: HttpRequest, code: str, given: ReportIn) -> Entry:
    return actions.report(acting(request), code, given.as_of, rows=given.rows)


@router.post(
    "/catalogue/resources/{code}/claims", response={201: ClaimOut}, summary="Claim to be the source of an element"
)
def claim(request: HttpRequest, code: str, given: ClaimIn) -> Status[Claim]:
    return Status(201, actions.claim(acting(request), given.element, code, given.why))


@router.post(
    "/catalogue/resources/{code}/objections", response={201: ObjectionOut}, summary="Object to the data of a resource"
)
def object_to(request: HttpRequest, code: str, given: ObjectionIn) -> Status[Objection]:
    made = actions.object_to(acting(request), given.agency, code, given.what, field=given.field)
    return Status(201, made)


@router.get("/catalogue/demands", response=DemandsOut, summary="Demands of and to one's agencies")
def list_demands(request: HttpRequest, wanted: Query[DemandsIn]) -> Any:
    asked = queries.demand_filter(wanted.dict(exclude={"cursor", "size"}))
    found = queries.demands(acting(request), asked, cursor=wanted.cursor, size=wanted.size)
    return {"items": found.items, "next": found.next}


@router.post("/catalogue/demands", response={201: DemandOut}, summary="Ask an agency for data")
def make_demand(request: HttpRequest, given: DemandIn) -> Status[Demand]:
    made = actions.demand(
        acting(request), given.agency, given.title, wanted=given.wanted, why=given.why, basis=given.basis, due_on=given.due_on,
        provider=given.provider, resource=given.resource,
    )  # fmt: skip
    return Status(201, made)


@router.post("/catalogue/demands/answer", response=DemandOut, summary="Answer a demand")
def answer_demand(request: HttpRequest, given: AnswerIn) -> Demand:
    return actions.answer_demand(
        acting(request), given.task, given.outcome, given.opinion, resource=given.resource, basis=given.basis
    )


@router.post("/catalogue/demands/{demand_id}/rate", response=DemandOut, summary="Rate how a demand was answered")
def rate_demand(request: HttpRequest, demand_id: UUID, given: GradeIn) -> Demand:
    return actions.rate_demand(acting(request), demand_id, given.grade, given.comment)
