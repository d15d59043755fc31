from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from yiwang.foundation.crypto.fields import SealedTextField
from yiwang.kernel.models import Record


class Level(models.IntegerChoices):
    """How surely the node knows who is behind an account (实名等级 L0 … L4). Each level includes those below it.

    ADR 0053 says which acts ask for which.
    """

    NONE = 0, _("未实名")
    NUMBER = 1, _("已核对身份证号")
    FACE = 2, _("已通过刷脸或银行卡核验")
    IN_PERSON = 3, _("已到窗口核验")
    CERTIFICATE = 4, _("已用数字证书核验")


class AccountManager(BaseUserManager["Account"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> Account:
        account = self.model(username=username, **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """Somebody who can sign in. ``level`` is the real-name level, a :class:`Level`."""

    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=60)
    level = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    demo = models.BooleanField(default=False)
    standing_stamp = models.BigIntegerField(default=0)  # another one after each change of its grants, roles, standings
    # Set at a counter and known to somebody else: nothing but changing it is possible until its owner has done so.
    password_temporary = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AccountManager()

    USERNAME_FIELD = "username"

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    # The staff tools of Django are not used; nobody passes its permission checks.
    is_staff = False
    is_superuser = False

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False


class Party(Record):
    """A natural person or an organisation, known by one code: identity number or unified social credit code."""

    class Kind(models.TextChoices):
        PERSON = "person", "自然人"
        ORGANISATION = "organisation", "法人或其他组织"

    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(max_length=120)
    code = SealedTextField(mask="identity")
    code_hash = models.CharField(max_length=64, unique=True)
    phone = SealedTextField(mask="phone", blank=True, default="")

    def __str__(self) -> str:
        return self.name

    @property
    def shown_code(self) -> str:
        """The code as a page shows it: identity numbers are masked, social credit codes are public."""
        return self.code.plain() if self.kind == self.Kind.ORGANISATION else str(self.code)


class Standing(Record):
    """The ground on which an account acts for a party.

    ``matters`` are the codes of the service items for which an agent may act (代理事项，民法典第一百六十五条); empty is everything.
    """

    class Ground(models.TextChoices):
        SELF = "self", "本人"
        LEGAL_REPRESENTATIVE = "legal-representative", "法定代表人"
        AGENT = "agent", "受托人"

    account = models.ForeignKey(Account, models.CASCADE, related_name="standings")
    party = models.ForeignKey(Party, models.PROTECT, related_name="standings")
    ground = models.CharField(max_length=24, choices=Ground)
    since = models.DateField()
    until = models.DateField(null=True)
    matters = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "party", "ground"], name="accounts_standing_once")]
