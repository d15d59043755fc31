from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.models import AppendOnlyError, Record


class System(models.Model):
    """An information system 信息系统 of an agency, as the survey lists it. ``level`` is its grade of protection 等保 (0: not graded)."""

    class State(models.TextChoices):
        RUNNING = "running", _("在用")
        BUILDING = "building", _("在建")
        STOPPED = "stopped", _("停用")

    code = models.CharField(max_length=60, primary_key=True)
    name = models.CharField(max_length=200)
    agency = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    level = models.PositiveSmallIntegerField(default=0)
    store = models.CharField(max_length=60, blank=True)  # "PostgreSQL 15"
    cloud = models.BooleanField(default=False)  # on the government cloud
    built_on = models.DateField(null=True)

    def __str__(self) -> str:
        return self.name


class Entry(Record):
    """An entry of the catalogue: one resource of one provider. What it says is in its versions.

    The columns beside ``current`` and ``working`` repeat parts of the published body (of the working one before the first publication),
    so that lists can be filtered. ``rows``, ``as_of`` and ``freshness`` are what the holder of its place said when it was last asked.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        REVIEW = "review", _("待审核")
        REVIEWED = "reviewed", _("待发布")
        PUBLISHED = "published", _("已发布")
        CHANGING = "changing", _("已发布，修改中")
        WITHDRAWN = "withdrawn", _("已撤销")

    class Freshness(models.TextChoices):
        UNKNOWN = "unknown", _("未接入")
        FRESH = "fresh", _("按期更新")
        LATE = "late", _("超期未更新")
        FREE = "free", _("不定期")
        BROKEN = "broken", _("读不到")

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    provider = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    system = models.ForeignKey(System, models.PROTECT, null=True, related_name="entries")
    state = models.CharField(max_length=10, choices=State)
    current = models.ForeignKey("catalogue.EntryVersion", models.PROTECT, null=True, related_name="+")
    working = models.ForeignKey("catalogue.EntryVersion", models.PROTECT, null=True, related_name="+")
    listed = models.BooleanField(default=False)  # whether it has a current version
    share = models.CharField(max_length=14)
    open = models.CharField(max_length=14)
    update_period = models.CharField(max_length=20)
    level = models.PositiveSmallIntegerField(default=1)
    place = models.CharField(max_length=200, blank=True)
    fields = models.PositiveSmallIntegerField(default=0)
    text = models.TextField(blank=True)  # name, abstract, keywords and labels of the fields, for finding
    rows = models.BigIntegerField(null=True)
    as_of = models.DateField(null=True)
    freshness = models.CharField(max_length=10, choices=Freshness, default=Freshness.UNKNOWN)
    measured_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)
    source_hash = models.CharField(max_length=64, blank=True)  # of the rows of the survey from which it came

    class Meta:
        indexes = [
            models.Index(fields=["listed", "code"], name="catalogue_listed"),
            models.Index(fields=["provider", "code"], name="catalogue_by_provider"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.listed = self.current_id is not None
        names = kwargs.get("update_fields")
        if names is not None:
            kwargs["update_fields"] = {*names, "listed"}
        super().save(*args, **kwargs)


class EntryVersion(Record):
    """One body of an entry. Body, number and hash are written once; only the state of the version moves."""

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        REVIEW = "review", _("待审核")
        REVIEWED = "reviewed", _("待发布")
        PUBLISHED = "published", _("现行")
        REPLACED = "replaced", _("已被替换")
        DROPPED = "dropped", _("已放弃")

    FIXED = frozenset({"entry", "entry_id", "number", "body", "body_hash", "made_by", "created_at"})

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="versions")
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
    ended_at = models.DateTimeField(null=True)  # replaced, dropped or withdrawn with its entry

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "number"], name="catalogue_version_once")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding and (
            kwargs.get("update_fields") is None or self.FIXED.intersection(kwargs["update_fields"])
        ):
            raise AppendOnlyError("the body of a version is written once")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("versions of the catalogue are kept")


class Item(models.Model):
    """A field 信息项 of a published entry, in the version in force: for finding who has what, and which entries hold an element."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="items")
    name = models.CharField(max_length=60)
    label = models.CharField(max_length=120)
    element = models.CharField(max_length=60, blank=True, db_index=True)
    codes = models.CharField(max_length=60, blank=True)
    type = models.CharField(max_length=20)
    length = models.PositiveIntegerField(default=0)
    level = models.PositiveSmallIntegerField()
    share = models.CharField(max_length=14)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "name"], name="catalogue_item_once")]


class Source(models.Model):
    """The one authoritative resource of an element (一数一源)."""

    element = models.CharField(max_length=60, primary_key=True)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="sources")
    since = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)  # how it was settled, when it was disputed


class Claim(Record):
    """A second claim to an element: that another entry is its source. The case settles it with a reason."""

    class State(models.TextChoices):
        OPEN = "open", _("等待裁定")
        KEPT = "kept", _("维持原来源")
        MOVED = "moved", _("改为新来源")

    element = models.CharField(max_length=60)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="claims")
    against = models.ForeignKey(Entry, models.PROTECT, related_name="+")
    why = models.CharField(max_length=500)
    case = models.OneToOneField("cases.Case", models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    reason = models.CharField(max_length=500, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["element"], condition=models.Q(state="open"), name="catalogue_claim_open")
        ]


class Demand(Record):
    """An agency needs data (需求清单): what, for what, by which law, by when. The provider answers it as a case."""

    class State(models.TextChoices):
        OPEN = "open", _("等待答复")
        SUPPLIED = "supplied", _("已满足")
        REFUSED = "refused", _("不予提供")
        WITHDRAWN = "withdrawn", _("已撤回")

    agency = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    provider = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    wanted = models.TextField()  # which fields
    why = models.CharField(max_length=500)
    basis = models.CharField(max_length=300)
    due_on = models.DateField()
    entry = models.ForeignKey(
        Entry, models.PROTECT, null=True, related_name="demands"
    )  # what it was matched with, or got
    case = models.OneToOneField("cases.Case", models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    answer = models.CharField(max_length=500, blank=True)
    answer_basis = models.CharField(max_length=300, blank=True)  # the law by which it is refused
    answered_at = models.DateTimeField(null=True)
    in_time = models.BooleanField(null=True)
    grade = models.PositiveSmallIntegerField(null=True)  # 1 非常满意 … 5 非常不满意 (GB/T 39046 A.8)
    comment = models.CharField(max_length=300, blank=True)
    rated_at = models.DateTimeField(null=True)
    made_by = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["provider", "-id"]), models.Index(fields=["agency", "-id"])]


class Objection(Record):
    """A user of a resource says that its data is wrong; the source answers it as a case, and the answer comes back."""

    class State(models.TextChoices):
        OPEN = "open", _("等待核实")
        CORRECTED = "corrected", _("已更正")
        UPHELD = "upheld", _("核实无误")

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="objections")
    agency = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    field = models.CharField(max_length=60, blank=True)
    what = models.CharField(max_length=500)
    case = models.OneToOneField("cases.Case", models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    answer = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField(null=True)
    made_by = models.CharField(max_length=40)


class Overdue(Record):
    """A resource was not updated within its period: its provider is asked as a case. One open at a time."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="overdues")
    as_of = models.DateField(null=True)
    case = models.OneToOneField("cases.Case", models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry"], condition=models.Q(closed_at=None), name="catalogue_overdue_open")
        ]


class Duty(Record):
    """A declared duty 责任: an agency must supply an element, by a law or a document, whether or not a resource holds it yet."""

    agency = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    element = models.CharField(max_length=60)
    basis = models.CharField(max_length=300)
    update_period = models.CharField(max_length=20, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["element", "agency"], condition=models.Q(ended_at=None), name="catalogue_duty_once"
            )
        ]


class Survey(Record):
    """One reading of a filled-in survey of systems and data: which file, and what came of each row."""

    file_name = models.CharField(max_length=200)
    file_hash = models.CharField(max_length=64)  # SHA-256
    agency = models.ForeignKey("orgs.Agency", models.PROTECT, null=True, related_name="+")
    made_by = models.CharField(max_length=40)
    counts = models.JSONField(default=dict)
    report = models.JSONField(
        default=list
    )  # the doubtful rows: {"sheet", "line", "code", "name", "outcome", "reasons"}
