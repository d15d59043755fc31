"""Reading what waits and what failed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks_db.models import DBTaskResult

from yiwang.foundation.access.queries import Actor, permission, require
from yiwang.kernel.pages import Page, page
from yiwang.kernel.refusals import Missing

from .models import Event, Job, Webhook, WebhookDelivery
from .sending import TRIES
from .slots import subscribers

__all__ = [
    "READ",
    "Backlog",
    "Webhook",
    "WebhookDelivery",
    "backlog",
    "dead_count",
    "dead_jobs",
    "deliveries",
    "known_types",
    "state_of",
    "waiting",
    "webhook",
    "webhooks",
]

READ = permission("events.read", gettext_lazy("查看后台任务和推送"))
LATELY = 1000  # events


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits: events not handed over, jobs ready or running, jobs that died."""

    events: int
    jobs: int
    dead: int


def backlog(actor: Actor) -> Backlog:
    """What waits on this node."""
    require(actor, permission=READ)
    return Backlog(
        Event.objects.filter(handed_over_at=None).count(),
        DBTaskResult.objects.filter(status__in=["READY", "RUNNING"]).count(),
        Job.objects.exclude(dead_at=None).count(),
    )


def dead_jobs(actor: Actor, cursor: str = "") -> Page[Job]:
    """Jobs whose tries are used up, newest first."""
    require(actor, permission=READ)
    return page(Job.objects.exclude(dead_at=None), order=("-dead_at", "-id"), cursor=cursor)


def dead_count() -> int:
    """How many jobs have failed for good: a figure for menus and metrics, which says nothing of whose they are."""
    return Job.objects.exclude(dead_at=None).count()


def waiting() -> dict[str, tuple[str, int]]:
    """Figures of the outbox, the jobs and the webhooks for the operator's monitoring (name, what it counts, number); four queries."""
    return {
        "events_waiting": ("Events not handed over yet.", Event.objects.filter(handed_over_at=None).count()),
        "jobs_waiting": (
            "Jobs ready or running.",
            DBTaskResult.objects.filter(status__in=["READY", "RUNNING"]).count(),
        ),
        "jobs_dead": ("Jobs whose tries are used up.", dead_count()),
        "webhooks_off": (
            "Webhooks that are turned off.",
            Webhook.objects.filter(removed_at=None).exclude(off_at=None).count(),
        ),
    }


def webhooks(actor: Actor) -> list[Webhook]:
    """The webhooks of the node, by name."""
    require(actor, permission=READ)
    return list(Webhook.objects.filter(removed_at=None).order_by("name", "id"))


def webhook(actor: Actor, webhook_id: UUID | str) -> Webhook:
    """One webhook. Raises :class:`Missing`."""
    require(actor, permission=READ)
    found = Webhook.objects.filter(id=webhook_id, removed_at=None).first()
    if found is None:
        raise Missing(_("没有这个推送地址，可能已经删除。"))
    return found


def deliveries(actor: Actor, webhook_id: UUID, *, cursor: str = "", size: int = 50) -> Page[WebhookDelivery]:
    """What was sent to a webhook, newest first; one query."""
    require(actor, permission=READ)
    rows = WebhookDelivery.objects.filter(webhook=webhook_id).select_related("event")
    return page(rows, order=("-created_at", "-id"), cursor=cursor, size=size)


def state_of(delivery: WebhookDelivery) -> str:
    """delivered, held, dead (its tries are used up), retrying or waiting."""
    if delivery.delivered_at is not None:
        return "delivered"
    if delivery.held:
        return "held"
    if delivery.attempts >= TRIES:
        return "dead"
    return "retrying" if delivery.attempts else "waiting"


def known_types() -> list[str]:
    """Types of events that somebody listens to or that happened lately, for those who choose among them."""
    heard = {type for subscriber in subscribers.values() for type in subscriber.types}
    lately = Event.objects.order_by("-id").values_list("type", flat=True)[:LATELY]
    return sorted(heard | set(lately) | {"job.died", "webhook.turned-off"})
