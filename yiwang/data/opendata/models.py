from __future__ import annotations

from django.db import models

from yiwang.foundation.crypto.fields import SealedTextField
from yiwang.kernel.models import AppendOnly, Record


class Dataset(Record):
    """One dataset of the portal. ``code`` is its name in addresses and in CKAN; ``resource`` the code of the resource in the catalogue.

    ``current`` is the edition in force, null before the first release. ``subject`` is what one row is about, as the provider declares and the
    bureau confirms: rows about persons are held to k-anonymity.
    """

    class State(models.TextChoices):
        PREPARING = "preparing", "准备中"
        RELEASED = "released", "已开放"
        WITHDRAWN = "withdrawn", "已撤下"

    class Subject(models.TextChoices):
        PERSON = "person", "个人"
        ORGANISATION = "organisation", "单位"
        THING = "thing", "事物或地点"
        FIGURES = "figures", "汇总统计"

    class OpenKind(models.TextChoices):
        UNCONDITIONAL = "unconditional", "无条件开放"
        CONDITIONAL = "conditional", "有条件开放"

    code = models.CharField(max_length=60, unique=True)
    resource = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    abstract = models.TextField()
    theme = models.CharField(max_length=20)
    keywords = models.JSONField(default=list)
    licence = models.CharField(max_length=30)
    update_period = models.CharField(max_length=20)
    open_kind = models.CharField(max_length=15, choices=OpenKind)
    subject = models.CharField(max_length=15, choices=Subject)
    provider = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    agency_path = models.CharField(max_length=200)
    region_path = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.PREPARING)
    current = models.ForeignKey("Edition", models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "-changed_at", "-id"], name="opendata_newest"),
            models.Index(fields=["agency_path", "-changed_at"], name="opendata_by_agency"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def open(self) -> bool:
        """Whether the public finds it now."""
        return self.state == self.State.RELEASED


class Preparation(Record):
    """The way in which a resource is to be opened, and the file that came of it; released as it was checked, byte by byte.

    ``fields`` holds one object for each field of the resource (:class:`.treatments.Treated`). ``sha256``, ``rows`` and ``size`` (bytes) are of
    the file, ``report`` what the disclosure check found. Once submitted it does not change any more.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "正在准备"
        CHECKING = "checking", "正在检查"
        CHECKED = "checked", "检查通过"
        FAILED = "failed", "检查不通过"
        SUBMITTED = "submitted", "等待审核"
        RETURNED = "returned", "已退回"
        RELEASED = "released", "已发布"

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="preparations")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    resource_version = models.PositiveIntegerField()
    fields = models.JSONField()
    threshold = models.PositiveSmallIntegerField()  # k: how many rows must share what could point to one person
    report = models.JSONField(default=dict)
    profile = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64, blank=True)
    rows = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    as_of = models.DateField(null=True)
    failure = models.CharField(max_length=300, blank=True)
    note = models.CharField(max_length=300, blank=True)
    opinion = models.CharField(max_length=300, blank=True)
    submitted_by = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "number"], name="opendata_preparation_number")]
        indexes = [models.Index(fields=["state", "submitted_at"], name="opendata_waiting")]

    @property
    def editable(self) -> bool:
        return self.state not in (self.State.CHECKING, self.State.SUBMITTED, self.State.RELEASED)


class Edition(Record):
    """One release. Its content never changes: another edition takes its place, or it is withdrawn with a reason.

    ``fields`` are the fields as opened (name, label, type, meaning), ``profile`` figures of the columns for charts.
    """

    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="editions")
    number = models.PositiveIntegerField()
    preparation = models.OneToOneField(Preparation, models.PROTECT, related_name="edition")
    fields = models.JSONField()
    profile = models.JSONField()
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveBigIntegerField()
    size = models.PositiveBigIntegerField()
    as_of = models.DateField(null=True)
    note = models.CharField(max_length=300, blank=True)
    released_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "number"], name="opendata_edition_number")]


class Change(AppendOnly):
    """One line of the feed of changes, for those who keep a copy of the catalogue (harvesting)."""

    class Kind(models.TextChoices):
        RELEASED = "released", "首次开放"
        EDITION = "edition", "新版本"
        EDITION_WITHDRAWN = "edition-withdrawn", "撤下一个版本"
        WITHDRAWN = "withdrawn", "撤下"

    at = models.DateTimeField(db_index=True)
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=20, choices=Kind)
    edition = models.PositiveIntegerField()


class Use(models.Model):
    """How often a dataset was looked at, downloaded or queried on a day. Nothing says by whom."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="uses")
    day = models.DateField()
    kind = models.CharField(max_length=10)  # view, download, api
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "day", "kind"], name="opendata_use_once")]


class Asked(Record):
    """What somebody asked of open data; the case carries it. ``answer`` is what was decided, in words for the party."""

    party = models.ForeignKey("accounts.Party", models.PROTECT, related_name="+")
    case = models.OneToOneField("cases.Case", models.PROTECT, related_name="+")
    answer = models.TextField(blank=True)

    class Meta:
        abstract = True


class Access(Asked):
    """Somebody asks for a dataset that is open on conditions; when granted, a token opens it until ``until``, ``quota`` calls a day."""

    class State(models.TextChoices):
        ASKED = "asked", "正在审核"
        GRANTED = "granted", "已同意"
        REFUSED = "refused", "未同意"
        REVOKED = "revoked", "已收回"

    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="accesses")
    purpose = SealedTextField()
    safeguards = SealedTextField()
    days = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    until = models.DateField(null=True)
    quota = models.PositiveIntegerField(default=0)
    token_hash = models.CharField(max_length=64, blank=True, db_index=True)
    day = models.DateField(null=True)  # the day that ``used`` counts
    used = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["party", "-created_at"], name="opendata_access_party")]


class Wish(Asked):
    """Data that somebody would like to see opened. Title and state are public, the person is not; others may join with a vote."""

    class State(models.TextChoices):
        ASKED = "asked", "等待答复"
        PLANNED = "planned", "计划开放"
        OPENED = "opened", "已经开放"
        REFUSED = "refused", "暂不开放"

    title = models.CharField(max_length=80)
    why = SealedTextField()
    agency = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    dataset = models.ForeignKey(Dataset, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    votes = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["-votes", "-id"], name="opendata_wish_votes")]


class Vote(AppendOnly, Record):
    """A party joins a wish, once."""

    wish = models.ForeignKey(Wish, models.CASCADE, related_name="voters")
    party = models.ForeignKey("accounts.Party", models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["wish", "party"], name="opendata_vote_once")]


class Correction(Asked):
    """Somebody says that something in a dataset is wrong."""

    class State(models.TextChoices):
        ASKED = "asked", "正在核实"
        CORRECTED = "corrected", "会在下一版更正"
        UPHELD = "upheld", "核实无误"

    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="corrections")
    edition = models.PositiveIntegerField()
    text = SealedTextField()
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)


class Showcase(Asked):
    """Something that was made with open data. Public once the bureau has looked at it."""

    class State(models.TextChoices):
        ASKED = "asked", "等待审核"
        PUBLISHED = "published", "已展示"
        REFUSED = "refused", "未展示"

    name = models.CharField(max_length=60)
    summary = models.CharField(max_length=300)
    url = models.URLField(max_length=300)
    datasets = models.ManyToManyField(Dataset, related_name="showcases")
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)


class Subscription(Record):
    """A party wants to hear of new editions of a dataset. ``told`` is the newest that they were told of, so that nobody is told twice."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="subscriptions")
    party = models.ForeignKey("accounts.Party", models.CASCADE, related_name="+")
    told = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "party"], name="opendata_subscribed_once")]
