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
from .models import Objection
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


class LookUpOut(Schema):
    register_code: str
    as_of: dt.date
    version: int
    data: dict[str, Any]


def _actor(request: HttpRequest) -> Actor:
    return cast("Actor", request.actor)  # type: ignore[attr-defined]


def _record(reading: Reading) -> RecordOut:
    return RecordOut(
        register_code=reading.register, name=reading.source, as_of=reading.as_of,
        elements=[HeldOut(label=line.label, shown=line.shown) for line in reading.lines()],
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
        code, body.key, purpose=body.purpose, actor=_actor(request), fields=body.fields, about=body.about
    )
    if reading is None:
        raise Missing(queries.NOT_FOUND)
    return LookUpOut(register_code=reading.register, as_of=reading.as_of, version=reading.version, data=reading.data)


@router.get("/my/data", response=list[RecordOut], summary="What the registers hold about me, masked")
def my_data(request: HttpRequest) -> list[RecordOut]:
    return [_record(reading) for reading in queries.held_about(_actor(request))]


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
