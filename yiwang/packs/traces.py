"""Signs that a node serves real people, so that nobody turns it into a demo city."""

from __future__ import annotations

from django.apps import apps

from yiwang.foundation.accounts.queries import Account

from .slots import real_traces


def real_accounts() -> str:
    count = Account.objects.filter(demo=False).count()
    return f"it has {count} account(s) of real people" if count else ""


def real_cases() -> str:
    count = apps.get_model("cases", "Case").objects.count()
    return f"it has {count} case(s)" if count else ""


real_traces.plug("accounts", real_accounts)
real_traces.plug("cases", real_cases)
