"""Other systems are told of events: signed, tried again, held while they are broken, and never a way into the inner network."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import ipaddress
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tests.factories import citizen, official
from tests.factories.desk import browser, whole_node
from tests.helpers import recorded, refused
from yiwang.config.environment import environment
from yiwang.foundation.access.queries import Actor, Level, act, owner, require
from yiwang.foundation.events import actions, queries, sending
from yiwang.foundation.events.actions import emit
from yiwang.foundation.events.models import Event, Job, Webhook, WebhookDelivery
from yiwang.foundation.events.worker import Worker
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Invalid, Missing

from .listener import Listener, listening

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Actor:
    return whole_node("node-admin", ["events.*"])


@pytest.fixture
def partner(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """Another system on this very machine, on a node that may call private addresses."""
    monkeypatch.setattr(environment, "webhook_private", True)
    with listening() as listener:
        yield listener


@act("trial.announce", "宣布", party=True, level=Level.NUMBER)
def announce(actor: Actor, type: str = "trial.announced") -> Event:
    require(actor, owner(actor.party_id))
    record("trial", "一")
    return emit(type, "99010026", {"case": "99010026"})


def add(admin: Actor, partner: Listener, *types: str) -> tuple[Webhook, str]:
    return actions.add_webhook(admin, "城管平台", f"{partner.origin}/hook?from=us", types or ("*",))


def run_all(hours: float = 3) -> None:
    """Everything that a worker does until ``hours`` from now."""
    for minutes in range(0, int(hours * 60) + 1, 15):
        with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes), tick=True):
            Worker().run(once=True)


def test_an_event_arrives_signed_as_a_cloud_event(admin: Actor, partner: Listener) -> None:
    with recorded("events.add_webhook", by=admin, kind="webhook") as entries:
        hook, secret = add(admin, partner, "trial.*")
    assert secret not in entries[0].content
    assert partner.origin not in entries[0].content
    event = announce(citizen())
    Worker().run(once=True)
    [heard] = partner.heard
    assert heard.path == "/hook?from=us"
    assert heard.headers["host"] == partner.origin.removeprefix("http://")
    assert heard.headers["content-type"].startswith("application/cloudevents+json")
    assert heard.headers["webhook-id"] == str(event.id)
    signed = f"{event.id}.{heard.headers['webhook-timestamp']}.".encode() + heard.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert heard.headers["webhook-signature"] == expected
    body = json.loads(heard.body)
    assert (body["specversion"], body["type"], body["source"]) == ("1.0", "yiwang.trial.announced", environment.origin)
    assert (body["id"], body["subject"], body["data"]) == (str(event.id), "99010026", {"case": "99010026"})
    [row] = queries.deliveries(admin, hook.id).items
    assert (queries.state_of(row), row.status, row.attempts) == ("delivered", 204, 1)


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of the Standard Webhooks specification."""
    body = b'{"test": 2432232314}'
    made = sending.signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_only_wanted_types_are_sent(admin: Actor, partner: Listener) -> None:
    add(admin, partner, "licence.issued")
    announce(citizen())
    announce(citizen(), "licence.issued")
    Worker().run(once=True)
    assert [json.loads(heard.body)["type"] for heard in partner.heard] == ["yiwang.licence.issued"]


def test_what_was_not_taken_is_tried_again(admin: Actor, partner: Listener) -> None:
    hook, _secret = add(admin, partner)
    partner.answers = [500, 302, 200]
    announce(citizen())
    run_all(0.75)
    assert [heard.path for heard in partner.heard] == ["/hook?from=us"] * 3, "a redirect is not followed"
    assert len({heard.headers["webhook-id"] for heard in partner.heard}) == 1
    row = WebhookDelivery.objects.get()
    assert (queries.state_of(row), row.attempts) == ("delivered", 3)
    assert Webhook.objects.get(id=hook.id).failures == 0


def test_tries_end_and_the_operator_is_told(admin: Actor, partner: Listener) -> None:
    """open-zaak#1206: somebody must hear of it when a delivery finally fails."""
    hook, _secret = add(admin, partner, "trial.*")
    partner.answers = [503]
    announce(citizen())
    run_all()
    row = WebhookDelivery.objects.get()
    assert (queries.state_of(row), row.attempts, row.error) == ("dead", 8, "HTTP 503")
    assert queries.dead_count() == 1
    assert Event.objects.get(type="job.died").data["name"].endswith("send")
    assert 'class="count">1<' in browser(admin).get("/desk/admin/webhooks").content.decode()
    partner.answers = [200]
    with recorded("events.resend", by=admin, subject=hook.id):
        actions.resend(admin, row.id)
    Worker().run(once=True)
    assert queries.state_of(WebhookDelivery.objects.get()) == "delivered"
    with pytest.raises(Conflict):
        actions.resend(admin, row.id)


def test_an_alarm_that_cannot_be_delivered_raises_no_alarm(admin: Actor, partner: Listener) -> None:
    add(admin, partner, "job.died")
    partner.answers = [503]
    announce(citizen(), "job.died")
    run_all()
    assert queries.state_of(WebhookDelivery.objects.get()) == "dead"
    assert Event.objects.filter(type="job.died").count() == 1


def test_a_broken_webhook_is_turned_off_and_loses_nothing(admin: Actor, partner: Listener) -> None:
    hook, _secret = add(admin, partner, "trial.*")
    partner.answers = [503]
    for _number in range(3):
        announce(citizen())
    run_all()
    hook.refresh_from_db()
    assert hook.off_why == "failures"
    tried = len(partner.heard)
    assert tried == sending.MOST_FAILURES
    announce(citizen())
    run_all(0.25)
    assert len(partner.heard) == tried, "nothing is sent while it is off"
    assert Event.objects.filter(type="webhook.turned-off").count() == 1
    with pytest.raises(Conflict):
        actions.try_webhook(admin, hook.id)
    partner.answers = [200]
    with recorded("events.switch_webhook", by=admin, subject=hook.id):
        assert actions.switch_webhook(admin, hook.id, True) == 4
    run_all(0.25)
    assert {queries.state_of(row) for row in WebhookDelivery.objects.all()} == {"delivered"}
    with pytest.raises(Conflict):
        actions.switch_webhook(admin, hook.id, True)


def test_gone_means_gone(admin: Actor, partner: Listener) -> None:
    hook, _secret = add(admin, partner)
    partner.answers = [410]
    announce(citizen())
    Worker().run(once=True)
    hook.refresh_from_db()
    assert (hook.off_why, len(partner.heard)) == ("gone", 1)
    assert not Job.objects.exclude(dead_at=None).exists()


def test_after_a_renewal_both_secrets_sign_for_a_day(admin: Actor, partner: Listener) -> None:
    hook, old = add(admin, partner)
    with recorded("events.renew_secret", by=admin, subject=hook.id):
        new = actions.renew_secret(admin, hook.id)
    announce(citizen())
    Worker().run(once=True)
    heard = partner.heard[0]
    at = int(heard.headers["webhook-timestamp"])
    for secret in (old, new):
        assert (
            sending.signature(secret, heard.headers["webhook-id"], at, heard.body) in heard.headers["webhook-signature"]
        )
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=2), tick=True):
        announce(citizen())
        Worker().run(once=True)
    assert " " not in partner.heard[1].headers["webhook-signature"]


def test_trying_and_removing(admin: Actor, partner: Listener) -> None:
    hook, _secret = add(admin, partner, "licence.issued")
    with recorded("events.try_webhook", by=admin, subject=hook.id):
        actions.try_webhook(admin, hook.id)
    Worker().run(once=True)
    assert json.loads(partner.heard[0].body)["type"] == "yiwang.webhook.tested"
    announce(citizen(), "licence.issued")
    with recorded("events.remove_webhook", by=admin, subject=hook.id):
        actions.remove_webhook(admin, hook.id)
    Worker().run(once=True)
    assert len(partner.heard) == 1
    with pytest.raises(Missing):
        actions.try_webhook(admin, hook.id)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "https://", "//example.com", "https://user:pw@example.com/",
        "https://127.0.0.1/", "https://[::1]/", "https://10.1.2.3/", "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://100.64.0.1/", "https://0.0.0.0/",
        "https://localhost/", "https://a.localhost/", "https://例子.中国/", "https://example.com:99999/", "https://[x]/",
    ],
)  # fmt: skip
def test_addresses_that_no_webhook_may_have(admin: Actor, url: str) -> None:
    with pytest.raises(Invalid) as caught:
        actions.add_webhook(admin, "内网", url, ["*"])
    assert caught.value.problems[0].field == "url"
    assert not Webhook.objects.exists()


def test_a_name_that_leads_inside_is_not_called(admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check is on the address that is called, not on what the name said when it was registered."""
    with listening() as listener:
        port = int(listener.origin.rsplit(":", 1)[1])
        hook, _secret = actions.add_webhook(admin, "变脸", f"https://partner.example:{port}/", ["*"])

        def inside(host: str, *_rest: Any, **_more: Any) -> list[Any]:
            assert host == "partner.example"
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("8.8.8.8", "127.0.0.1")
            ]

        monkeypatch.setattr(sending.socket, "getaddrinfo", inside)
        announce(citizen())
        Worker().run(once=True)
        assert listener.heard == []
    assert "Forbidden" in WebhookDelivery.objects.get(webhook=hook).error


def test_public_and_not() -> None:
    for text, public in [
        ("8.8.8.8", True),
        ("192.168.1.1", False),
        ("224.0.0.1", False),
        ("2606:4700::1111", True),
        ("2002:a00:1::", False),
    ]:
        assert sending.is_public(ipaddress.ip_address(text)) is public, text


@pytest.mark.parametrize(
    ("name", "types", "field"), [("", ["*"], "name"), ("甲", [], "types"), ("甲", ["case*"], "types")]
)
def test_what_is_wrong_is_named(admin: Actor, name: str, types: list[str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        actions.add_webhook(admin, name, "https://example.com/", types)
    assert [problem.field for problem in caught.value.problems] == [field]


def test_only_who_manages_the_node_s_events_may(admin: Actor, partner: Listener) -> None:
    hook, _secret = add(admin, partner)
    delivery = actions.try_webhook(admin, hook.id)
    reader = whole_node("reader", ["events.read"])
    for other in (reader, official("unit-admin", ["events.*"]), citizen()):
        refused(actions.add_webhook, other, "甲", "https://example.com/", ["*"])
        refused(actions.renew_secret, other, hook.id)
        refused(actions.try_webhook, other, hook.id)
        refused(actions.switch_webhook, other, hook.id, False)
        refused(actions.remove_webhook, other, hook.id)
        refused(actions.resend, other, delivery.id)


def test_pages(admin: Actor, partner: Listener) -> None:
    client = browser(admin)
    assert client.post("/desk/admin/webhooks", {"name": "", "url": "x"}).status_code == 422
    made = client.post(
        "/desk/admin/webhooks", {"name": "<b>甲</b>", "url": partner.origin, "types": ["case.*"], "more": "trial.*"}
    )
    page = made.content.decode()
    secret = page.split('class="secret">')[1].split("<")[0]
    assert secret.startswith("whsec_")
    assert "<b>甲" not in page
    hook = Webhook.objects.get()
    assert hook.types == ["case.*", "trial.*"]
    address = f"/desk/admin/webhooks/{hook.id}"
    assert secret not in client.get(address).content.decode()
    assert client.post(address, {"do": "try"}).status_code == 302
    Worker().run(once=True)
    assert "对方已收到" in client.get(address).content.decode()
    assert "whsec_" in client.post(address, {"do": "renew"}).content.decode()
    for doing in ("off", "try", "on", "remove"):
        assert client.post(address, {"do": doing}).status_code == 302
    assert client.get(address).status_code == 404
    assert client.post(address, {"do": "dance"}).status_code == 404
    assert client.get("/desk/admin/webhooks/help").status_code == 200
    assert browser(official("window-clerk")).get("/desk/admin/webhooks").status_code == 403


def test_api(admin: Actor, partner: Listener) -> None:
    client = browser(admin)
    body = {"name": "甲", "url": partner.origin, "types": ["*"]}

    def post(path: str, data: Any = None, **headers: str) -> Any:
        return client.post(f"/api/v1/webhooks{path}", data or {}, content_type="application/json", headers=headers)

    first = post("", body, **{"Idempotency-Key": "k1"})
    again = post("", body, **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.json()["id"], again.json()["secret"]) == (201, first.json()["id"], "")
    assert Webhook.objects.count() == 1
    hook = first.json()["id"]
    assert post(f"/{hook}/try").status_code == 202
    Worker().run(once=True)
    [row] = client.get(f"/api/v1/webhooks/{hook}/deliveries").json()["items"]
    assert row["state"] == "delivered"
    assert post(f"/deliveries/{row['id']}/resend").status_code == 409
    assert post(f"/{hook}/switch", {"on": False}).json()["off_why"] == "person"
    assert post(f"/{hook}/secret").json()["secret"].startswith("whsec_")
    assert len(client.get("/api/v1/webhooks").json()) == 1
    assert client.delete(f"/api/v1/webhooks/{hook}").status_code == 204
    assert post("", {**body, "url": "nonsense"}).json()["problems"][0]["field"] == "url"


def test_the_log_forgets_what_arrived_long_ago(admin: Actor, partner: Listener) -> None:
    from yiwang.foundation.events.jobs import forget_deliveries

    hook, _secret = add(admin, partner)
    for number in range(2):
        delivery = actions.try_webhook(admin, hook.id)
        WebhookDelivery.objects.filter(id=delivery.id).update(
            delivered_at=timezone.now() - dt.timedelta(days=100 * number)
        )
    forget_deliveries()
    assert WebhookDelivery.objects.count() == 1
