"""Mandates for programs."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Header, Router, Schema, Status

from yiwang.foundation.access.queries import acting

from . import actions, queries
from .models import Mandate

router = Router()


class MandateOut(Schema):
    """A mandate. ``until`` is the first day on which it no longer holds; no ``matters`` is everything. ``state``: offered, held, declined, ended."""

    id: UUID
    giver: str
    agent: str
    matters: list[str]
    until: dt.date
    offer_ends: dt.date
    state: str
    side: str


class DeedOut(Schema):
    """Something that was done in a case of the giver's."""

    at: dt.datetime
    case: str
    title: str
    text: str


class MandateDetailOut(MandateOut):
    deeds: list[DeedOut]


class MandatesOut(Schema):
    given: list[MandateOut]
    received: list[MandateOut]


class MandateIn(Schema):
    """Who may act for the party acted for (name and number of their identity card), in which items or in ``everything``, and until when."""

    name: str
    code: str
    matters: list[str] = []
    everything: bool = False
    until: dt.date


def _out(row: Mandate, side: str) -> dict[str, Any]:
    return {
        "id": row.id, "giver": row.party.name, "agent": row.agent_name.plain(), "matters": row.matters, "until": row.until,
        "offer_ends": row.offer_ends, "state": row.state_on(timezone.localdate()), "side": side,
    }  # fmt: skip


@router.get("/mandates", response=MandatesOut, summary="The mandates that I gave and that I was given")
def mine(request: HttpRequest) -> dict[str, Any]:
    found = queries.mine(acting(request))
    return {
        "given": [_out(view.mandate, view.side) for view in found.given],
        "received": [_out(view.mandate, view.side) for view in found.received],
    }


@router.post("/mandates", response={201: MandateOut}, summary="Offer somebody a mandate")
def give(
    request: HttpRequest, body: MandateIn, idempotency_key: Annotated[str, Header(max_length=100)] = ""
) -> Status[Any]:
    made = actions.give(
        acting(request), body.name, body.code, until=body.until, matters=body.matters, everything=body.everything,
        key=idempotency_key,
    )  # fmt: skip
    return Status(201, _out(made, "giver"))


@router.get("/mandates/{uuid:mandate_id}", response=MandateDetailOut, summary="One mandate and what was done under it")
def one(request: HttpRequest, mandate_id: UUID) -> dict[str, Any]:
    view = queries.mandate(acting(request), mandate_id)
    deeds = [{"at": deed.at, "case": deed.case, "title": deed.title, "text": deed.text} for deed in view.deeds]
    return {**_out(view.mandate, view.side), "deeds": deeds}


@router.post("/mandates/{uuid:mandate_id}/accept", response=MandateOut, summary="Accept a mandate")
def accept(request: HttpRequest, mandate_id: UUID) -> dict[str, Any]:
    return _out(actions.accept(acting(request), mandate_id), "agent")


@router.post("/mandates/{uuid:mandate_id}/decline", response=MandateOut, summary="Say no to a mandate")
def decline(request: HttpRequest, mandate_id: UUID) -> dict[str, Any]:
    return _out(actions.decline(acting(request), mandate_id), "agent")


@router.post("/mandates/{uuid:mandate_id}/end", response=MandateOut, summary="End a mandate, from either side")
def end(request: HttpRequest, mandate_id: UUID) -> dict[str, Any]:
    actor = acting(request)
    ended = actions.end(actor, mandate_id)
    return _out(ended, queries.side_of(actor, ended))
