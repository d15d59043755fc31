"""Webhooks for programs: registering an address, trying it, following its deliveries."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Header, Query, Router, Schema, Status

from yiwang.foundation.access.queries import acting

from . import actions, queries
from .models import Webhook, WebhookDelivery

router = Router()


class WebhookIn(Schema):
    """An address to be told of events. ``types`` are "*", "case.*" or whole types."""

    name: str
    url: str
    types: list[str]


class WebhookOut(Schema):
    """A webhook. ``off_why`` is failures, gone or person while it is off; ``secret`` is given once, when it is registered."""

    id: UUID
    name: str
    url: str
    types: list[str]
    failures: int = Field(description="failed tries in a row")
    off_at: dt.datetime | None
    off_why: str
    secret: str = ""


class DeliveryOut(Schema):
    """One event on its way: delivered, held, dead, retrying or waiting."""

    id: UUID
    event: UUID
    type: str
    subject: str
    state: str
    attempts: int
    status: int | None
    error: str
    tried_at: dt.datetime | None
    delivered_at: dt.datetime | None


class DeliveriesOut(Schema):
    items: list[DeliveryOut]
    next: str


class SwitchIn(Schema):
    on: bool


def _out(hook: Webhook, secret: str = "") -> WebhookOut:
    return WebhookOut(
        id=hook.id, name=hook.name, url=str(hook.url.plain()), types=hook.types, failures=hook.failures,
        off_at=hook.off_at, off_why=hook.off_why, secret=secret,
    )  # fmt: skip


def _delivery(row: WebhookDelivery) -> DeliveryOut:
    return DeliveryOut(
        id=row.id, event=row.event_id, type=row.event.type, subject=row.event.subject, state=queries.state_of(row),
        attempts=row.attempts, status=row.status, error=row.error, tried_at=row.tried_at, delivered_at=row.delivered_at,
    )  # fmt: skip


@router.get("/webhooks", response=list[WebhookOut], summary="The webhooks of the node")
def webhooks(request: HttpRequest) -> list[WebhookOut]:
    return [_out(hook) for hook in queries.webhooks(acting(request))]


@router.post("/webhooks", response={201: WebhookOut}, summary="Register a webhook; its secret is given once")
def add(
    request: HttpRequest,
    body: WebhookIn,
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key", max_length=100)] = "",
) -> Status[Any]:
    hook, secret = actions.add_webhook(
        acting(request), body.name, body.url, body.types, idempotency_key=idempotency_key
    )
    return Status(201, _out(hook, secret))


@router.post("/webhooks/{webhook_id}/try", response={202: DeliveryOut}, summary="Send an event that says nothing")
def try_out(request: HttpRequest, webhook_id: UUID) -> Status[Any]:
    return Status(202, _delivery(actions.try_webhook(acting(request), webhook_id)))


@router.post("/webhooks/{webhook_id}/switch", response=WebhookOut, summary="Turn a webhook off, or on again")
def switch(request: HttpRequest, webhook_id: UUID, body: SwitchIn) -> WebhookOut:
    actor = acting(request)
    actions.switch_webhook(actor, webhook_id, body.on)
    return _out(queries.webhook(actor, webhook_id))


@router.post("/webhooks/{webhook_id}/secret", response=WebhookOut, summary="Another secret; both sign for a day")
def renew(request: HttpRequest, webhook_id: UUID) -> WebhookOut:
    actor = acting(request)
    secret = actions.renew_secret(actor, webhook_id)
    return _out(queries.webhook(actor, webhook_id), secret)


@router.delete("/webhooks/{webhook_id}", response={204: None}, summary="Remove a webhook")
def remove(request: HttpRequest, webhook_id: UUID) -> Status[Any]:
    actions.remove_webhook(acting(request), webhook_id)
    return Status(204, None)


@router.get("/webhooks/{webhook_id}/deliveries", response=DeliveriesOut, summary="What was sent, newest first")
def deliveries(
    request: HttpRequest,
    webhook_id: UUID,
    cursor: Annotated[str, Query(max_length=400, description="`next` of the page before")] = "",
) -> DeliveriesOut:
    found = queries.deliveries(acting(request), webhook_id, cursor=cursor)
    return DeliveriesOut(items=[_delivery(row) for row in found.items], next=found.next)


@router.post("/webhooks/deliveries/{delivery_id}/resend", response={202: None}, summary="Send an event again")
def resend(request: HttpRequest, delivery_id: UUID) -> Status[Any]:
    actions.resend(acting(request), delivery_id)
    return Status(202, None)
