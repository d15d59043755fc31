from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy

from yiwang.foundation.crypto.fields import SealedJSONField, SealedTextField
from yiwang.kernel.models import AppendOnly, Record


class Register(models.Model):
    """A register as declared now. ``body`` repeats the newest :class:`RegisterVersion`, so that a look-up needs no join."""

    class Subject(models.TextChoices):
        PERSON = "person", "自然人"
        ORGANISATION = "organisation", "法人或其他组织"
        OTHER = "other", "其他"

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=80)
    owner = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="registers")
    subject = models.CharField(max_length=12, choices=Subject)
    version = models.PositiveIntegerField()
    body = models.JSONField()
    digest = models.CharField(max_length=64)  # SHA-256 of the canonical body

    def __str__(self) -> str:
        return self.name


class RegisterVersion(AppendOnly, Record):
    """One version of a register's declaration: its elements, their types, levels and masks."""

    register = models.ForeignKey(Register, models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    body = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["register", "version"], name="registries_register_version")]


class Load(AppendOnly, Record):
    """Rows that came from one source at one time, and what became of them."""

    register = models.ForeignKey(Register, models.PROTECT, related_name="loads")
    source = models.CharField(
        max_length=120
    )  # the code of a declared source, or words where the register declares none
    as_of = models.DateField()
    new = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    same = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    by = models.CharField(max_length=40)  # as the ledger names the actor


class RegisterRecord(models.Model):
    """What a register says about one key from ``as_of`` on (the golden record 黄金记录, where several sources speak of the key).

    Two times (ADR 0066): ``as_of`` is the day from which it holds, until the next observation's; ``since`` and ``until`` are when
    this node knew it. What was known on day X about day Y is the row with the greatest ``as_of`` up to Y among those known at X.
    ``latest`` marks the one that look-ups find.

    ``key_hash`` is a keyed hash of the key; for persons and organisations it equals ``accounts.Party.code_hash``, which is how
    a person finds their own data. ``content_hash`` is a keyed hash of the data: the same content again changes nothing.
    ``source`` is the only declared source that speaks of the key; "" when there are several, and ``why`` then says for each
    element [source, rule], or when the register declares none.
    """

    register = models.ForeignKey(Register, models.PROTECT, related_name="records", db_index=False)
    key_hash = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=1)
    declared = models.PositiveIntegerField()  # the version of the declaration it was checked against
    data = SealedJSONField()
    content_hash = models.CharField(max_length=64)
    source = models.CharField(max_length=40, blank=True, default="")
    why = models.JSONField(null=True)
    as_of = models.DateField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    latest = models.BooleanField(default=True)
    load = models.ForeignKey(Load, models.PROTECT, null=True, related_name="records", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key_hash", "register", "version"], name="registries_record_version"),
            models.UniqueConstraint(
                fields=["key_hash", "register"],
                condition=models.Q(until=None, latest=True),
                name="registries_record_in_force",
            ),
        ]
        indexes = [models.Index(fields=["register", "id"], name="registries_record_changes")]


class Claim(models.Model):
    """What one source says about one key, from ``as_of`` on; the newest in each respect has no ``until``.

    Written only for keys of which several sources speak: where one source alone speaks, its record is its claim. ``confirmed``
    is the last day for which the source said the same again. A steward's ruling is a claim of the source :data:`RULING`, with
    the ruled elements only. ``link`` is how a row without the register's key came to speak of this one.
    """

    RULING = "ruling"

    register = models.ForeignKey(Register, models.PROTECT, related_name="claims", db_index=False)
    key_hash = models.CharField(max_length=64)
    source = models.CharField(max_length=40)
    data = SealedJSONField()
    content_hash = models.CharField(max_length=64)
    as_of = models.DateField()
    confirmed = models.DateField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    load = models.ForeignKey(Load, models.PROTECT, null=True, related_name="claims", db_index=False)
    link = models.ForeignKey("Link", models.PROTECT, null=True, related_name="claims")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key_hash", "register", "source", "as_of"], condition=models.Q(until=None),
                name="registries_claim_in_force",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["key_hash", "register"], name="registries_claims_of_key")]


class Conflict(Record):
    """One element of one key on which sources differ. ``rule`` decided it, or nothing could ("undecided") and people are asked.

    The values stand in the claims, never here. ``question`` is the case in which the doubted source is asked.
    """

    class State(models.TextChoices):
        DECIDED = "decided", gettext_lazy("按规则已定")
        OPEN = "open", gettext_lazy("等待处理")
        ASKED = "asked", gettext_lazy("已问来源")
        SETTLED = "settled", gettext_lazy("已裁定")
        GONE = "gone", gettext_lazy("来源已一致")

    WAITING = (State.OPEN, State.ASKED)
    OVER = (State.SETTLED, State.GONE)

    register = models.ForeignKey(Register, models.PROTECT, related_name="conflicts", db_index=False)
    key_hash = models.CharField(max_length=64)
    element = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State)
    rule = models.CharField(max_length=12)
    sources = models.JSONField()  # the codes of the sources that speak, the winner first
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=40, blank=True)  # as the ledger names the actor
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key_hash", "register", "element"],
                condition=models.Q(closed_at=None),
                name="registries_conflict_now",
            ),
        ]
        indexes = [models.Index(fields=["register", "state", "-created_at", "-id"], name="registries_conflict_list")]


class Question(Record):
    """The question about a conflict to one source, a case of that source's agency; ``answer`` is what came back."""

    class Answer(models.TextChoices):
        RIGHT = "right", gettext_lazy("核实无误")
        WRONG = "wrong", gettext_lazy("确有错误，将更正")

    conflict = models.ForeignKey(Conflict, models.PROTECT, related_name="questions")
    source = models.CharField(max_length=40)
    text = models.CharField(max_length=300)
    case = models.OneToOneField("cases.Case", models.PROTECT, related_name="+")
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    note = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField(null=True)


class Stray(models.Model):
    """A row of a source that does not carry the register's key. ``own_hash`` is a keyed hash of the source's own number."""

    register = models.ForeignKey(Register, models.PROTECT, related_name="strays", db_index=False)
    source = models.CharField(max_length=40)
    own_hash = models.CharField(max_length=64)
    data = SealedJSONField()
    content_hash = models.CharField(max_length=64)
    as_of = models.DateField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    load = models.ForeignKey(Load, models.PROTECT, related_name="strays", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["register", "source", "own_hash"],
                condition=models.Q(until=None),
                name="registries_stray_in_force",
            ),
        ]


class Linking(Record):
    """One run of the model of a register over its rows without a key: how far it is and what came of it."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("等待开始")
        RUNNING = "running", gettext_lazy("正在比对")
        DONE = "done", gettext_lazy("已完成")
        FAILED = "failed", gettext_lazy("没有完成")

    register = models.ForeignKey(Register, models.PROTECT, related_name="linkings")
    declared = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    step = models.CharField(max_length=20, blank=True)
    done = models.PositiveIntegerField(default=0)  # steps of :data:`steps`
    steps = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    records = models.PositiveIntegerField(default=0)
    sure = models.PositiveIntegerField(default=0)
    unsure = models.PositiveIntegerField(default=0)
    by = models.CharField(max_length=40)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["register", "-created_at"])]


class Link(Record):
    """That a row without a key speaks of one record, or may: by the model's judgement or a steward's.

    ``probability`` is the model's, in ten-thousandths; ``levels`` which level of likeness each compared element reached.
    """

    class State(models.TextChoices):
        LINKED = "linked", gettext_lazy("已关联")
        UNSURE = "unsure", gettext_lazy("等待比对")
        DIFFERENT = "different", gettext_lazy("不是同一个")
        UNDECIDED = "undecided", gettext_lazy("暂时定不了")
        UNDONE = "undone", gettext_lazy("已撤销")
        OVER = "over", gettext_lazy("已不需要")

    register = models.ForeignKey(Register, models.PROTECT, related_name="links", db_index=False)
    source = models.CharField(max_length=40)
    own_hash = models.CharField(max_length=64)
    key_hash = models.CharField(max_length=64)
    linking = models.ForeignKey(Linking, models.PROTECT, related_name="links")
    probability = models.PositiveIntegerField()
    levels = models.JSONField()
    state = models.CharField(max_length=10, choices=State)
    by = models.CharField(max_length=40, blank=True)  # as the ledger names the actor; "" for the model
    decided_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["register", "source", "own_hash", "key_hash"],
                condition=~models.Q(state__in=["undone", "over"]),
                name="registries_link_now",
            ),
            models.UniqueConstraint(
                fields=["register", "source", "own_hash"],
                condition=models.Q(state="linked"),
                name="registries_link_one",
            ),
        ]
        indexes = [
            models.Index(fields=["register", "state", "-probability", "-id"], name="registries_link_list"),
            models.Index(fields=["key_hash", "register"], name="registries_links_of_key"),
        ]


class LookUp(AppendOnly):
    """Somebody read a record: who, for what, which elements. Kept for the subject, who may ask who used their data.

    ``reader`` is how the subject is told: the reader's agency, never a clerk's name; ``account_id`` is for the auditor.
    ``about`` names the thing that needed it ("case:…").
    """

    class Kind(models.TextChoices):
        SELF = "self", "本人"
        OFFICIAL = "official", "部门"
        NODE = "node", "系统"

    at = models.DateTimeField(auto_now_add=True)
    register = models.ForeignKey(Register, models.PROTECT, related_name="look_ups")
    key_hash = models.CharField(max_length=64)
    found = models.BooleanField()
    fields = models.JSONField()
    purpose = models.CharField(max_length=120)
    about = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    reader = models.CharField(max_length=120)
    account_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=12)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["key_hash", "-at", "-id"], name="registries_who_used"),
            models.Index(fields=["register", "-at"]),
        ]


class Objection(Record):
    """The subject says that an element is wrong. Personal data, so sealed; it stays open until the owner has answered."""

    class State(models.TextChoices):
        OPEN = "open", "等待核实"
        CORRECTED = "corrected", "已更正"
        UPHELD = "upheld", "核实无误"

    register = models.ForeignKey(Register, models.PROTECT, related_name="objections")
    record = models.ForeignKey(RegisterRecord, models.PROTECT, related_name="objections")
    party = models.ForeignKey("accounts.Party", models.PROTECT, related_name="+")
    element = models.CharField(max_length=40)
    claimed = SealedTextField()
    why = SealedTextField(blank=True, default="")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)

    class Meta:
        indexes = [models.Index(fields=["party", "-created_at"])]
