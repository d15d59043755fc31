"""Reading accounts and parties. For rooms above, which ask for access themselves."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from yiwang.foundation.crypto.queries import keyed_hash

from .locks import locked
from .models import Account, Level, Party, Standing
from .slots import occupations

__all__ = [
    "Account",
    "DemoAccount",
    "DemoGroup",
    "Level",
    "Party",
    "Standing",
    "demo_accounts",
    "locked",
    "party_by_code",
]

MOST_DEMO_ACCOUNTS = 100


def party_by_code(code: str) -> Party | None:
    """The party known by an identity number or unified social credit code."""
    return Party.objects.filter(code_hash=keyed_hash("party", code.strip().upper())).first()


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A sample account as the sign-in page offers it: who it is and what it may do."""

    username: str
    name: str
    note: str


@dataclass(frozen=True, slots=True)
class DemoGroup:
    name: str
    icon: str
    accounts: list[DemoAccount]


def demo_accounts() -> list[DemoGroup]:
    """The sample accounts: citizens first, then officials with their offices. At most 100; three queries."""
    accounts = list(Account.objects.filter(demo=True, is_active=True).order_by("pk")[:MOST_DEMO_ACCOUNTS])
    offices: dict[int, str] = {}
    for plug in occupations.values():
        offices |= plug([account.pk for account in accounts])
    firms: dict[int, list[str]] = {}
    standings = Standing.objects.filter(account__in=accounts).exclude(ground=Standing.Ground.SELF)
    for standing in standings.select_related("party").order_by("created_at"):
        firms.setdefault(standing.account_id, []).append(standing.party.name)
    citizens, officials = [], []
    for account in accounts:
        if account.pk in offices:
            officials.append(DemoAccount(account.username, account.name, offices[account.pk]))
        else:
            note = _("也代表：%(names)s") % {"names": _("、").join(firms[account.pk])} if account.pk in firms else ""
            citizens.append(DemoAccount(account.username, account.name, note))
    groups = [
        DemoGroup(_("办事的人"), "user", citizens),
        DemoGroup(_("工作人员"), "building", officials),
    ]
    return [group for group in groups if group.accounts]
