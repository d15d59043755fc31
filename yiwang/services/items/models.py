from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.models import AppendOnlyError, Record


class BasicItem(models.Model):
    """An entry of the basic list 基本目录: the same everywhere, whoever implements it."""

    code = models.CharField(
        max_length=24, primary_key=True
    )  # an..10 (GB/T 39046), 12 (GB/T 39554), 12 or 14 in the composite form
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=2)

    def __str__(self) -> str:
        return self.name


class Item(Record):
    """An item of the implementation list 实施清单: one agency's way of doing it. What it says is in its versions.

    The columns beside ``current`` and ``working`` repeat parts of the published body (of the working one before the first
    publication), so that lists can be filtered.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        REVIEW = "review", _("待合法性审核")
        REVIEWED = "reviewed", _("待发布")
        PUBLISHED = "published", _("已发布")
        CHANGING = "changing", _("已发布，修改中")
        WITHDRAWN = "withdrawn", _("已取消")

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    group = models.CharField(max_length=200, blank=True)
    basic = models.ForeignKey(BasicItem, models.PROTECT, null=True, related_name="items")
    agency = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="items")
    region = models.ForeignKey("orgs.Region", models.PROTECT, related_name="items")
    type = models.CharField(max_length=2)
    state = models.CharField(max_length=10, choices=State)
    current = models.ForeignKey(
        "items.ItemVersion", models.PROTECT, null=True, related_name="+"
    )  # what the public sees
    working = models.ForeignKey(
        "items.ItemVersion", models.PROTECT, null=True, related_name="+"
    )  # what is being prepared
    listed = models.BooleanField(default=False)  # whether it has a current version
    letter = models.CharField(max_length=1)
    for_person = models.BooleanField()
    for_organisation = models.BooleanField()
    online = models.BooleanField()
    detailed = models.BooleanField()
    service = models.CharField(max_length=10, default="open")
    doubts = models.JSONField(default=list)  # [{"code", "message"}] that the import kept
    doubtful = models.BooleanField(default=False)
    source_hash = models.CharField(max_length=64, blank=True)  # of the row of the list from which it was imported
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["listed", "letter", "name", "id"], name="items_by_letter"),
            models.Index(fields=["agency", "letter", "name", "id"], name="items_by_agency"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.listed = self.current_id is not None
        fields = kwargs.get("update_fields")
        if fields is not None:
            kwargs["update_fields"] = {*fields, "listed"}
        super().save(*args, **kwargs)


class ItemVersion(Record):
    """One body of an item. Body, number and hash are written once; only the state of the version moves."""

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        REVIEW = "review", _("待合法性审核")
        REVIEWED = "reviewed", _("待发布")
        PUBLISHED = "published", _("现行")
        REPLACED = "replaced", _("已被替换")
        DROPPED = "dropped", _("已放弃")

    FIXED = frozenset({"item", "item_id", "number", "body", "body_hash", "made_by", "created_at"})

    item = models.ForeignKey(Item, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    body_hash = models.CharField(max_length=64)  # SHA-256 of the canonical body; the ledger has it too
    state = models.CharField(max_length=10, choices=State)
    note = models.CharField(max_length=300, blank=True)  # why it was made
    made_by = models.CharField(max_length=40)  # as the ledger names an actor
    reviewed_by = models.CharField(max_length=40, blank=True)
    reviewed_at = models.DateTimeField(null=True)
    opinion = models.CharField(max_length=500, blank=True)
    published_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # replaced, dropped or withdrawn with its item

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "number"], name="items_version_once")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding and (
            kwargs.get("update_fields") is None or self.FIXED.intersection(kwargs["update_fields"])
        ):
            raise AppendOnlyError("the body of an item version is written once")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("item versions are kept")


class ItemTag(models.Model):
    """A theme or life event under which a published item is found."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="tags")
    family = models.CharField(max_length=10)  # theme, life
    code = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "family", "code"], name="items_tag_once")]
        indexes = [models.Index(fields=["family", "code", "item"], name="items_by_tag")]


class ItemImport(Record):
    """One reading of a list of items: which file, what came of it. Its batches are committed one by one."""

    file_name = models.CharField(max_length=200)
    file_hash = models.CharField(max_length=64)  # SHA-256
    made_by = models.CharField(max_length=40)
    counts = models.JSONField(default=dict)
    lines = models.PositiveIntegerField(default=0)  # rows in the file, known once it is being read
    file_id = models.UUIDField(null=True)  # the list itself, when it came through the browser
    report_id = models.UUIDField(null=True)  # the rows with doubts, as CSV
    failed = models.CharField(max_length=300, blank=True)  # why it could not be read
    finished_at = models.DateTimeField(null=True)

    @property
    def running(self) -> bool:
        return self.finished_at is None and not self.failed

    @property
    def rows(self) -> int:
        """Rows read so far."""
        return int(self.counts.get("rows", 0))

    @property
    def seconds(self) -> float:
        """How long it took, or has taken so far."""
        return ((self.finished_at or timezone.now()) - self.created_at).total_seconds()
