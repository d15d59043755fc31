"""The catalogue for programs: lists, guides, the standard's elements, and the acts of staff."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, File, Query, Router, Schema, Status
from ninja.files import UploadedFile

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.search.queries import search
from yiwang.kernel.pages import LARGEST

from . import actions, imported, queries
from .actions.importing import LARGEST_LIST
from .body import schema
from .guides import Guide
from .listing import KIND
from .models import Item, ItemVersion
from .published import MaterialNeed

router = Router()


class ItemOut(Schema):
    """An item in a list."""

    code: str
    name: str
    agency_code: str
    agency: str
    type: str
    online: bool
    detailed: bool
    service: str

    @staticmethod
    def of(item: Item) -> ItemOut:
        return ItemOut(
            code=item.code, name=item.name, agency_code=item.agency_id, agency=item.agency.name, type=item.type,
            online=item.online, detailed=item.detailed, service=item.service,
        )  # fmt: skip


class ItemsOut(Schema):
    items: list[ItemOut]
    next: str = Field("", description="The cursor of the next page; empty at the end.")


class BrowseIn(Schema):
    theme: str = ""
    life: str = ""
    agency: str = ""
    audience: Literal["", "person", "organisation"] = ""
    letter: str = Field("", max_length=1)
    online: bool = False
    cursor: str = ""
    size: int = Field(50, ge=1, le=LARGEST)


@router.get("/items", response=ItemsOut, auth=None, summary="Go through the published items")
def list_items(request: HttpRequest, wanted: Query[BrowseIn]) -> ItemsOut:
    browse = queries.Browse(wanted.theme, wanted.life, wanted.agency, wanted.audience, wanted.letter, wanted.online)
    page = queries.browse(browse, cursor=wanted.cursor, size=wanted.size)
    return ItemsOut(items=[ItemOut.of(item) for item in page.items], next=page.next)


class HeadingOut(Schema):
    code: str
    name: str
    count: int


class CatalogueOut(Schema):
    total: int
    themes: list[HeadingOut]
    life_events: list[HeadingOut]
    agencies: list[HeadingOut]
    letters: list[HeadingOut]


@router.get("/items/headings", response=CatalogueOut, auth=None, summary="The headings of the catalogue, with counts")
def headings(request: HttpRequest) -> Any:
    return queries.catalogue()


class FoundOut(Schema):
    """An item that was found. ``snippet`` is HTML: escaped text with ``<mark>`` around the words found."""

    code: str
    name: str
    agency: str
    online: bool
    detailed: bool
    service: str
    snippet: str


class FoundItemsOut(Schema):
    items: list[FoundOut]
    total: int
    understood_as: str = Field(
        description="The words that synonyms gave for the query; empty when it was taken as typed."
    )
    alike: bool = Field(description="Nothing holds all the words; these only resemble the query.")


class FindIn(Schema):
    q: str = Field("", description="A query in anybody's words.")
    audience: Literal["", "person", "organisation"] = ""
    agency: str = Field("", max_length=40)
    theme: str = Field("", max_length=60)
    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0, le=10_000)


@router.get("/items/search", response=FoundItemsOut, auth=None, summary="Find items by anybody's words")
def find_items(request: HttpRequest, wanted: Query[FindIn]) -> FoundItemsOut:
    facets = [f"{name}:{value}" for name, value in (("agency", wanted.agency), ("theme", wanted.theme)) if value]
    found = search(
        wanted.q, kinds=(KIND,), audience=wanted.audience, facets=facets, limit=wanted.limit, offset=wanted.offset
    )
    hits = [
        FoundOut(
            code=hit.key, name=hit.title, snippet=hit.snippet,
            **{name: hit.data[name] for name in ("agency", "online", "detailed", "service")},
        )
        for hit in found.hits
    ]  # fmt: skip
    return FoundItemsOut(items=hits, total=found.total, understood_as=found.understood_as, alike=found.alike)


@router.get("/items/schema", response=dict[str, Any], auth=None, summary="The JSON Schema of an item's body")
def item_schema(request: HttpRequest) -> dict[str, Any]:
    return schema()


class NeedOut(Schema):
    """A material. ``replaced_by`` says how it need not be handed in: licence, register, commitment or system."""

    code: str
    name: str
    required: bool
    formats: list[str]
    originals: int
    copies: int
    note: str
    replaced_by: str = ""
    replaced_how: str = ""
    condition: str = Field("", description="Who needs it, in words; empty when everybody with these answers does.")

    @staticmethod
    def of(need: MaterialNeed, condition: str = "") -> NeedOut:
        replaced = need.replaced_by
        return NeedOut(
            code=need.code, name=need.name, required=need.required, formats=list(need.formats), originals=need.originals,
            copies=need.copies, note=need.note, replaced_by=replaced.kind if replaced else "",
            replaced_how=replaced.label if replaced else "", condition=condition,
        )  # fmt: skip


class OptionOut(Schema):
    code: str
    label: str
    hint: str


class QuestionOut(Schema):
    code: str
    question: str
    help: str
    options: list[OptionOut]
    answer: str


class LimitOut(Schema):
    count: int
    unit: Literal["working", "calendar"]


class WorkedOut(Schema):
    """The dates for an application made on ``start``."""

    start: dt.date
    accept_by: dt.date
    due: dt.date
    provisional: bool


class WindowOut(Schema):
    name: str
    place: str
    hours: str
    phone: str


class FeeOut(Schema):
    name: str
    cents: int
    unit: str


class GuideOut(Schema):
    """A guide, for somebody who answered its questions as the address says: ``?premises=rented``."""

    code: str
    version: int
    name: str
    summary: str
    agency_code: str
    agency: str
    type: str
    audience: list[str]
    conditions: list[str]
    open: bool
    service: str
    service_reason: str
    detailed: bool = Field(description="False: nothing is known but that the item exists and who does it.")
    online: bool
    apply_url: str
    questions: list[QuestionOut]
    answered: bool
    materials: list[NeedOut]
    further_materials: list[NeedOut] = Field(description="Needed in some situations only, while questions are open.")
    instant: bool
    statutory: LimitOut | None
    promised: LimitOut | None
    worked: WorkedOut | None
    charged: bool | None
    fees: list[FeeOut]
    windows: list[WindowOut]
    phone: str
    steps: list[str]
    result: str
    themes: list[str]
    life_events: list[str]


def _guide(found: Guide) -> GuideOut:
    item = found.item
    return GuideOut(
        code=item.code,
        version=item.version,
        name=item.name,
        summary=item.summary,
        agency_code=item.agency_code,
        agency=item.agency_name,
        type=item.type,
        audience=list(item.audience),
        conditions=list(item.conditions),
        open=found.open,
        service=item.service.status,
        service_reason=item.service.reason,
        detailed=item.detailed,
        online=item.online,
        apply_url=found.apply_url,
        questions=[
            QuestionOut(
                code=asked.situation.code,
                question=asked.situation.question,
                help=asked.situation.help,
                options=[OptionOut(code=o.code, label=o.label, hint=o.hint) for o in asked.situation.options],
                answer=asked.answer,
            )
            for asked in found.questions
        ],
        answered=found.answered,
        materials=[NeedOut.of(need) for need in (*found.needs, *found.fetched, *found.promised)],
        further_materials=[NeedOut.of(each.need, each.words) for each in found.conditional],
        instant=item.instant,
        statutory=_limit(item.limits.statutory),
        promised=_limit(item.limits.promised),
        worked=WorkedOut(
            start=found.worked.start,
            accept_by=found.worked.accept_by,
            due=found.worked.due,
            provisional=found.worked.provisional,
        )
        if found.worked
        else None,
        charged=item.charged,
        fees=[FeeOut(name=fee.name, cents=fee.cents, unit=fee.unit) for fee in item.fees],
        windows=[WindowOut(name=w.name, place=w.place, hours=w.hours, phone=w.phone) for w in item.windows],
        phone=item.phone or item.agency_phone,
        steps=list(item.steps),
        result=item.result_name,
        themes=list(item.themes),
        life_events=list(item.life_events),
    )


def _limit(limit: queries.Limit | None) -> LimitOut | None:
    return LimitOut.model_validate({"count": limit.count, "unit": limit.unit}) if limit else None


@router.get("/items/{code}", response=GuideOut, auth=None, summary="The guide of an item")
def read_guide(request: HttpRequest, code: str) -> GuideOut:
    return _guide(queries.guide(code, {name: str(value) for name, value in request.GET.items()}))


@router.get(
    "/items/{code}/standard",
    response=dict[str, Any],
    auth=None,
    summary="An item as the elements of GB/T 39046 (事项管理)",
)
def read_standard(request: HttpRequest, code: str) -> dict[str, Any]:
    return queries.standard_elements(queries.published(code))


class VersionOut(Schema):
    code: str
    number: int
    state: str
    hash: str

    @staticmethod
    def of(version: ItemVersion) -> VersionOut:
        return VersionOut(code=version.item.code, number=version.number, state=version.state, hash=version.body_hash)


class DraftIn(Schema):
    body: dict[str, Any] = Field(description="See /items/schema.")
    note: str = Field("", max_length=300)
    seen: int | None = Field(
        None, description="The newest version that the writer looked at; a conflict if there is a newer one."
    )


class NumberIn(Schema):
    number: int = Field(ge=1, description="The version that the caller looked at.")


class ReviewIn(NumberIn):
    passed: bool
    opinion: str = Field("", max_length=500)


class ReasonIn(Schema):
    reason: str = Field(max_length=300)


class ServiceIn(Schema):
    status: Literal["open", "paused", "seasonal", "closed"]
    reason: str = Field("", max_length=300)
    since: dt.date | None = None
    until: dt.date | None = None


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by access
    return actor


@router.post("/items", response=VersionOut, summary="Write a body as the next version of its item")
def draft(request: HttpRequest, wanted: DraftIn) -> VersionOut:
    return VersionOut.of(actions.draft(_actor(request), wanted.body, note=wanted.note, seen=wanted.seen))


@router.post("/items/{code}/submit", response=VersionOut, summary="Send a draft to the review of legality")
def submit(request: HttpRequest, code: str, wanted: NumberIn) -> VersionOut:
    return VersionOut.of(actions.submit(_actor(request), code, wanted.number))


class ItemImportOut(Schema):
    """A list that is being read, or was. ``counts`` has rows, doubtful, new, changed, draft, same, repeated and refused."""

    id: UUID
    file_name: str
    file_hash: str = Field(description="SHA-256, hex.")
    lines: int
    counts: dict[str, int]
    running: bool
    failed: str
    finished_at: dt.datetime | None


@router.post("/item-imports", response={201: ItemImportOut}, summary="Take a list of items over (CSV); a job reads it")
def upload_list(request: HttpRequest, file: File[UploadedFile]) -> Any:
    return Status(201, actions.upload_list(_actor(request), file.name or "", file.read(LARGEST_LIST + 1)))


@router.get("/item-imports/{uuid:import_id}", response=ItemImportOut, summary="How far a list has been read")
def import_of(request: HttpRequest, import_id: UUID) -> Any:
    return imported.import_of(_actor(request), import_id)


@router.get("/item-imports/{uuid:import_id}/report.csv", response=bytes, summary="The rows of a list that raise doubts")
def import_report(request: HttpRequest, import_id: UUID) -> HttpResponse:
    found = imported.import_of(_actor(request), import_id)
    return HttpResponse(imported.report(found), content_type="text/csv; charset=utf-8")


@router.post("/items/{code}/review", response=VersionOut, summary="Pass a version or send it back")
def review(request: HttpRequest, code: str, wanted: ReviewIn) -> VersionOut:
    return VersionOut.of(
        actions.review(_actor(request), code, wanted.number, passed=wanted.passed, opinion=wanted.opinion)
    )


@router.post("/items/{code}/publish", response=VersionOut, summary="Make a reviewed version the one that holds")
def publish(request: HttpRequest, code: str, wanted: NumberIn) -> VersionOut:
    return VersionOut.of(actions.publish(_actor(request), code, wanted.number))


@router.post("/items/{code}/drop", response={204: None}, summary="Give up the version being prepared")
def drop(request: HttpRequest, code: str, wanted: NumberIn) -> Status[None]:
    actions.drop(_actor(request), code, wanted.number)
    return Status(204, None)


@router.post("/items/{code}/withdraw", response={204: None}, summary="Take an item out of the catalogue")
def withdraw(request: HttpRequest, code: str, wanted: ReasonIn) -> Status[None]:
    actions.withdraw(_actor(request), code, wanted.reason)
    return Status(204, None)


@router.post("/items/{code}/service", response=VersionOut, summary="Open, pause or close an item now")
def set_service(request: HttpRequest, code: str, wanted: ServiceIn) -> VersionOut:
    return VersionOut.of(
        actions.set_service(
            _actor(request), code, wanted.status, reason=wanted.reason, since=wanted.since, until=wanted.until
        )
    )


class ChangeOut(Schema):
    path: str
    field: str
    kind: str
    before: str
    after: str


@router.get(
    "/items/{code}/changes", response=list[ChangeOut], summary="What differs between two versions, field by field"
)
def changes(request: HttpRequest, code: str, older: int, newer: int) -> Any:
    return queries.changes(_actor(request), code, older, newer)
