from __future__ import annotations

from django.db import models

from yiwang.kernel.models import AppendOnly, Record


class Pipeline(models.Model):
    """A pipeline as declared now. ``columns`` are those of the last batch that was taken in, ``cursor`` where the next one begins."""

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=80)
    owner = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    cursor = models.CharField(max_length=200, blank=True)
    columns = models.JSONField(default=list)
    paused = models.BooleanField(default=False)
    next_at = models.DateTimeField(null=True)
    batches_made = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["next_at"])]

    def __str__(self) -> str:
        return self.name


class PipelineVersion(AppendOnly, Record):
    """One version of a pipeline's declaration. Batches name the one by which they were run."""

    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    body = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pipeline", "version"], name="pipelines_version")]


class Batch(Record):
    """One run of a pipeline over what the source gave at one time. ``stage`` is the next to be done; its files lie in the lake."""

    class State(models.TextChoices):
        WAITING = "waiting", "等待运行"
        RUNNING = "running", "正在运行"
        HELD = "held", "已拦下"
        FAILED = "failed", "运行失败"
        CANCELLED = "cancelled", "已取消"
        DONE = "done", "已完成"

    class Kind(models.TextChoices):
        REGULAR = "regular", "日常归集"
        BACKFILL = "backfill", "补采"
        REPAIR = "repair", "更正回流"

    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="batches")
    number = models.PositiveIntegerField()
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.REGULAR)
    repairs = models.ForeignKey("self", models.PROTECT, null=True, related_name="repaired_by")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    stage = models.CharField(max_length=12, default="land")
    options = models.JSONField(default=dict)  # what this run is asked for: a file, a span of time
    cursor_before = models.CharField(max_length=200, blank=True)
    cursor_after = models.CharField(max_length=200, blank=True)
    as_of = models.DateField()
    source = models.CharField(max_length=200, blank=True)
    source_sha256 = models.CharField(max_length=64, blank=True)
    source_bytes = models.BigIntegerField(default=0)
    columns = models.JSONField(default=list)
    landed = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)  # could not be read as rows
    held = models.BigIntegerField(default=0)  # broke a rule that holds rows
    warned = models.BigIntegerField(default=0)
    new = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    same = models.BigIntegerField(default=0)
    ended = models.BigIntegerField(default=0)
    reason = models.TextField(blank=True)  # why it is held or failed, in words
    reason_code = models.CharField(max_length=20, blank=True)
    passed = models.JSONField(default=list)  # reasons that a steward has let pass
    cancel_wanted = models.BooleanField(default=False)
    by = models.CharField(max_length=40)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pipeline", "number"], name="pipelines_batch_number")]
        indexes = [models.Index(fields=["state", "-created_at"]), models.Index(fields=["-created_at", "-id"])]

    @property
    def good(self) -> int:
        """Rows that broke no rule that holds rows."""
        return max(self.landed - self.held, 0)


class StageRun(Record):
    """One stage of a batch: how long, how many rows and bytes. A stage that was killed and begun again has one row for each beginning."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="stages")
    stage = models.CharField(max_length=12)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    rows = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    words = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["batch", "started_at"])]

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it goes on."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None


class RuleResult(models.Model):
    """What one rule found in one batch."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="results")
    rule = models.CharField(max_length=80)
    label = models.CharField(max_length=120)
    dimension = models.CharField(max_length=14)
    does = models.CharField(max_length=10)
    checked = models.BigIntegerField()
    failed = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "rule"], name="pipelines_rule_result")]


class Score(models.Model):
    """The quality of one batch, 0 … 100, by dimension; the trend of a pipeline and an agency is read from these."""

    batch = models.OneToOneField(Batch, models.CASCADE, related_name="score")
    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="scores")
    agency = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    day = models.DateField()
    rows = models.BigIntegerField()
    overall = models.FloatField()
    dimensions = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["agency", "day"]), models.Index(fields=["pipeline", "day"])]


class Table(models.Model):
    """A table of a theme library: which files of the lake hold its rows in force and its ended ones. Changing these is what publishes."""

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=80)
    owner = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="tables")
    fields = models.JSONField()
    key = models.JSONField()
    version = models.PositiveIntegerField(default=0)
    current = models.CharField(max_length=200, blank=True)  # relative to the lake
    history = models.JSONField(default=list)
    rows = models.BigIntegerField(default=0)
    as_of = models.DateField(null=True)
    updated_at = models.DateTimeField(null=True)


class WorkOrder(Record):
    """Rows that go back to the department that answers for them (数据质量工单), or a source that changed its columns."""

    class State(models.TextChoices):
        OPEN = "open", "等待更正"
        CLOSED = "closed", "已更正"
        KEPT = "kept", "不再更正"

    class Why(models.TextChoices):
        ROWS = "rows", "问题数据"
        SCHEMA = "schema", "数据结构变化"

    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="orders")
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="orders")
    case = models.OneToOneField("cases.Case", models.PROTECT, related_name="+")
    why = models.CharField(max_length=8, choices=Why)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    rows = models.BigIntegerField()
    open_rows = models.BigIntegerField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["pipeline", "state"]), models.Index(fields=["state", "-created_at"])]
