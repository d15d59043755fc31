from __future__ import annotations

from django.db import models

from yiwang.foundation.crypto.fields import SealedTextField


class ObjectionCase(models.Model):
    """The case that looks into an objection, and what was answered."""

    objection = models.OneToOneField(
        "registries.Objection", models.PROTECT, primary_key=True, related_name="looked_into"
    )
    case = models.OneToOneField("cases.Case", models.PROTECT, related_name="+", db_constraint=False)
    answer = SealedTextField(blank=True, default="")
    answered_at = models.DateTimeField(null=True)
