from __future__ import annotations

from django.db import models

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
    source = models.CharField(max_length=120)
    as_of = models.DateField()
    new = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    same = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    by = models.CharField(max_length=40)  # as the ledger names the actor


class RegisterRecord(models.Model):
    """What a register says about one key, in one version. The newest one has no ``until``.

    ``key_hash`` is a keyed hash of the key; for persons and organisations it equals ``accounts.Party.code_hash``, which is how
    a person finds their own data. ``content_hash`` is a keyed hash of the data: the same content again changes nothing.
    ``as_of`` is the day for which the source says so; ``since`` and ``until`` are when this node knew it.
    """

    register = models.ForeignKey(Register, models.PROTECT, related_name="records", db_index=False)
    key_hash = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=1)
    declared = models.PositiveIntegerField()  # the version of the declaration it was checked against
    data = SealedJSONField()
    content_hash = models.CharField(max_length=64)
    as_of = models.DateField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    load = models.ForeignKey(Load, models.PROTECT, related_name="records", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key_hash", "register", "version"], name="registries_record_version"),
            models.UniqueConstraint(
                fields=["key_hash", "register"], condition=models.Q(until=None), name="registries_record_in_force"
            ),
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
    grant = models.CharField(max_length=24, blank=True)  # the number of the grant of sharing on which it rests
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
