"""Reading who holds what: people and their roles, roles and what they may do, and why somebody may or may not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.accounts.queries import Account
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.pages import Page, page
from yiwang.kernel.refusals import Missing

from .actors import Actor, Held
from .acts import ACTS, PARTY_PERMISSIONS, PUBLIC_PERMISSIONS, permission, reach, require, require_somewhere
from .grants import scope_of
from .models import Grant, GrantChange, Help, Role

READ = permission("access.read", gettext_lazy("查看人员和角色"))
HELP = "accounts.reset_password"  # whoever may do this at a counter may look up an account by its whole name
MOST = 200


def allows(role: Role, code: str) -> bool:
    """Whether the role has a permission, by itself or with all of its room."""
    return Held(role.code, frozenset(role.permissions)).allows(code)


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role, what it may do in words (code, name), and how many people hold it today within the reader's reach."""

    role: Role
    permissions: tuple[tuple[str, str], ...]
    holders: int


def words_of(code: str) -> str:
    """What a permission allows, in words; all of a room for "room.*"."""
    if code.endswith(".*"):
        names = sorted(str(name) for known, name in ACTS.items() if known.startswith(code[:-1]))
        return _("全部：%(names)s") % {"names": "、".join(names)}
    return str(ACTS.get(code, code))


def _today() -> Q:
    today = timezone.localdate()
    return Q(since__lte=today) & (Q(until=None) | Q(until__gt=today))


def _in_reach(actor: Actor) -> Q:
    return reach(actor, READ, agency="agency__path", region="region__path")


def roles(actor: Actor) -> list[RoleView]:
    """All roles of the node; two queries."""
    require_somewhere(actor, READ)
    held = dict(
        Grant.objects.filter(_in_reach(actor), _today())
        .values_list("role")
        .annotate(n=Count("account", distinct=True))
        .order_by()
    )
    return [
        RoleView(role, tuple((code, words_of(code)) for code in role.permissions), held.get(role.code, 0))
        for role in Role.objects.order_by("name", "code")
    ]


@dataclass(frozen=True, slots=True)
class Person:
    """An account in a list, with its grants within the reader's reach."""

    account: Account
    grants: tuple[Grant, ...]


def people(actor: Actor, *, text: str = "", role: str = "", agency: str = "", cursor: str = "") -> Page[Person]:
    """Officials within the actor's reach, by account name; two queries.

    ``text`` is part of a name, or the beginning of an account name; ``agency`` a code, with all below it.
    """
    require_somewhere(actor, READ)
    seen = Grant.objects.filter(_in_reach(actor))
    wanted = seen
    if role:
        wanted = wanted.filter(role=role)
    if agency:
        wanted = wanted.filter(agency__path__contains=f"/{agency}/")
    accounts = Account.objects.filter(pk__in=wanted.values("account"))
    if text := text.strip():
        accounts = accounts.filter(Q(name__contains=text) | Q(username__startswith=text))
    found = page(accounts, order=("username",), cursor=cursor)
    grants: dict[int, list[Grant]] = defaultdict(list)
    for grant in seen.filter(account__in=found.items).select_related("role", "agency", "region").order_by("pk"):
        grants[grant.account_id].append(grant)
    return Page([Person(account, tuple(grants[account.pk])) for account in found.items], found.next)


def by_username(actor: Actor, username: str) -> Account | None:
    """The account with exactly this name, for somebody who helps at a counter or gives roles; None for anybody else."""
    if not any(held.allows(HELP) or held.allows("access.grant") for held in actor.held):
        return None
    return Account.objects.filter(username=username.strip()).first()


@dataclass(frozen=True, slots=True)
class PersonView:
    """One account: what it holds, held and will hold, and what was changed about it, newest first."""

    account: Account
    grants: tuple[Grant, ...]
    changes: tuple[GrantChange, ...]
    helped: tuple[Help, ...]


def person(actor: Actor, account_id: int) -> PersonView:
    """One account with its roles; a constant number of queries.

    An official is shown to whoever reads people of one of their agencies; anybody else to those who help at a counter or give roles.
    """
    account = Account.objects.filter(pk=account_id).first()
    grants = tuple(
        Grant.objects.filter(account=account_id).select_related("role", "agency", "region").order_by("-since", "pk")
    )
    subject = f"account:{account_id}"
    require_somewhere(actor, READ)
    if account is None:
        raise Missing(_("没有这个账号，请核对后再试。"))
    if grants:
        mine = Grant.objects.filter(_in_reach(actor), account=account_id).exists()
        if not mine:
            places = scope_of(grants[0].agency, grants[0].region)
            require(actor, places, READ, subject=subject)
    elif by_username(actor, account.username) is None:
        require(actor, permission=HELP, subject=subject)
    changes = GrantChange.objects.filter(account=account_id).select_related("role", "agency", "region", "by")
    helped = Help.objects.filter(account=account_id).select_related("by")
    return PersonView(
        account, grants, tuple(changes.order_by("-at", "-id")[:50]), tuple(helped.order_by("-at", "-id")[:50])
    )


def may_give(actor: Actor) -> Q:
    """The agencies within which the actor may give roles, as a filter on agencies."""
    found = Q(pk__in=[])
    for held in actor.held:
        if held.allows("access.grant"):
            if not held.agency:
                return Q()
            found |= Q(path__startswith=held.agency)
    return found


def agencies_to_give(actor: Actor) -> list[Agency]:
    """The agencies within which the actor may give roles, parents first; at most 500."""
    return list(Agency.objects.filter(may_give(actor)).order_by("path")[:500])


def who_may(actor: Actor, code: str, agency: Agency | None = None) -> list[Grant]:
    """The grants by which people may do ``code`` in ``agency`` today (None: in the whole node); at most 200, two queries."""
    require_somewhere(actor, READ)
    able = [role.code for role in Role.objects.all() if allows(role, code)]
    above = [part for part in agency.path.split("/") if part] if agency else []
    grants = Grant.objects.filter(
        _today(), Q(agency=None) | Q(agency__in=above), role__in=able, account__is_active=True
    )
    return list(
        grants.select_related("account", "role", "agency", "region").order_by("role__name", "account__username")[:MOST]
    )


@dataclass(frozen=True, slots=True)
class Ground:
    """What one grant says to a question, in words."""

    grant: Grant
    holds: bool
    words: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether somebody may, and what each of their grants says about it."""

    may: bool
    grounds: tuple[Ground, ...]
    words: str


def explain(actor: Actor, account_id: int, code: str, agency: Agency | None = None) -> Verdict:
    """Why an account may or may not do ``code`` in ``agency`` today, grant by grant, as :func:`acts.allowed` decides it."""
    view = person(actor, account_id)
    today = timezone.localdate()
    grounds = []
    for grant in view.grants:
        outside = grant.agency is not None and (agency is None or not agency.path.startswith(grant.agency.path))
        if grant.since > today:
            words = _("%(day)s 才开始") % {"day": grant.since.isoformat()}
        elif not grant.holds_on(today):
            words = _("%(day)s 已经结束") % {"day": (grant.until or today).isoformat()}
        elif not allows(grant.role, code):
            words = _("这个角色没有这项权限")
        elif outside:
            words = _("只管%(place)s及下级") % {"place": grant.agency}
        else:
            words = ""
        limited = f"；{_('只限%(area)s的事') % {'area': grant.region}}" if not words and grant.region else ""
        grounds.append(Ground(grant, not words, words or _("可以") + limited))
    if not view.account.is_active:
        return Verdict(False, tuple(grounds), _("不能：账号已经停用。"))
    if any(ground.holds for ground in grounds):
        return Verdict(True, tuple(grounds), _("能。"))
    if code in PUBLIC_PERMISSIONS:
        return Verdict(True, tuple(grounds), _("能：这件事谁都可以做。"))
    if code in PARTY_PERMISSIONS:
        return Verdict(False, tuple(grounds), _("没有职务上的权限；只能对自己或所代表的当事人的事这样做。"))
    return Verdict(False, tuple(grounds), _("不能：没有一个角色在这里有这项权限。"))


def permissions() -> list[tuple[str, Any]]:
    """Every permission of the node (code, name), by code."""
    return sorted(ACTS.items())
