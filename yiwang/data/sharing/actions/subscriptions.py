"""The acts on changes: subscribing to notices, ending that, and reading what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.config.environment import environment
from yiwang.data.sharing import batching, changes, quota
from yiwang.data.sharing.models import Client, Subscription, Use, UseSubject
from yiwang.data.sharing.using import Wanted
from yiwang.foundation.access.queries import Actor, Scope, act, require, system
from yiwang.foundation.events import actions as events
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

if TYPE_CHECKING:
    from yiwang.data.catalogue.resources import Change

WAYS = ("webhook", "nats")


@act("sharing.subscribe", gettext_lazy("订阅数据变更"))
def subscribe(actor: Actor, wanted: Wanted, way: str, url: str = "", after: str = "") -> tuple[Subscription, str]:
    """Be told of changes: at a ``url`` (Standard Webhooks), or over NATS. Returns the subscription and the webhook's secret ("" for NATS).

    Raises :class:`Invalid` for a wrong address, :class:`Conflict` for a second subscription of the same kind.
    """
    grant, client = wanted.grant, wanted.client
    assert client is not None
    require(actor, Scope(agency=grant.agency_path, level=grant.level), subject=f"grant:{grant.number}")
    if way not in WAYS or (way == "nats" and not environment.nats_url):
        message = _("不能用这种方式通知，请改用 webhook。")
        raise Invalid(message, problems=[Problem("way", "choice", message)])
    if grant.subscriptions.filter(client=client, way=way, ended_at=None).exists():
        raise Conflict(_("已经订阅过了；要换地址，请先取消原来的。"), code="subscribed")
    made = Subscription(grant=grant, client=client, way=way, cursor=after[:120])
    secret = ""
    if way == "webhook":
        hook, secret = events.add_webhook(
            system(actor.channel), f"{grant.number} · {client.code}"[:60], url, [changes.TYPE], subject=str(made.id)
        )
        made.webhook = hook.id
    made.save(force_insert=True)
    record("grant", grant.number, {"mode": wanted.mode, "subscription": made.id, "way": way, "client": client.code})
    return made, secret


@act("sharing.unsubscribe", gettext_lazy("取消订阅"))
def unsubscribe(actor: Actor, client: Client, subscription_id: UUID | str) -> None:
    """Hear of changes no longer. Raises :class:`Missing`."""
    rows = Subscription.objects.select_for_update(of=("self",)).select_related("grant")
    found = rows.filter(id=subscription_id, client=client, ended_at=None).first()
    require(actor, Scope(agency=client.agency_path), subject=f"subscription:{subscription_id}")
    if found is None:
        raise Missing(_("没有这个订阅，可能已经取消。"))
    found.ended_at = timezone.now()
    found.save(update_fields=["ended_at"])
    if found.webhook is not None:
        events.remove_webhook(system(actor.channel), found.webhook)
    record("grant", found.grant.number, {"subscription": found.id, "ended": True})


@act("sharing.read_changes", gettext_lazy("按授权读取变更"))
def read_changes(actor: Actor, wanted: Wanted, found: Sequence[Change]) -> list[dict[str, Any]]:
    """Give out what changed, masked; each changed row counts as one of the day's volume, and every subject finds the trace."""
    grant = wanted.grant
    require(actor, Scope(agency=grant.agency_path, level=grant.level), subject=f"grant:{grant.number}")
    quota.take(grant, len(found))
    shape, rows = wanted.shape, []
    for change in found:
        # The key is a field like any other: it is shown as its mask says, and not at all where it is not granted.
        shown = shape.masked(change.key, [name for name in change.key if name in shape.fields])
        rows.append(
            {
                "cursor": change.cursor, "at": change.at, "gone": change.row is None, "key": shown,
                "row": None if change.row is None else shape.masked(change.row, wanted.names),
            }
        )  # fmt: skip
    subjects = [
        subject for change in found
        if (subject := shape.subject({part.name: str(change.key.get(part.name) or "") for part in shape.keys}))
    ]  # fmt: skip
    told = {"mode": wanted.mode, "rows": len(found), "subjects": batching.subjects_hash(subjects)}
    entry = record("grant", grant.number, {**told, "client": wanted.client.code if wanted.client else ""})
    use = Use.objects.create(
        at=entry.at, grant=grant, client=wanted.client, mode=wanted.mode, purpose=wanted.purpose, about=wanted.about, fields=list(wanted.names),
        asked=len(found), rows=len(found), milliseconds=wanted.milliseconds, entry_id=entry.id, request_id=actor.request_id,
    )  # fmt: skip
    UseSubject.objects.bulk_create([UseSubject(use=use, subject=subject) for subject in subjects], batch_size=2_000)
    return rows
