from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.models import AppendOnly, Record


class Entry(models.Model):
    """An entry of the library in the version in force. ``body`` repeats the newest :class:`EntryVersion`, so that reading needs no join.

    ``standard`` is the document it comes from, ``type`` the type of an element, or the status of a norm; both repeat the body for lists.
    """

    class Kind(models.TextChoices):
        ELEMENT = "element", _("数据元")
        CODE_SET = "code_set", _("代码集")
        NORM = "norm", _("标准规范")

    class State(models.TextChoices):
        PUBLISHED = "published", _("现行")
        WITHDRAWN = "withdrawn", _("已停用")

    kind = models.CharField(max_length=10, choices=Kind)
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    standard = models.CharField(max_length=120, blank=True)
    type = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PUBLISHED)
    version = models.PositiveIntegerField()
    body = models.JSONField()
    digest = models.CharField(max_length=64)  # SHA-256 of the canonical body
    published_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)
    successor = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="standards_code_once")]

    def __str__(self) -> str:
        return self.name


class EntryVersion(AppendOnly, Record):
    """One published version of an entry."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    note = models.CharField(max_length=300, blank=True)  # why it was made
    published_by = models.CharField(max_length=40)  # as the ledger names an actor

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "version"], name="standards_version_once")]
