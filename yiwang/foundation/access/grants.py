"""The acts on roles: giving one within a subtree of agencies and regions for a time, and taking it away. Each with a reason.

Administration is delegated by level (F03): whoever may give roles may do so inside their own subtree only, and never to themselves.
"""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.accounts.queries import Account
from yiwang.foundation.orgs.queries import Agency, Region
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from .actors import Actor
from .acts import Scope, act, deny, require
from .models import Grant, GrantChange, Role
from .slots import trace

LONGEST_REASON = 200


def checked_reason(text: str, field: str, missing: str) -> str:
    """The reason, or Invalid at ``field``: with ``missing`` when it was left out."""
    text = text.strip()
    if not text:
        raise Invalid(missing, problems=[Problem(field, "required", missing)])
    if len(text) > LONGEST_REASON:
        message = _("最多写 %(most)s 个字。") % {"most": LONGEST_REASON}
        raise Invalid(message, problems=[Problem(field, "max-length", message)])
    return text


def scope_of(agency: Agency | None, region: Region | None) -> Scope:
    """Where a grant reaches; everywhere when it names neither."""
    return Scope(agency=agency.path if agency else "", region=region.path if region else "")


def _not_oneself(actor: Actor, account_id: int) -> None:
    if account_id == actor.account_id:
        deny(actor, subject=f"account:{account_id}", message=_("自己的角色要由别的管理员调整，请联系上级管理员。"))


def _changed(actor: Actor, grant: Grant, reason: str, *, ended: bool) -> None:
    GrantChange.objects.create(
        by_id=actor.account_id, account_id=grant.account_id, role_id=grant.role_id, agency_id=grant.agency_id,
        region_id=grant.region_id, since=grant.since, until=grant.until, ended=ended, reason=reason,
    )  # fmt: skip
    trace["ledger"](
        "account", grant.account_id,
        {
            "grant": grant.pk, "role": grant.role_id, "agency": grant.agency_id or "", "region": grant.region_id or "",
            "since": grant.since, "until": grant.until, "ended": ended,
        },
    )  # fmt: skip


@act("access.grant", gettext_lazy("授予角色"))
def grant(
    actor: Actor,
    account_id: int,
    role: str,
    *,
    agency: str = "",
    region: str = "",
    since: dt.date,
    until: dt.date | None = None,
    reason: str,
) -> Grant:
    """Give ``account_id`` a role from ``since`` to the day before ``until``; the same again sets another term.

    ``agency`` and ``region`` are codes, "" is everywhere. The actor must hold the permission over all of that, and nobody gives a
    role to themselves. Raises :class:`Invalid` with all that is wrong, :class:`Missing` for an unknown account.
    """
    place = Agency.objects.filter(code=agency).first() if agency else None
    area = Region.objects.filter(code=region).first() if region else None
    nowhere = (agency and place is None) or (region and area is None)
    require(actor, Scope() if nowhere else scope_of(place, area), subject=f"account:{account_id}")
    _not_oneself(actor, account_id)
    account = Account.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        raise Missing(_("没有这个账号，请核对后再试。"))
    problems = []
    if not Role.objects.filter(code=role).exists():
        problems.append(Problem("role", "choice", _("请选择角色")))
    if agency and place is None:
        problems.append(Problem("agency", "choice", _("没有代码为“%(code)s”的机构") % {"code": agency}))
    if region and area is None:
        problems.append(Problem("region", "choice", _("没有代码为“%(code)s”的区划") % {"code": region}))
    if since < timezone.localdate():
        problems.append(Problem("since", "past", _("开始日期不能早于今天：权限不能补授")))
    if until is not None and until <= since:
        problems.append(Problem("until", "order", _("结束日期应在开始日期之后")))
    if not account.is_active:
        problems.append(Problem("account", "closed", _("这个账号已经停用，请先恢复")))
    try:
        reason = checked_reason(reason, "reason", _("请写明依据，比如任职文号或工作安排"))
    except Invalid as refusal:
        problems += refusal.problems
    if problems:
        raise Invalid(_("角色没有授予，请改好标出的地方。"), problems=problems)
    given, _made = Grant.objects.update_or_create(
        account=account, role_id=role, agency=place, region=area, defaults={"since": since, "until": until}
    )
    _changed(actor, given, reason, ended=False)
    return given


@act("access.revoke", gettext_lazy("收回角色"))
def revoke(actor: Actor, grant_id: int, *, reason: str) -> Grant:
    """Take a role away from this moment on. Raises :class:`Missing`, or :class:`Conflict` when it is not held any more."""
    found = Grant.objects.select_for_update(of=("self",)).select_related("agency", "region").filter(pk=grant_id).first()
    scope = scope_of(found.agency, found.region) if found else Scope()
    require(actor, scope, subject=f"grant:{grant_id}")
    if found is None:
        raise Missing(_("没有这项授权，可能已经收回。"))
    _not_oneself(actor, found.account_id)
    today = timezone.localdate()
    if found.until is not None and found.until <= today:
        raise Conflict(_("这项授权已经结束，请刷新页面。"), code="grant-ended")
    reason = checked_reason(reason, "reason", _("请写明为什么收回，比如调离岗位"))
    found.until = max(today, found.since)
    found.save(update_fields=["until"])
    _changed(actor, found, reason, ended=True)
    return found
