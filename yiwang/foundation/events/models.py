from __future__ import annotations

from django.db import models

from yiwang.kernel.ids import uuid7


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
