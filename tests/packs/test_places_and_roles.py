"""The acts on divisions, agencies, posts and roles: only who may, each in the ledger."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import agency, citizen, city, official
from tests.helpers import recorded, refused
from yiwang.foundation.access.models import Grant, Role
from yiwang.foundation.access.queries import system
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.establishment.actions import put_agency, put_posting, put_region
from yiwang.kernel.refusals import Invalid, Missing
from yiwang.packs.actions import put_role, set_grants

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 1, 5)


def test_a_division_is_entered_by_the_node_s_administrator_only() -> None:
    city()
    refused(put_region, official("clerk", ["cases.*"]), "990103", "翠湖区", "county", parent="990100")
    with recorded("establishment.put_region", kind="region", subject="990103"):
        assert put_region(system(), "990103", "翠湖区", "county", parent="990100") == "new"


def test_an_agency_is_entered_with_its_posts() -> None:
    city()
    refused(put_agency, citizen(), "rsj", "人社局", region="990100")
    with recorded("establishment.put_agency", kind="agency", subject="rsj"):
        assert put_agency(system(), "rsj", "人社局", region="990100", posts=["局长"]) == "new"
    assert put_agency(system(), "rsj", "人社局", region="990100", posts=["局长"]) == "same"
    assert put_agency(system(), "rsj", "人社局", region="990100", posts=["局长", "科长"]) == "changed"


def test_a_posting_is_recorded() -> None:
    agency()
    account = Account.objects.create_user("li", name="李")
    refused(put_posting, citizen(), account.pk, "scjg", "科长", DAY)
    with recorded("establishment.put_posting", kind="account", subject=account.pk):
        put_posting(system(), account.pk, "scjg", "科长", DAY)


def test_a_role_names_permissions_that_exist() -> None:
    refused(put_role, citizen(), "clerk", "受理人员", ["cases.read"])
    with recorded("packs.put_role", kind="role", subject="clerk"):
        assert put_role(system(), "clerk", "受理人员", ["cases.read", "items.*"]) == "new"
    assert put_role(system(), "clerk", "受理人员", ["items.*", "cases.read"]) == "same"
    assert put_role(system(), "clerk", "受理人员", ["cases.read"]) == "changed"
    with pytest.raises(Invalid) as refusal:
        put_role(system(), "clerk", "受理人员", ["cases.read", "cases.fly", "moon.*"])
    assert [problem.field for problem in refusal.value.problems] == ["permissions.1", "permissions.2"]
    assert Role.objects.get(code="clerk").permissions == ["cases.read"]


def test_an_account_holds_exactly_the_roles_it_was_given() -> None:
    agency()
    account = Account.objects.create_user("li", name="李")
    for code in ("clerk", "chief"):
        put_role(system(), code, "某角色", ["cases.read"])
    refused(set_grants, citizen(), account.pk, [{"role": "clerk"}], since=DAY)
    with recorded("packs.set_grants", kind="account", subject=account.pk):
        set_grants(system(), account.pk, [{"role": "clerk", "agency": "scjg"}, {"role": "chief"}], since=DAY)
    kept = Grant.objects.get(role="chief")
    set_grants(system(), account.pk, [{"role": "chief"}], since=DAY)
    assert Grant.objects.get() == kept
    for wrong in ({"role": "nobody"}, {"role": "clerk", "agency": "nowhere"}, {"role": "clerk", "region": "000000"}):
        with pytest.raises(Missing):
            set_grants(system(), account.pk, [wrong], since=DAY)
    assert Grant.objects.get() == kept
