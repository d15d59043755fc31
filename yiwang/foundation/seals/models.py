from __future__ import annotations

from django.db import models

from yiwang.kernel.models import AppendOnly, Record


class Seal(Record):
    """One seal of one agency (or of the node itself, ``agency`` null), with its own key.

    ``kind`` is a key of :data:`.kinds.KINDS`; ``image`` is the impression as SVG; ``purpose`` names the key in the crypto
    service. A revoked seal stays in the register: what was sealed before still names it.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", "使用中"
        SUSPENDED = "suspended", "已停用"
        REVOKED = "revoked", "已注销"

    code = models.CharField(max_length=60, unique=True)
    agency = models.ForeignKey("orgs.Agency", models.PROTECT, null=True, related_name="seals")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    image = models.TextField()
    purpose = models.CharField(max_length=40)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    status_since = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    made_by = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["agency", "kind", "status"])]

    def __str__(self) -> str:
        return self.name

    @property
    def owner(self) -> str:
        """Whose key it is, as the crypto service names owners."""
        return f"agency:{self.agency_id}" if self.agency_id else "node"


class SealUse(AppendOnly):
    """One use of a seal: who, when, on which document, for what. Hashes are SHA-256 in hex, before and after sealing."""

    seal = models.ForeignKey(Seal, models.PROTECT, related_name="uses")
    at = models.DateTimeField(auto_now_add=True)
    account_id = models.BigIntegerField(null=True)  # null: the node itself
    actor = models.CharField(max_length=40)
    reason = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=60)
    document = models.CharField(max_length=64)
    sealed = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["seal", "-id"]), models.Index(fields=["kind", "subject"])]


class ReceiptPaper(AppendOnly):
    """The paper made of a receipt, so that asking again gives the same file. ``words`` is a keyed hash of what it says."""

    entry = models.UUIDField()
    words = models.CharField(max_length=64)
    file = models.UUIDField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "words"], name="seals_receipt_once")]
