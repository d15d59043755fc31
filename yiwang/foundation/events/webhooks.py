"""The acts on webhooks: registering an address, trying it, turning it on and off, renewing its secret, sending again."""

from __future__ import annotations

import base64
import datetime as dt
import re
import secrets
from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, act, once, require
from yiwang.foundation.access.slots import trace
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from .jobs import send
from .models import Event, Webhook, WebhookDelivery
from .outbox import enqueue
from .sending import PREFIX, check_url

MOST = 50  # webhooks of a node: each event is matched with all of them
BOTH_SIGN = dt.timedelta(days=1)
_PATTERN = re.compile(r"\*|[a-z][a-z_-]*\.(\*|[a-z][a-z_-]*)")


def _new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def _record(hook_id: object, data: dict[str, object]) -> None:
    trace["ledger"]("webhook", hook_id, data)


def _locked(webhook_id: UUID | str) -> Webhook:
    found = Webhook.objects.select_for_update().filter(id=webhook_id, removed_at=None).first()
    if found is None:
        raise Missing(_("没有这个推送地址，可能已经删除。"))
    return found


@act("events.add_webhook", gettext_lazy("登记推送地址"))
def add_webhook(
    actor: Actor, name: str, url: str, types: Sequence[str], *, subject: str = "", idempotency_key: str = ""
) -> tuple[Webhook, str]:
    """Register an address for events whose type matches one of ``types``. Returns it and its secret, which is never shown again
    (and is "" when the same ``idempotency_key`` comes again).

    With ``subject`` only events about that thing are sent; such webhooks belong to the room that made them and do not count.

    Raises :class:`Invalid` with all that is wrong, :class:`Conflict` beyond :data:`MOST`.
    """
    require(actor, subject="webhook")
    name, wanted, problems = name.strip(), list(dict.fromkeys(types)), []
    if not name or len(name) > 60:
        problems.append(Problem("name", "required", _("请起个名字，最多 60 个字")))
    if not wanted:
        problems.append(Problem("types", "required", _("请至少选一种事件")))
    problems += [
        Problem("types", "format", _("“%(type)s”不是事件类型，应像 case.* 或 licence.issued 这样") % {"type": one[:40]})
        for one in wanted
        if not _PATTERN.fullmatch(one) or len(one) > 80
    ]
    try:
        url = check_url(url)
    except Invalid as refusal:
        problems += refusal.problems
    if problems:
        raise Invalid(_("推送地址没有登记，请改好标出的地方。"), problems=problems)
    if not subject and Webhook.objects.filter(removed_at=None, subject="").count() >= MOST:
        raise Conflict(_("最多登记 %(n)s 个推送地址，请先删除不用的。") % {"n": MOST}, code="too-many")
    secret = _new_secret()

    def make() -> str:
        hook = Webhook.objects.create(name=name, url=url, types=wanted, subject=subject, secret=secret)
        _record(hook.id, {"types": wanted})
        return str(hook.id)

    hook_id, new = once(actor, idempotency_key, {"name": name, "url": url, "types": wanted}, make)
    return Webhook.objects.get(id=hook_id), secret if new else ""


@act("events.renew_secret", gettext_lazy("更换推送密钥"))
def renew_secret(actor: Actor, webhook_id: UUID | str) -> str:
    """Give the webhook another secret, returned once. For a day both sign, so that the other side can change over."""
    require(actor, subject=f"webhook:{webhook_id}")
    hook = _locked(webhook_id)
    secret = _new_secret()
    hook.old_secret, hook.old_until, hook.secret = hook.secret.plain(), timezone.now() + BOTH_SIGN, secret
    hook.save(update_fields=["old_secret", "old_until", "secret"])
    _record(hook.id, {"secret": "renewed"})
    return secret


@act("events.try_webhook", gettext_lazy("试推一次"))
def try_webhook(actor: Actor, webhook_id: UUID | str) -> WebhookDelivery:
    """Send an event that says nothing, to this webhook only. Raises :class:`Conflict` while it is off."""
    require(actor, subject=f"webhook:{webhook_id}")
    hook = _locked(webhook_id)
    if hook.off_at is not None:
        raise Conflict(_("推送已停用，请先恢复再试推。"), code="webhook-off")
    now = timezone.now()
    event = Event.objects.create(type="webhook.tested", subject=str(hook.id), at=now, handed_over_at=now)
    delivery = WebhookDelivery.objects.create(webhook=hook, event=event)
    enqueue(send, delivery_id=str(delivery.id))
    _record(hook.id, {"tested": delivery.id})
    return delivery


@act("events.switch_webhook", gettext_lazy("停用或恢复推送"))
def switch_webhook(actor: Actor, webhook_id: UUID | str, on: bool) -> int:
    """Turn the webhook off (its events wait) or on again; returns how many waiting events are now sent."""
    require(actor, subject=f"webhook:{webhook_id}")
    hook = _locked(webhook_id)
    if (hook.off_at is None) == on:
        raise Conflict(_("推送已经是这个状态，请刷新页面。"), code="unchanged")
    hook.off_at, hook.off_why, hook.failures = (None, "", 0) if on else (timezone.now(), "person", hook.failures)
    hook.save(update_fields=["off_at", "off_why", "failures"])
    waiting = list(hook.deliveries.filter(held=True, delivered_at=None)) if on else []
    for delivery in waiting:
        enqueue(send, delivery_id=str(delivery.id))
    hook.deliveries.filter(id__in=[delivery.id for delivery in waiting]).update(held=False)
    _record(hook.id, {"on": on, "sent": len(waiting)})
    return len(waiting)


@act("events.remove_webhook", gettext_lazy("删除推送地址"))
def remove_webhook(actor: Actor, webhook_id: UUID | str) -> None:
    """Send nothing there any more; the log stays."""
    require(actor, subject=f"webhook:{webhook_id}")
    hook = _locked(webhook_id)
    hook.removed_at = timezone.now()
    hook.save(update_fields=["removed_at"])
    _record(hook.id, {"removed": True})


@act("events.resend", gettext_lazy("重新推送"))
def resend(actor: Actor, delivery_id: UUID | str) -> None:
    """Send an event again that was not taken, with all its tries. Raises :class:`Conflict` when it was taken, or the webhook is off."""
    require(actor, subject=f"delivery:{delivery_id}")
    delivery = (
        WebhookDelivery.objects.select_for_update(of=("self",))
        .select_related("webhook")
        .filter(id=delivery_id, webhook__removed_at=None)
        .first()
    )
    if delivery is None:
        raise Missing(_("没有这次推送，可能地址已经删除。"))
    if delivery.delivered_at is not None:
        raise Conflict(_("对方已经收到，不用再推。"), code="delivered")
    if delivery.webhook.off_at is not None:
        raise Conflict(_("推送已停用，请先恢复。"), code="webhook-off")
    delivery.attempts = 0
    delivery.save(update_fields=["attempts"])
    enqueue(send, delivery_id=str(delivery.id))
    _record(delivery.webhook_id, {"resent": delivery.id})
