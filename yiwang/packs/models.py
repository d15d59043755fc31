from __future__ import annotations

from django.db import models

from yiwang.kernel.models import AppendOnly, Record


class Installation(AppendOnly, Record):
    """A pack was installed, installed anew with another content, or removed. The newest one of a name is what the node has.

    ``digest`` is SHA-256 over the paths and contents of the pack's files; ``changes`` counts documents by kind and outcome.
    """

    name = models.CharField(max_length=60)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    changes = models.JSONField()
    removed = models.BooleanField(default=False)  # this row says that the pack was taken away

    class Meta:
        indexes = [models.Index(fields=["name", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Declared(models.Model):
    """Which pack declared a thing, and with which content. Two packs cannot declare the same thing."""

    kind = models.CharField(max_length=20)
    code = models.CharField(max_length=120)
    pack = models.CharField(max_length=60)
    path = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    installation = models.ForeignKey(Installation, models.PROTECT, related_name="declared")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="packs_declared_once")]
        indexes = [models.Index(fields=["pack"])]
