"""Hearing of changes: a notice without data by webhook or NATS, and the changes themselves over the gateway, with masks and traces."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import nats
import pytest
import time_machine

from tests.factories.people import identity_number
from tests.factories.sharing import LIN, Key, Memory, client, granted, resource, steward
from tests.foundation.events.listener import Listener, listening
from tests.helpers import recorded, refused
from yiwang.config.environment import environment
from yiwang.data.sharing import actions, changes, gate, gateway, using
from yiwang.data.sharing.models import Client, Grant, Subscription, Use, UseSubject
from yiwang.data.sharing.modes import CHANGES, MODES
from yiwang.foundation.crypto.queries import keyed_hash
from yiwang.foundation.events.models import Webhook
from yiwang.foundation.events.worker import Worker
from yiwang.kernel.refusals import Conflict, Denied, Invalid, Missing

pytestmark = pytest.mark.django_db
WHY = "及时停发不再符合条件的补助"
NATS = "nats://127.0.0.1:4222"


@pytest.fixture
def grant(memory: Memory) -> Grant:
    resource()
    return granted()


@pytest.fixture
def system(memory: Memory) -> Client:
    return client()


@pytest.fixture
def caller(system: Client) -> gate.Caller:
    return gate.Caller(system, gate.actor_of(system), frozenset(MODES))


@pytest.fixture
def partner(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    monkeypatch.setattr(environment, "webhook_private", True)
    with listening() as listener:
        yield listener


def _run() -> None:
    for minutes in (0, 15):
        with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes), tick=True):
            Worker().run(once=True)


def test_a_webhook_is_told_that_there_is_something_and_nothing_more(
    grant: Grant, caller: gate.Caller, partner: Listener, memory: Memory
) -> None:
    with recorded("sharing.subscribe", by=caller.actor, kind="grant", subject=grant.number):
        made, secret = gateway.subscribe(caller, grant.number, "webhook", f"{partner.origin}/told", WHY, after="000002")
    assert changes.tell_all() == 0
    number = identity_number(8)
    memory.put({"identity_number": number, "name": "新来的", "sex": "1", "residence": "云州市"})
    assert changes.tell_all() == 1
    assert changes.tell_all() == 0
    _run()
    (heard,) = partner.heard
    notice = json.loads(heard.body)
    assert notice["data"] == {
        "subscription": str(made.id), "grant": grant.number, "resource": grant.resource, "after": "000002", "changes": 1, "more": False,
    }  # fmt: skip
    assert number.encode() not in heard.body
    signed = f"{heard.headers['webhook-id']}.{heard.headers['webhook-timestamp']}.".encode() + heard.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert heard.headers["webhook-signature"] == wanted


def test_changes_are_read_masked_counted_and_seen_by_each_subject(grant: Grant, system: Client) -> None:
    key = Key(system)
    path = f"/api/v1/exchange/grants/{grant.number}/changes"
    with recorded("sharing.read_changes", kind="grant", subject=grant.number):
        found = key.post(path, {"purpose": WHY, "limit": 1}).json()
    assert [(one["row"]["name"], one["row"]["residence"], one["gone"]) for one in found["items"]] == [
        ("林晓梅", "云州市云山区****", False)
    ]
    assert LIN not in json.dumps(found)
    rest = key.post(path, {"purpose": WHY, "after": found["after"]}).json()
    assert [one["row"]["name"] for one in rest["items"]] == ["王建国"]
    assert key.post(path, {"purpose": WHY, "after": rest["after"]}).json() == {"items": [], "after": rest["after"]}
    assert UseSubject.objects.filter(subject=keyed_hash("party", LIN)).count() == 1
    assert list(Use.objects.order_by("id").values_list("rows", flat=True)) == [1, 1]


async def _hear(subject: str) -> list[Any]:
    connection = await nats.connect(NATS)
    try:
        found = await connection.jetstream().pull_subscribe(subject, stream=changes.STREAM)
        messages = await found.fetch(5, timeout=3)
        for message in messages:
            await message.ack()
        return messages
    finally:
        await connection.close()


def test_nats_has_the_notice_once_however_often_it_is_published(
    grant: Grant, caller: gate.Caller, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Invalid, match="webhook"):
        gateway.subscribe(caller, grant.number, "nats", "", WHY)
    monkeypatch.setattr(environment, "nats_url", NATS)
    made, secret = gateway.subscribe(caller, grant.number, "nats", "", WHY)
    assert secret == ""
    assert changes.tell_all() == 1
    _run()
    made.refresh_from_db()
    assert made.cursor == "000002"
    again = {"subscription": str(made.id), "grant": grant.number}
    message_id = f"{made.id}:000002"
    changes.to_nats(again, message_id)  # a job may run twice
    heard = asyncio.run(_hear(f"{changes.SUBJECT}.{grant.number}"))
    assert len(heard) == 1
    assert json.loads(heard[0].data)["data"]["changes"] == 2


def test_a_subscription_ends_by_its_client_or_with_its_grant(
    grant: Grant, caller: gate.Caller, partner: Listener, memory: Memory
) -> None:
    made, _secret = gateway.subscribe(caller, grant.number, "webhook", partner.origin, WHY)
    with pytest.raises(Conflict):
        gateway.subscribe(caller, grant.number, "webhook", partner.origin, WHY)
    wanted = using.Wanted(grant, caller.client, CHANGES, WHY, "", ("name",))
    refused(actions.subscribe, steward(), wanted, "webhook", partner.origin)
    refused(actions.read_changes, steward(), wanted, [])
    refused(actions.unsubscribe, steward(), caller.client, made.id)
    with recorded("sharing.unsubscribe", by=caller.actor):
        actions.unsubscribe(caller.actor, caller.client, made.id)
    assert Webhook.objects.get().removed_at is not None
    with pytest.raises(Missing):
        actions.unsubscribe(caller.actor, caller.client, uuid4())
    gateway.subscribe(caller, grant.number, "webhook", partner.origin, WHY)
    actions.revoke(steward(), grant.number, "不再需要")
    assert Subscription.objects.filter(ended_at=None).count() == 0
    assert changes.tell_all() == 0
    with pytest.raises(Denied):
        gateway.read_changes(caller, grant.number, WHY)


def test_a_suspended_grant_hears_nothing_until_it_is_resumed(
    grant: Grant, caller: gate.Caller, partner: Listener
) -> None:
    gateway.subscribe(caller, grant.number, "webhook", partner.origin, WHY)
    actions.suspend(steward(), grant.number, "核查")
    assert changes.tell_all() == 0
    actions.resume(steward(), grant.number)
    assert changes.tell_all() == 1
