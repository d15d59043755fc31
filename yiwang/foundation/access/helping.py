"""Helping somebody who cannot get in, at a counter, after seeing their identity card. Each time with a recorded purpose.

Whoever helps an official must reach everything that the official reaches: nobody takes over an account stronger than their own.
"""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.accounts import actions as accounts
from yiwang.foundation.accounts.queries import Account, Level, locked
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from .actors import Actor
from .acts import act, deny, require, require_somewhere
from .grants import checked_reason, scope_of
from .models import Grant, Help
from .slots import trace


def _helped(actor: Actor, account_id: int, permission: str) -> Account:
    """The account, after asking whether ``actor`` may help it."""
    subject = f"account:{account_id}"
    require_somewhere(actor, permission)
    if account_id == actor.account_id:
        deny(actor, subject=subject, message=_("自己的账号请在“我的账号”里修改，不能自己给自己重设。"))
    grants = Grant.objects.filter(account=account_id).select_related("agency", "region")
    today = timezone.localdate()
    for grant in grants:
        if grant.until is None or today < grant.until:
            require(
                actor, scope_of(grant.agency, grant.region), subject=subject,
                message=_("这个账号的职权超出您的管理范围，请由上级管理员处理。"),
            )  # fmt: skip
    account = Account.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        raise Missing(_("没有这个账号，请核对后再试。"))
    return account


def _keep(actor: Actor, account: Account, what: Help.What, purpose: str, **more: object) -> None:
    kept = Help.objects.create(by_id=actor.account_id, account=account, what=what, purpose=purpose)
    trace["ledger"]("account", account.pk, {"help": kept.pk, "what": str(what), **more})


def _ground(purpose: str) -> str:
    return checked_reason(purpose, "purpose", _("请写明依据，比如“本人持身份证到窗口，忘记密码”"))


@act("accounts.reset_password", gettext_lazy("重设密码"))
def reset_password(actor: Actor, account_id: int, purpose: str) -> str:
    """Give somebody a temporary password, which is returned once; all their sessions end.

    Raises :class:`Invalid` without a purpose, :class:`Conflict` for a sample account.
    """
    account = _helped(actor, account_id, "accounts.reset_password")
    purpose = _ground(purpose)
    password = accounts.set_temporary_password(account)
    _keep(actor, account, Help.What.PASSWORD, purpose)
    return password


@act("accounts.drop_factors", gettext_lazy("取消两步验证"))
def drop_factors(actor: Actor, account_id: int, purpose: str) -> int:
    """Take away the second factors of somebody who has lost them; returns how many. Raises :class:`Conflict` when there are none."""
    account = _helped(actor, account_id, "accounts.drop_factors")
    purpose = _ground(purpose)
    if not accounts.second_factors(account):
        raise Conflict(_("这个账号没有打开两步验证。"), code="no-factors")
    count = accounts.drop_second_factors(account)
    _keep(actor, account, Help.What.FACTORS, purpose, count=count)
    return count


@act("accounts.set_level", gettext_lazy("确认实名等级"))
def set_level(actor: Actor, account_id: int, level: int, purpose: str) -> Account:
    """Write down the real-name level of somebody whose identity card was seen, or lower it again when the check was wrong.

    A counter confirms up to :attr:`Level.IN_PERSON`; a certificate is checked by programs. Raises :class:`Invalid`, or :class:`Conflict` when it is so already.
    """
    account = _helped(actor, account_id, "accounts.set_level")
    purpose = checked_reason(purpose, "purpose", _("请写明依据，比如“核对身份证原件，人证一致”"))
    if not Level.NONE <= level <= Level.IN_PERSON:
        message = _("窗口只能确认 0 到 3 级；4 级要用数字证书核验。")
        raise Invalid(message, problems=[Problem("level", "range", message)])
    if account.level == level:
        raise Conflict(_("账号已经是这个状态，请刷新页面。"), code="unchanged")
    before = account.level
    accounts.set_level(account, level)
    _keep(actor, account, Help.What.LEVEL, purpose, before=before, level=level)
    return account


@act("accounts.unlock", gettext_lazy("解除登录锁定"))
def unlock(actor: Actor, account_id: int, purpose: str) -> Account:
    """Let somebody who typed their password wrong too often try again at once. Raises :class:`Conflict` when the account is not locked."""
    account = _helped(actor, account_id, "accounts.unlock")
    purpose = _ground(purpose)
    if not locked(account):
        raise Conflict(_("这个账号没有锁定，可以直接登录。"), code="not-locked")
    accounts.unlock(account)
    _keep(actor, account, Help.What.UNLOCKED, purpose)
    return account


@act("accounts.set_active", gettext_lazy("停用或恢复账号"))
def set_active(actor: Actor, account_id: int, active: bool, purpose: str) -> Account:
    """Close an account (its sessions end; what it did stays), or open it again. Raises :class:`Conflict` when it is so already."""
    account = _helped(actor, account_id, "accounts.set_active")
    purpose = _ground(purpose)
    if account.is_active == active:
        raise Conflict(_("账号已经是这个状态，请刷新页面。"), code="unchanged")
    accounts.set_active(account, active)
    _keep(actor, account, Help.What.OPENED if active else Help.What.CLOSED, purpose)
    return account
