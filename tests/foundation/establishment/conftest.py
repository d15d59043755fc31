"""Two bureaus under a city government, and the official who keeps the directory."""

from __future__ import annotations

import pytest

from tests.factories import agency, official
from yiwang.foundation.access.models import Grant
from yiwang.foundation.access.queries import Actor, of_account, system
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.establishment.actions import put_agency


@pytest.fixture
def keeper() -> Actor:
    government = agency("gov", "云州市人民政府")
    for code, name in (("scjg", "云州市市场监督管理局"), ("rsj", "云州市人力资源和社会保障局")):
        put_agency(system(), code, name, region="990100", parent="gov", posts=["局长", "科长"])
    return official("organiser", ["establishment.*"], at=government)


@pytest.fixture
def admin(keeper: Actor) -> Actor:
    """Somebody whose role holds for the whole node: divisions and the calendar belong to no agency."""
    known = official("node-admin", ["establishment.*"])
    Grant.objects.filter(account=known.account_id).update(agency=None)
    return of_account(Account.objects.get(pk=known.account_id))
