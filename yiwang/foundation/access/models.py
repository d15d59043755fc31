from __future__ import annotations

from django.db import models
from django.db.models import Value
from django.db.models.functions import Coalesce

from yiwang.foundation.crypto.fields import SealedTextField
from yiwang.kernel.models import AppendOnly


class Role(models.Model):
    """A named set of permissions. ``permissions`` is a list of codes; "room.*" stands for all of a room."""

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=60)
    permissions = models.JSONField(default=list)
    data_level = models.PositiveSmallIntegerField(default=2)  # highest GB/T 43697 level it may read

    def __str__(self) -> str:
        return self.name


class Grant(models.Model):
    """A role given to an account within an agency subtree and a region subtree; empty means the whole node."""

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="grants")
    role = models.ForeignKey(Role, models.PROTECT)
    agency = models.ForeignKey("orgs.Agency", models.PROTECT, null=True)
    region = models.ForeignKey("orgs.Region", models.PROTECT, null=True)
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "account",
                "role",
                Coalesce("agency", Value("")),
                Coalesce("region", Value("")),
                name="access_grant_once",
            )
        ]


class Denial(AppendOnly):
    """A call that was refused: who, what, on which thing, from where."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    account_id = models.BigIntegerField(null=True, db_index=True)
    actor = models.CharField(max_length=120)
    permission = models.CharField(max_length=80)
    subject = models.CharField(max_length=120, blank=True)
    channel = models.CharField(max_length=12)
    request_id = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=45, blank=True)


class Unmasking(AppendOnly):
    """Somebody saw what is masked: whose, which field, and why."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    account_id = models.BigIntegerField(null=True, db_index=True)  # None for the node itself
    party = models.ForeignKey("accounts.Party", models.PROTECT, related_name="+")
    field = models.CharField(max_length=20)
    purpose = SealedTextField()


class Once(models.Model):
    """An Idempotency-Key that was used: the same key by the same account gives the first answer again."""

    account = models.ForeignKey("accounts.Account", models.CASCADE)
    key = models.CharField(max_length=100)
    permission = models.CharField(max_length=80)
    fingerprint = models.CharField(max_length=64)
    result = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="access_once_key")]
