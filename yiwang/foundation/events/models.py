from __future__ import annotations

from django.db import models

from yiwang.foundation.crypto.fields import SealedTextField
from yiwang.kernel.ids import uuid7
from yiwang.kernel.models import Record


class Event(models.Model):
    """Something that happened, in the words of CloudEvents 1.0. ``handed_over_at`` is set when its jobs exist."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    type = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()
    handed_over_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(handed_over_at=None), name="events_waiting"),
            models.Index(fields=["type", "subject"]),
        ]


class Job(models.Model):
    """What django-tasks does not keep of a job: whose it is, how often it was tried, until when a worker holds it.

    ``result_id`` is the row of django-tasks' database backend. ``dead_at`` is set when retries are used up.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    key = models.CharField(max_length=160, unique=True, null=True)
    result_id = models.UUIDField(unique=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, db_index=True)
    dead_at = models.DateTimeField(null=True, db_index=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)


class Schedule(models.Model):
    """When a repeating job last ran, so that several workers run it once."""

    name = models.CharField(max_length=120, primary_key=True)
    due_at = models.DateTimeField()


class Webhook(Record):
    """An address of another system that is told of events. ``types`` are patterns: "*", "case.*", "licence.issued".

    ``failures`` counts failed tries in a row. Off, its deliveries are held; ``off_why`` is "failures", "gone" (the other side
    answered 410) or "person". For a day after a renewal both secrets sign.
    """

    name = models.CharField(max_length=60)
    url = SealedTextField()
    secret = SealedTextField()
    old_secret = SealedTextField(blank=True)
    old_until = models.DateTimeField(null=True)
    types = models.JSONField(default=list)
    subject = models.CharField(max_length=120, blank=True)  # only events about this thing; "" for all
    failures = models.PositiveIntegerField(default=0)
    off_at = models.DateTimeField(null=True)
    off_why = models.CharField(max_length=10, blank=True)
    removed_at = models.DateTimeField(null=True)

    def wants(self, type: str, subject: str = "") -> bool:
        """Whether events of ``type`` about ``subject`` go there."""
        return self.subject in ("", subject) and any(
            pattern in ("*", type) or pattern == f"{type.split('.', 1)[0]}.*" for pattern in self.types
        )


class WebhookDelivery(Record):
    """One event on its way to one webhook. ``held``: the webhook is off, it waits until somebody turns it on again."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    attempts = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True)  # of the last answer
    error = models.CharField(max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField(null=True)
    tried_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    held = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["webhook", "event"], name="events_delivery_once")]
        indexes = [models.Index(fields=["webhook", "-created_at"])]
