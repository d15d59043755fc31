"""Handing over what somebody holds who leaves 移交."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Schema

from yiwang.foundation.cases import actions, queries
from yiwang.foundation.cases.models import HandOver, Task

from .cases import actor_of, router


class HolderOut(Schema):
    """Somebody who holds open tasks; ``active`` is false when the account is closed."""

    id: int
    name: str
    active: bool
    tasks: int
    late: int


class ReceiverOut(Schema):
    """A colleague who could take the tasks of a post; ``load`` are the open tasks they hold already."""

    id: int
    name: str
    load: int


class HeldTaskOut(Schema):
    id: UUID
    number: str
    title: str
    step: str
    due_on: dt.date | None


class PostOut(Schema):
    """The tasks of one role in one agency. ``key`` names them in ``receivers``."""

    key: str
    role: str
    agency: str
    tasks: list[HeldTaskOut]
    colleagues: list[ReceiverOut]


class HoldingOut(Schema):
    """What somebody holds, by post. ``beyond`` tasks lie outside the caller's reach."""

    name: str
    posts: list[PostOut]
    beyond: int


class TrialIn(Schema):
    leaver: int
    receivers: dict[str, int] = Field(
        description="the account that gets the tasks of a post, by its key; 0 is the team; '*' stands for all others"
    )


class HandOverIn(TrialIn):
    reason: str


class PassedOut(Schema):
    """What becomes of a task: ``to`` is "" when it goes back to its team; ``why`` says why the colleague cannot take it."""

    task: HeldTaskOut
    to: str
    why: str = ""


class HandedOverOut(Schema):
    """``moved`` tasks went to colleagues, ``released`` ones to their teams, ``beyond`` ones stay: they lie outside the caller's reach."""

    id: UUID
    moved: int
    released: int
    beyond: int


class HandOverOut(Schema):
    """A hand-over that was done, with what became of each task."""

    id: UUID
    at: dt.datetime
    leaver: str
    done_by: str
    reason: str
    tasks: list[PassedOut]


def _task(task: Task) -> dict[str, Any]:
    return {
        "id": task.id, "number": task.case.number, "title": task.case.title, "step": task.name, "due_on": task.due_on,
    }  # fmt: skip


@router.get("/hand-overs/holders", response=list[HolderOut], summary="Who holds open tasks")
def holders(request: HttpRequest, q: str = "") -> Any:
    return queries.holders(actor_of(request), q)


@router.get(
    "/hand-overs/holders/{account_id}", response=HoldingOut, summary="What somebody holds, and who could take it"
)
def holding(request: HttpRequest, account_id: int) -> dict[str, Any]:
    found = queries.holding(actor_of(request), account_id)
    posts = [
        {
            "key": post.key, "role": post.role, "agency": post.agency, "colleagues": post.colleagues,
            "tasks": [_task(task) for task in post.tasks],
        }
        for post in found.posts
    ]  # fmt: skip
    return {"name": found.account.name, "posts": posts, "beyond": found.beyond}


@router.post("/hand-overs/trial", response=list[PassedOut], summary="What a hand-over would come to; changes nothing")
def trial(request: HttpRequest, body: TrialIn) -> list[dict[str, Any]]:
    passed = queries.try_hand_over(actor_of(request), body.leaver, body.receivers)
    return [{"task": _task(one.task), "to": one.to.name if one.to else "", "why": one.why} for one in passed]


@router.post(
    "/hand-overs", response=HandedOverOut, summary="Give the open tasks of somebody who leaves to colleagues 离岗移交"
)
def hand_over(request: HttpRequest, body: HandOverIn) -> Any:
    return actions.hand_over(actor_of(request), body.leaver, body.receivers, body.reason)


@router.get("/hand-overs/{hand_over_id}", response=HandOverOut, summary="A hand-over with what became of each task")
def handed_over(request: HttpRequest, hand_over_id: UUID) -> dict[str, Any]:
    found, tasks = queries.handed_over(actor_of(request), hand_over_id)
    rows = [{"task": _task(row.task), "to": row.to} for row in tasks]
    return {**_head(found), "tasks": rows}


def _head(found: HandOver) -> dict[str, Any]:
    return {
        "id": found.id, "at": found.created_at, "leaver": found.leaver.name, "reason": found.reason,
        "done_by": found.done_by.name if found.done_by else "",
    }  # fmt: skip
