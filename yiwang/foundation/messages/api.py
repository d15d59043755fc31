"""Messages for programs."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from yiwang.foundation.access.queries import acting

from . import actions, queries
from .models import Message

router = Router()


class MessageOut(Schema):
    """A message to the party acted for. ``link`` is a path on this node; ``asks``: there is something to do."""

    id: UUID
    template: str
    title: str
    text: str
    link: str
    asks: bool
    created_at: dt.datetime
    read_at: dt.datetime | None


class InboxOut(Schema):
    items: list[MessageOut]
    next: str


class Count(Schema):
    count: int


@router.get("/messages", response=InboxOut, summary="The inbox of the party acted for, newest first")
def inbox(request: HttpRequest, cursor: str = "") -> object:
    return queries.inbox(acting(request), cursor)


@router.get("/messages/unread", response=Count, summary="How many messages are not read")
def unread(request: HttpRequest) -> Count:
    return Count(count=queries.unread(acting(request)))


@router.post("/messages/read", response=Count, summary="Mark every message as read")
def read_all(request: HttpRequest) -> Count:
    return Count(count=actions.read_all(acting(request)))


@router.post("/messages/{uuid:message_id}/read", response=MessageOut, summary="Mark a message as read")
def read(request: HttpRequest, message_id: UUID) -> Message:
    return actions.read(acting(request), message_id)
