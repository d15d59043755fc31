"""Notices of changed data: what subscribers are told, and how. Private to this room.

A notice names the grant and how many changes there are to read, never data: the client then reads them over the gateway, with its
purpose, its masks and a trace (actions.read_changes). Notices go out as events, so webhooks sign, retry and log them; and to NATS.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import nats
import structlog
from django.db import transaction
from django.utils import timezone
from nats.js.errors import NotFoundError

from yiwang.config.environment import environment
from yiwang.data.catalogue import slots as catalogue
from yiwang.foundation.events.actions import emit, enqueue
from yiwang.kernel.refusals import Refusal

from .models import Subscription
from .using import state_of

MOST = 1_000  # changes looked at for one notice
TYPE = "data.changed"
STREAM, SUBJECT = "YIWANG_DATA", "yiwang.data"
PATIENCE = 5.0  # seconds for the message server
log = structlog.get_logger("yiwang.sharing")


def tell_all() -> int:
    """Look once at every subscription that may hear something; returns how many notices were made."""
    told = 0
    for subscription in Subscription.objects.filter(ended_at=None).select_related("grant", "client"):
        if state_of(subscription.grant) != "active" or subscription.client.state != "active":
            continue
        try:
            told += tell(subscription)
        except (Refusal, LookupError, OSError) as failure:  # one provider that is down keeps nobody else waiting
            log.warning("changes could not be read", grant=subscription.grant.number, error=str(failure)[:200])
    return told


def tell(subscription: Subscription) -> int:
    """Make a notice if something changed since the last one; returns 1 if so."""
    from .jobs import publish

    place = subscription.grant.shape["place"]
    found = catalogue.holders[place.partition(":")[0]].changes(place, subscription.cursor, MOST)
    if not found:
        return 0
    with transaction.atomic():
        moved = Subscription.objects.filter(id=subscription.id, cursor=subscription.cursor, ended_at=None).update(
            cursor=found[-1].cursor, told_at=timezone.now()
        )
        if not moved:  # another worker was first
            return 0
        notice = {
            "subscription": str(subscription.id), "grant": subscription.grant.number, "resource": subscription.grant.resource,
            "after": subscription.cursor, "changes": len(found), "more": len(found) == MOST,
        }  # fmt: skip
        if subscription.way == "webhook":
            emit(TYPE, subscription.id, notice)
        else:
            enqueue(publish, notice=notice, message_id=f"{subscription.id}:{found[-1].cursor}")
    return 1


def to_nats(notice: dict[str, Any], message_id: str) -> None:
    """Publish one notice in JetStream; the same ``message_id`` within two minutes is kept once. Raises OSError or nats.errors.Error."""
    asyncio.run(_publish(notice, message_id))


async def _publish(notice: dict[str, Any], message_id: str) -> None:
    connection = await nats.connect(environment.nats_url, connect_timeout=PATIENCE, allow_reconnect=False)
    try:
        stream = connection.jetstream()
        try:
            await stream.stream_info(STREAM)
        except NotFoundError:
            await stream.add_stream(name=STREAM, subjects=[f"{SUBJECT}.>"])
        body = {
            "specversion": "1.0", "id": message_id, "source": environment.origin, "type": f"yiwang.{TYPE}",
            "subject": notice["subscription"], "datacontenttype": "application/json", "data": notice,
        }  # fmt: skip
        await stream.publish(
            f"{SUBJECT}.{notice['grant']}", json.dumps(body, ensure_ascii=False).encode(),
            headers={"Nats-Msg-Id": message_id}, timeout=PATIENCE,
        )  # fmt: skip
    finally:
        await connection.close()
