"""Objections for programs."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from yiwang.foundation.access.queries import acting

from . import actions, queries

router = Router()


class ObjectionStateOut(Schema):
    """An objection of the party acted for: about what, the case that looks into it ("" in the first moments), state and answer."""

    id: UUID
    register_code: str
    element: str
    state: str
    case: str
    answer: str
    at: dt.datetime


class CorrectionIn(Schema):
    """The right value of the element, and the ground of the correction."""

    value: Annotated[str, Field(max_length=500)]
    basis: Annotated[str, Field(max_length=500)]


@router.get("/objections", response=list[ObjectionStateOut], summary="My objections to register data, newest first")
def mine(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {
            "id": row.objection.id, "register_code": row.objection.register_id, "element": row.objection.element,
            "state": row.objection.state, "case": row.case.number if row.case else "", "answer": row.answer,
            "at": row.objection.created_at,
        }
        for row in queries.mine(acting(request))
    ]  # fmt: skip


@router.post(
    "/objections/tasks/{uuid:task_id}/correct", response={204: None}, summary="Correct the register and finish the step"
)
def correct(request: HttpRequest, task_id: UUID, body: CorrectionIn) -> Status[None]:
    actions.correct(acting(request), task_id, body.value, body.basis)
    return Status(204, None)
