from __future__ import annotations

from django.db import models

from yiwang.foundation.crypto.fields import SealedJSONField
from yiwang.kernel.ids import uuid7
from yiwang.kernel.models import AppendOnly


class TableVersion(AppendOnly):
    """One version of one decision table, as published. ``digest`` is the SHA-256 of the canonical body, in hex."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField(auto_now_add=True)
    published_by = models.CharField(max_length=40)  # the actor's reference, as in the ledger

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="rules_table_version")]

    def __str__(self) -> str:
        return f"{self.title} ({self.code} {self.version})"


class DecisionRecord(AppendOnly):
    """One decision: what was known, what came out, and which rows spoke.

    ``facts`` and ``outcome`` may hold personal data and are sealed. ``outcome`` is {"output", "matched", "reasons"}.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    table = models.ForeignKey(TableVersion, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=60)
    facts = SealedJSONField()
    outcome = SealedJSONField()

    class Meta:
        indexes = [models.Index(fields=["kind", "subject", "at"])]
