from __future__ import annotations

from django.db import models

from yiwang.kernel.ids import uuid7
from yiwang.kernel.models import AppendOnly


class FormVersion(AppendOnly):
    """One version of one form, as published. ``digest`` is the SHA-256 of the canonical body, in hex."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField(auto_now_add=True)
    published_by = models.CharField(max_length=40)  # the actor's reference, as in the ledger

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="forms_form_version")]

    def __str__(self) -> str:
        return f"{self.title} ({self.code} {self.version})"
