from __future__ import annotations

from django.db import models

from yiwang.kernel.models import Record


class Draft(Record):
    """The next version of one declaration. ``kind`` is the room's word for it ("rule", "form", "procedure").

    ``based_on`` is the version from which it was begun (0: there was none). ``revision`` counts the savings: who saves says which
    one they saw. ``digest`` is the SHA-256 of the canonical body, in hex.
    """

    kind = models.CharField(max_length=20)
    code = models.CharField(max_length=60)
    title = models.CharField(max_length=200, blank=True)
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    based_on = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=40)  # the actor's reference, as in the ledger

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="drafts_one_each")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.code}"
