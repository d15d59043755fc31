"""The lock-out after wrong passwords: whether an account is locked now, and opening it before its time.

allauth counts failed sign-ins in the shared cache (ACCOUNT_RATE_LIMITS); what is counted by network address stays as it is.
"""

from __future__ import annotations

import time

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest

from .adapter import attempts_key
from .models import Account

_APP, _ACTION = "allauth.account", "login_failed"


def _counted(account: Account) -> list[tuple[ratelimit.Rate, str]]:
    key = attempts_key(account.username)
    return [
        (rate, ratelimit.get_cache_key(HttpRequest(), app=_APP, action=_ACTION, rate=rate, key=key))
        for rate in ratelimit.get_rates(app=_APP, action=_ACTION)
        if rate.per == "key"
    ]


def locked(account: Account) -> bool:
    """Whether so many passwords were wrong lately that the account takes none now."""
    return any(
        not ratelimit.apply_rate(list(cache.get(kept, [])), time.time(), rate, dry_run=True)[0]
        for rate, kept in _counted(account)
    )


def unlock(account: Account) -> None:
    """Forget the wrong passwords of the account."""
    for _rate, kept in _counted(account):
        cache.delete(kept)
