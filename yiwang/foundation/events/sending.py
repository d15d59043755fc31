"""Sending one event to a webhook: CloudEvents 1.0 in structured JSON, signed as Standard Webhooks says, to a public address only.

See docs/adr/0048. The address is resolved here and the connection made to what was checked, so that a name cannot point elsewhere
between the check and the call. Redirects are not followed, proxies of the environment not used, answers not kept.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
import socket
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.config.environment import environment
from yiwang.kernel.refusals import Invalid, Problem

from .models import Event, Webhook, WebhookDelivery
from .outbox import emit
from .slots import Unalarming

log = structlog.get_logger("yiwang.webhooks")

TRIES = 8  # of one delivery: over about 90 minutes
MOST_FAILURES = 10  # in a row, over all deliveries: then the webhook is turned off
PATIENCE = 10.0  # seconds for connecting, sending and each part of the answer
PREFIX = "whsec_"
ALARMS = ("job.", "webhook.")  # what cannot be told over a failing webhook does not raise the alarm again
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotDelivered(RuntimeError):
    """The other side did not take the event; it is tried again."""


class AlarmNotDelivered(Unalarming):
    """The same for an event that is an alarm itself."""


class Forbidden(RuntimeError):
    """The address may not be called from here."""


def is_public(address: Address) -> bool:
    """Whether the address lies in the open internet, also when it wraps another (IPv4 in IPv6)."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def check_url(url: str) -> str:
    """The URL if a webhook may have it. Raises :class:`Invalid` at the field ``url``; names are resolved only when sending."""

    def wrong(rule: str, message: str) -> Invalid:
        return Invalid(message, problems=[Problem("url", rule, message)])

    url = url.strip()
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise wrong("format", _("网址写得不对，应像 https://example.gov.cn/hook 这样。")) from None
    if parts.scheme not in ("http", "https") or not host or not url.isascii() or len(url) > 500:
        raise wrong("format", _("网址写得不对，应像 https://example.gov.cn/hook 这样。"))
    if parts.username is not None or parts.password is not None:
        raise wrong("userinfo", _("网址里不要写账号和密码，请去掉。"))
    if parts.scheme != "https" and not environment.webhook_private:
        raise wrong("https", _("网址应以 https:// 开头，数据要加密传送。"))
    literal = _literal(host)
    hidden = literal is not None and not is_public(literal)
    if (hidden or host == "localhost" or host.endswith(".localhost")) and not environment.webhook_private:
        raise wrong("private", _("这是内部网络的地址，不能推送。确实需要时，请运维人员放开设置。"))
    return url


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _resolve(host: str, port: int) -> str:
    """An address of ``host`` that may be called. All of its addresses must be allowed. Raises :class:`Forbidden` or OSError."""
    found = [ipaddress.ip_address(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not environment.webhook_private and not all(is_public(address) for address in found):
        raise Forbidden("the name leads to a private address")
    return str(found[0])


def cloud_event(event: Event) -> dict[str, Any]:
    """The event in the words of CloudEvents 1.0. ``data`` holds references, never personal data."""
    return {
        "specversion": "1.0",
        "id": str(event.id),
        "source": environment.origin,
        "type": f"yiwang.{event.type}",
        "subject": event.subject,
        "time": event.at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": event.data,
    }


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """ "v1,<base64>": HMAC-SHA256 over "id.timestamp.body" (Standard Webhooks 1.0)."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(hook: Webhook, event: Event, body: bytes) -> dict[str, str]:
    """What goes above the body; two signatures while an old secret still holds."""
    now = int(time.time())
    secrets = [hook.secret.plain()]
    if hook.old_secret and hook.old_until is not None and timezone.now() < hook.old_until:
        secrets.append(hook.old_secret.plain())
    return {
        "Content-Type": "application/cloudevents+json; charset=utf-8",
        "User-Agent": "Yiwang-Webhooks/1",
        "webhook-id": str(event.id),
        "webhook-timestamp": str(now),
        "webhook-signature": " ".join(signature(secret, str(event.id), now, body) for secret in secrets),
    }


def _post(hook: Webhook, event: Event) -> int:
    """Send; returns the status of the answer. Raises :class:`Forbidden`, OSError or httpx.HTTPError."""
    url = httpx.URL(check_url(hook.url.plain()))
    body = json.dumps(cloud_event(event), ensure_ascii=False, separators=(",", ":")).encode()
    port = url.port or (443 if url.scheme == "https" else 80)
    target = url.copy_with(host=_resolve(url.host, port))
    sent = {**headers(hook, event, body), "Host": url.netloc.decode()}
    with (
        httpx.Client(trust_env=False, follow_redirects=False, timeout=PATIENCE) as client,
        client.stream("POST", target, content=body, headers=sent, extensions={"sni_hostname": url.host}) as answer,
    ):
        return answer.status_code


@dataclass(frozen=True, slots=True)
class _Came:
    """What a try came to."""

    status: int | None
    error: str
    milliseconds: int

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def _try(hook: Webhook, event: Event) -> _Came:
    began = time.monotonic()
    status, error = None, ""
    try:
        status = _post(hook, event)
        error = "" if 200 <= status < 300 else f"HTTP {status}"
    except Invalid as refusal:
        error = str(refusal)
    except (Forbidden, OSError, httpx.HTTPError, httpx.InvalidURL) as failure:
        error = f"{type(failure).__name__}: {failure}"
    return _Came(status, error[:200], round((time.monotonic() - began) * 1000))


def attempt(delivery_id: str) -> None:
    """Try one delivery. Raises :class:`NotDelivered`, so that the job is tried again; 410 Gone turns the webhook off instead."""
    delivery = WebhookDelivery.objects.select_related("webhook", "event").filter(id=delivery_id).first()
    if delivery is None or delivery.delivered_at is not None or delivery.webhook.removed_at is not None:
        return
    hook = delivery.webhook
    if hook.off_at is not None:
        WebhookDelivery.objects.filter(id=delivery.id).update(held=True)
        return
    came = _try(hook, delivery.event)  # outside of any transaction: the other side may be slow
    now = timezone.now()
    with transaction.atomic():
        WebhookDelivery.objects.filter(id=delivery.id).update(
            attempts=F("attempts") + 1, status=came.status, error=came.error, milliseconds=came.milliseconds,
            tried_at=now, delivered_at=now if came.taken else None,
        )  # fmt: skip
        rows = Webhook.objects.filter(id=hook.id)
        if came.taken:
            rows.filter(failures__gt=0).update(failures=0)
            return
        rows.update(failures=F("failures") + 1)
        log.warning("a webhook did not take an event", webhook=str(hook.id), error=came.error)
        why = "gone" if came.status == 410 else "failures"
        limit = 1 if why == "gone" else MOST_FAILURES
        if rows.filter(failures__gte=limit, off_at=None).update(off_at=now, off_why=why):
            log.error("a webhook is turned off", webhook=str(hook.id), why=why)
            emit("webhook.turned-off", hook.id, {"why": why})
            WebhookDelivery.objects.filter(id=delivery.id).update(held=True)
            return
    failed = AlarmNotDelivered if delivery.event.type.startswith(ALARMS) else NotDelivered
    raise failed(came.error)
