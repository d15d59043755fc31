from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

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
    until = models.DateField(null=True)  # the first day on which it no longer holds

    def holds_on(self, day: dt.date) -> bool:
        """Whether the role is held on ``day``."""
        return self.since <= day and (self.until is None or day < self.until)

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


class GrantChange(AppendOnly):
    """A role was given, or its end was set: to whom, by whom, for how long and why. ``ended``: it was taken away."""

    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")  # None: the node itself
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="grant_changes")
    role = models.ForeignKey(Role, models.PROTECT, related_name="+")
    agency = models.ForeignKey("orgs.Agency", models.PROTECT, null=True, related_name="+")
    region = models.ForeignKey("orgs.Region", models.PROTECT, null=True, related_name="+")
    since = models.DateField()
    until = models.DateField(null=True)
    ended = models.BooleanField(default=False)
    reason = SealedTextField()

    class Meta:
        indexes = [models.Index(fields=["account", "-at"])]


class Help(AppendOnly):
    """Somebody was let in again at a counter: what was done to the account, by whom, and on what ground."""

    class What(models.TextChoices):
        PASSWORD = "password", _("重设密码")
        FACTORS = "factors", _("取消两步验证")
        CLOSED = "closed", _("停用账号")
        OPENED = "opened", _("恢复账号")
        LEVEL = "level", _("确认实名等级")
        UNLOCKED = "unlocked", _("解除登录锁定")

    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="helped")
    what = models.CharField(max_length=10, choices=What)
    purpose = SealedTextField()

    class Meta:
        indexes = [models.Index(fields=["account", "-at"])]


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
