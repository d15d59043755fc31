from __future__ import annotations

from django.db import models

from yiwang.kernel.models import AppendOnly, Record


class StoredFile(Record):
    """A file as somebody brought it or the node made it. ``sha256`` (hex, of the plain content) is its name in the store.

    ``state`` is waiting while a scanner has not spoken, and refused when it found something; only a clean file is opened.
    ``stored_by`` is the account that brought it; empty for a paper that the node made.
    """

    class State(models.TextChoices):
        CLEAN = "clean", "可用"
        WAITING = "waiting", "安全检查中"
        REFUSED = "refused", "未通过安全检查"

    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()  # bytes
    sha256 = models.CharField(max_length=64, db_index=True)
    party = models.ForeignKey("accounts.Party", models.PROTECT, null=True, related_name="+")
    purpose = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=State, default=State.CLEAN)
    stored_by = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.name


class Material(Record):
    """A file that a party keeps in its library, to hand in again and again. ``valid_until`` is its last good day."""

    party = models.ForeignKey("accounts.Party", models.CASCADE, related_name="+")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="materials")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=80)
    valid_until = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["party", "created_at"])]
        constraints = [models.UniqueConstraint(fields=["party", "file"], name="files_material_once")]

    def __str__(self) -> str:
        return self.title


class TemplateVersion(AppendOnly, Record):
    """A published version of a document template, as an official edited it; the shipped one counts as version 0.

    ``source`` is Typst, ``digest`` its SHA-256 in hex, ``note`` why it was changed.
    """

    code = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    source = models.TextField()
    digest = models.CharField(max_length=64)
    note = models.CharField(max_length=200)
    published_by = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="files_template_version")]
