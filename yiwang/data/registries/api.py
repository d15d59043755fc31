"""Registers for programs: the catalogue, one's own data and who used them, objections, look-ups for a purpose."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, cast
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Header, Query, Router, Schema
from ninja.responses import Status

from yiwang.foundation.access.queries import Actor
from yiwang.kernel.refusals import Missing

from . import actions, queries
from .models import Conflict, Link, Linking, Objection
from .reading import Reading

router = Router()

Cursor = Annotated[str, Query(max_length=400, description="`next` of the page before; empty for the first page")]
OnceKey = Annotated[str, Header(alias="Idempotency-Key", max_length=100)]


class ElementOut(Schema):
    name: str
    label: str
    type: str
    level: int = Field(description="GB/T 43697 level, 1 to 4")


class RegisterOut(Schema):
    """A register and what it holds. That it exists is public; what it says of somebody is not."""

    code: str
    name: str
    owner: str = Field(description="code of the agency that answers for the data")
    subject: str = Field(description="person, organisation or other")
    elements: list[ElementOut]


class HeldOut(Schema):
    label: str
    shown: str = Field(description="in words, personal data masked")
    source: str = Field("", description="where the value comes from, where sources are declared")


class RecordOut(Schema):
    register_code: str
    name: str
    as_of: dt.date = Field(description="the day for which the source says so")
    elements: list[HeldOut]


class DataUseOut(Schema):
    """One reading of my data."""

    at: dt.datetime
    register_name: str
    reader: str = Field(description="the agency, or that it was yourself")
    purpose: str
    elements: list[str]
    found: bool
    grant: str = Field("", description="number of the grant on which the reading rests")
    basis: str = Field("", description="the law that it names")


class DataUsesOut(Schema):
    items: list[DataUseOut]
    next: str


class ObjectionIn(Schema):
    register_code: str = Field(max_length=40)
    element: str = Field(max_length=40)
    claimed: str = Field(max_length=500, description="what is right")
    why: str = Field("", max_length=500)


class ObjectionOut(Schema):
    id: UUID
    at: dt.datetime
    register_code: str
    element: str
    state: str


class LookUpIn(Schema):
    key: str = Field(max_length=60, description="identity number, social credit code or the register's own key")
    purpose: str = Field(max_length=120, description="kept, and shown to the subject")
    fields: list[str] = Field([], max_length=200, description="read no more than these; empty: everything")
    about: str = Field("", max_length=80, description="what it is needed for, as case:…")
    day: dt.date | None = Field(None, description="as it held on this day; today")
    known_at: dt.datetime | None = Field(None, description="as it was known then; now")


class LookUpOut(Schema):
    register_code: str
    as_of: dt.date
    version: int
    data: dict[str, Any]
    sources: dict[str, str] = Field(
        {}, description="element -> the source that its value comes from, where sources are declared"
    )


class ConflictOut(Schema):
    """An element on which sources differ. The values are shown by `/registers/conflicts/{id}`, which is a look-up."""

    id: UUID
    at: dt.datetime
    element: str
    state: str = Field(description="decided, open, asked, settled, gone")
    rule: str = Field(description="the rule that decided, or undecided")
    sources: list[str] = Field(description="codes, the winner first")


class ConflictsOut(Schema):
    items: list[ConflictOut]
    next: str


class SaysOut(Schema):
    source: str
    value: str
    as_of: dt.date
    wins: bool


class ConflictDetailOut(ConflictOut):
    says: list[SaysOut]


class SettleIn(Schema):
    source: str = Field(max_length=40, description="whose value is right")
    reason: str = Field(max_length=200)


class AskIn(Schema):
    source: str = Field(max_length=40)
    text: str = Field("", max_length=300)


class AskOut(Schema):
    case: str = Field(description="number of the case at the source's agency")


class PairOut(Schema):
    """A row without the register's key and a record that may be the same."""

    id: UUID
    source: str
    probability: float
    state: str
    levels: dict[str, int] = Field(description="element -> how alike, 0 unlike, -1 nothing to compare")


class PairsOut(Schema):
    items: list[PairOut]
    next: str


class SideOut(Schema):
    element: str
    row: str
    record: str
    mark: str = Field(description="same, near, differs, missing")


class PairDetailOut(PairOut):
    sides: list[SideOut]


class VerdictIn(Schema):
    verdict: str = Field(max_length=12, description="same, different, undecided")
    note: str = Field("", max_length=200)


class UndoIn(Schema):
    reason: str = Field("", max_length=200)


class LinkingOut(Schema):
    """A run of the register's model."""

    id: UUID
    state: str = Field(description="waiting, running, done, failed")
    step: str
    done: int
    steps: int
    rows: int
    records: int
    sure: int
    unsure: int


class CorrectionIn(Schema):
    key: str = Field(max_length=60)
    changes: dict[str, Any] = Field(max_length=50, description="element -> the right value")
    reason: str = Field(max_length=200)
    from_day: dt.date | None = Field(None, description="from which day it holds; today")
    to_day: dt.date | None = Field(
        None, description="the first day on which it no longer does; none: until further notice"
    )


class CorrectionOut(Schema):
    changed: int


def _actor(request: HttpRequest) -> Actor:
    return cast("Actor", request.actor)  # type: ignore[attr-defined]


def _record(reading: Reading, sources: dict[str, str]) -> RecordOut:
    return RecordOut(
        register_code=reading.register, name=reading.source, as_of=reading.as_of,
        elements=[HeldOut(label=line.label, shown=line.shown, source=sources.get(line.name, "")) for line in reading.lines()],
    )  # fmt: skip


def _objection(objection: Objection) -> ObjectionOut:
    return ObjectionOut(
        id=objection.id, at=objection.created_at, register_code=objection.register_id, element=objection.element,
        state=objection.state,
    )  # fmt: skip


@router.get("/registers", response=list[RegisterOut], summary="Which registers there are")
def list_registers(request: HttpRequest) -> list[RegisterOut]:
    return [
        RegisterOut(
            code=item.code, name=item.name, owner=item.owner, subject=item.subject,
            elements=[
                ElementOut(name=e.name, label=e.label, type=e.type, level=e.level) for e in item.elements.values()
            ],
        )
        for item in queries.registers()
    ]  # fmt: skip


@router.post("/registers/{code}/look-ups", response=LookUpOut, summary="Read one record for a stated purpose")
def look_up(request: HttpRequest, code: str, body: LookUpIn) -> LookUpOut:
    reading = queries.look_up(
        code, body.key, purpose=body.purpose, actor=_actor(request), fields=body.fields, about=body.about, day=body.day,
        known_at=body.known_at,
    )  # fmt: skip
    if reading is None:
        raise Missing(queries.NOT_FOUND)
    [sources] = queries.provenance([reading], day=body.day, known_at=body.known_at).values()
    return LookUpOut(
        register_code=reading.register, as_of=reading.as_of, version=reading.version, data=reading.data, sources=sources
    )


def _conflict(row: Conflict) -> dict[str, Any]:
    return {
        "id": row.id, "at": row.created_at, "element": row.element, "state": row.state, "rule": row.rule, "sources": row.sources,
    }  # fmt: skip


@router.get("/registers/{code}/conflicts", response=ConflictsOut, summary="Where the sources of a register differ")
def list_conflicts(
    request: HttpRequest, code: str, state: str = "", element: str = "", cursor: Cursor = ""
) -> ConflictsOut:
    page = queries.conflicts(_actor(request), code, state=state[:20], element=element[:40], cursor=cursor)
    return ConflictsOut(items=[ConflictOut(**_conflict(row)) for row in page.items], next=page.next)


@router.get(
    "/registers/conflicts/{conflict_id}", response=ConflictDetailOut, summary="What each source says; kept as a look-up"
)
def one_conflict(request: HttpRequest, conflict_id: UUID) -> ConflictDetailOut:
    shown = queries.conflict(_actor(request), conflict_id)
    says = [SaysOut(source=one.code, value=one.value, as_of=one.as_of, wins=one.wins) for one in shown.says]
    return ConflictDetailOut(**_conflict(shown.conflict), says=says)


@router.post("/registers/conflicts/{conflict_id}/settle", response=ConflictOut, summary="Say which source is right")
def settle_conflict(request: HttpRequest, conflict_id: UUID, body: SettleIn) -> ConflictOut:
    return ConflictOut(**_conflict(actions.settle(_actor(request), conflict_id, body.source, reason=body.reason)))


@router.post(
    "/registers/conflicts/{conflict_id}/ask", response={201: AskOut}, summary="Ask a source whether it is right"
)
def ask_source(request: HttpRequest, conflict_id: UUID, body: AskIn) -> Status[AskOut]:
    question = actions.ask(_actor(request), conflict_id, body.source, body.text)
    return Status(201, AskOut(case=question.case.number))


def _pair(link: Link) -> dict[str, Any]:
    return {
        "id": link.id, "source": link.source, "probability": link.probability / 10_000, "state": link.state, "levels": link.levels,
    }  # fmt: skip


@router.get(
    "/registers/{code}/pairs", response=PairsOut, summary="Rows without the key and the records that they may be"
)
def list_pairs(request: HttpRequest, code: str, state: str = "", cursor: Cursor = "") -> PairsOut:
    page = queries.pairs(_actor(request), code, state=state[:20], cursor=cursor)
    return PairsOut(items=[PairOut(**_pair(link)) for link in page.items], next=page.next)


@router.get("/registers/pairs/{link_id}", response=PairDetailOut, summary="Two records side by side; kept as a look-up")
def one_pair(request: HttpRequest, link_id: UUID) -> PairDetailOut:
    shown = queries.pair(_actor(request), link_id)
    sides = [SideOut(element=side.name, row=side.left, record=side.right, mark=side.mark) for side in shown.sides]
    return PairDetailOut(**_pair(shown.link), sides=sides)


@router.post("/registers/pairs/{link_id}/decide", response=PairOut, summary="Say whether a pair is the same")
def decide_pair(request: HttpRequest, link_id: UUID, body: VerdictIn) -> PairOut:
    return PairOut(**_pair(actions.decide_link(_actor(request), link_id, body.verdict, body.note)))


@router.post("/registers/pairs/{link_id}/undo", response=PairOut, summary="Take a decision back; the pair waits again")
def undo_pair(request: HttpRequest, link_id: UUID, body: UndoIn) -> PairOut:
    return PairOut(**_pair(actions.undo_link(_actor(request), link_id, body.reason)))


def _linking(run: Linking) -> LinkingOut:
    return LinkingOut(
        id=run.id, state=run.state, step=run.step, done=run.done, steps=run.steps, rows=run.rows, records=run.records,
        sure=run.sure, unsure=run.unsure,
    )  # fmt: skip


@router.post(
    "/registers/{code}/linkings", response={201: LinkingOut}, summary="Run the model over the rows without the key"
)
def start_linking(request: HttpRequest, code: str) -> Status[LinkingOut]:
    return Status(201, _linking(actions.link(_actor(request), code)))


@router.get("/registers/{code}/linkings/last", response=LinkingOut, summary="How far the last run is")
def last_linking(request: HttpRequest, code: str) -> LinkingOut:
    run = queries.linking(_actor(request), code)
    if run is None:
        raise Missing(queries.NEVER_LINKED)
    return _linking(run)


@router.post(
    "/registers/{code}/corrections", response=CorrectionOut, summary="Correct a record, from a day on or for some days"
)
def correct_record(request: HttpRequest, code: str, body: CorrectionIn) -> CorrectionOut:
    changed = actions.correct(
        _actor(request), code, body.key, body.changes, reason=body.reason, from_day=body.from_day, to_day=body.to_day
    )
    return CorrectionOut(changed=changed)


@router.get("/my/data", response=list[RecordOut], summary="What the registers hold about me, masked")
def my_data(request: HttpRequest) -> list[RecordOut]:
    readings = queries.held_about(_actor(request))
    sources = queries.provenance(readings)
    return [_record(reading, sources[(reading.register, reading.key_hash)]) for reading in readings]


@router.get("/my/data/uses", response=DataUsesOut, summary="Who used my data, newest first")
def my_data_uses(request: HttpRequest, cursor: Cursor = "") -> DataUsesOut:
    page = queries.who_used(_actor(request), cursor)
    return DataUsesOut(
        items=[
            DataUseOut(
                at=use.at, register_name=use.register, reader=use.reader, purpose=use.purpose, elements=list(use.elements),
                found=use.found, grant=use.grant, basis=use.basis,
            )
            for use in page.items
        ],
        next=page.next,
    )  # fmt: skip


@router.get("/my/data/objections", response=list[ObjectionOut], summary="My objections, newest first")
def my_objections(request: HttpRequest) -> list[ObjectionOut]:
    return [_objection(objection) for objection in queries.my_objections(_actor(request))]


@router.post("/my/data/objections", response={201: ObjectionOut}, summary="Say that something held about me is wrong")
def object_to(request: HttpRequest, body: ObjectionIn, key: OnceKey = "") -> Status[ObjectionOut]:
    objection = actions.object_to(_actor(request), body.register_code, body.element, body.claimed, body.why, key=key)
    return Status(201, _objection(objection))
