"""Roles are given within one's own subtree, for a time and with a reason; everybody can be told who may do what, and why."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tests.factories import agency, citizen, official
from tests.factories.desk import browser, whole_node
from tests.helpers import recorded, refused
from yiwang.foundation.access import queries
from yiwang.foundation.access.actions import grant, revoke
from yiwang.foundation.access.models import Denial, Grant, GrantChange, Role
from yiwang.foundation.access.queries import Actor, of_account
from yiwang.foundation.accounts.models import Account
from yiwang.kernel.refusals import Conflict, Denied, Invalid, Missing

pytestmark = pytest.mark.django_db
ADMIN = ["access.read", "access.grant", "access.revoke"]
WHY = "云人社任〔2026〕8 号"


def today() -> dt.date:
    return timezone.localdate()


def again(actor: Actor) -> Actor:
    """The actor of the same account, at their next request."""
    return of_account(Account.objects.get(pk=actor.account_id))


@pytest.fixture
def admin() -> Actor:
    """The administrator of the market authority and what lies below it."""
    return official("unit-admin", ADMIN, name="陈管理")


@pytest.fixture
def newcomer() -> Actor:
    Role.objects.get_or_create(
        code="window-clerk", defaults={"name": "窗口受理", "permissions": ["cases.read", "cases.complete"]}
    )
    account = Account.objects.create_user("newcomer", "demo-password", name="赵新", level=3)
    return of_account(account)


def test_a_role_holds_from_its_day_to_its_end(admin: Actor, newcomer: Actor) -> None:
    assert newcomer.account_id is not None
    end = today() + dt.timedelta(days=30)
    with recorded("access.grant", by=admin, kind="account", subject=newcomer.account_id) as entries:
        grant(admin, newcomer.account_id, "window-clerk", agency="scjg", since=today(), until=end, reason=WHY)
    assert again(newcomer).holds("window-clerk")
    assert "云人社任" not in entries[0].content
    with time_machine.travel(dt.datetime.combine(end, dt.time(4), tzinfo=dt.UTC), tick=False):
        assert not again(newcomer).holds("window-clerk")
    change = GrantChange.objects.get()
    assert (change.by_id, change.until, change.reason.plain()) == (admin.account_id, end, WHY)


def test_the_same_role_again_sets_another_term(admin: Actor, newcomer: Actor) -> None:
    assert newcomer.account_id is not None
    for days in (10, 20):
        end = today() + dt.timedelta(days=days)
        grant(admin, newcomer.account_id, "window-clerk", agency="scjg", since=today(), until=end, reason=WHY)
    assert Grant.objects.get(account_id=newcomer.account_id).until == today() + dt.timedelta(days=20)
    assert GrantChange.objects.count() == 2


def test_a_role_is_taken_away_at_once(admin: Actor, newcomer: Actor) -> None:
    assert newcomer.account_id is not None
    held = grant(admin, newcomer.account_id, "window-clerk", agency="scjg", since=today(), reason=WHY)
    assert again(newcomer).holds("window-clerk")
    with recorded("access.revoke", by=admin, kind="account", subject=newcomer.account_id):
        revoke(admin, held.pk, reason="调离岗位")
    assert not again(newcomer).holds("window-clerk")
    with pytest.raises(Conflict):
        revoke(admin, held.pk, reason="调离岗位")


def test_nobody_gives_beyond_their_own_subtree(admin: Actor, newcomer: Actor) -> None:
    agency("rsj", "云州市人力资源和社会保障局")
    elsewhere: dict[str, Any] = {"since": today(), "reason": WHY}
    refused(grant, admin, newcomer.account_id, "window-clerk", agency="rsj", **elsewhere)
    refused(grant, admin, newcomer.account_id, "window-clerk", agency="", **elsewhere)
    refused(grant, admin, newcomer.account_id, "window-clerk", agency="nowhere", **elsewhere)
    refused(grant, citizen(), newcomer.account_id, "window-clerk", agency="scjg", **elsewhere)
    other = official("unit-admin", at=agency("rsj"))
    held = grant(other, newcomer.account_id, "window-clerk", agency="rsj", **elsewhere)
    refused(revoke, admin, held.pk, reason="调离岗位")


def test_nobody_changes_their_own_roles(admin: Actor) -> None:
    Role.objects.create(code="chief", name="负责人", permissions=["cases.board"])
    refusal = refused(grant, admin, admin.account_id, "chief", agency="scjg", since=today(), reason=WHY)
    assert "自己的角色" in str(refusal)
    own = Grant.objects.get(account_id=admin.account_id)
    refused(revoke, admin, own.pk, reason="不想干了")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": "emperor"}, "role"),
        ({"reason": " "}, "reason"),
        ({"reason": "长" * 201}, "reason"),
        ({"since": dt.date(2020, 1, 1)}, "since"),
        ({"until": dt.date(2020, 1, 1)}, "until"),
        ({"region": "123"}, "region"),
    ],
)
def test_what_is_wrong_with_a_grant_is_named(newcomer: Actor, changes: dict[str, Any], field: str) -> None:
    admin = whole_node("node-admin", ADMIN)
    given: dict[str, Any] = {"role": "window-clerk", "agency": "scjg", "since": today(), "reason": WHY} | changes
    with pytest.raises(Invalid) as caught:
        grant(admin, newcomer.account_id, given.pop("role"), **given)
    assert field in {problem.field for problem in caught.value.problems}
    assert not Grant.objects.filter(account_id=newcomer.account_id).exists()


def test_a_closed_or_unknown_account_gets_nothing(admin: Actor, newcomer: Actor) -> None:
    Account.objects.filter(pk=newcomer.account_id).update(is_active=False)
    with pytest.raises(Invalid, match="角色没有授予"):
        grant(admin, newcomer.account_id or 0, "window-clerk", agency="scjg", since=today(), reason=WHY)
    with pytest.raises(Missing):
        grant(admin, 10**9, "window-clerk", agency="scjg", since=today(), reason=WHY)


def test_lists_are_cut_to_the_reach_of_their_reader(admin: Actor) -> None:
    colleague = official("window-clerk", ["cases.complete"], name="同事甲")
    stranger = official("window-clerk", at=agency("rsj"), name="外人乙")
    names = {person.account.name for person in queries.people(admin).items}
    assert names == {"陈管理", "同事甲"}
    assert [person.account.name for person in queries.people(admin, text="同事").items] == ["同事甲"]
    assert queries.people(admin, role="unit-admin", agency="scjg").items[0].account.name == "陈管理"
    assert {view.role.code: view.holders for view in queries.roles(admin)}["window-clerk"] == 1
    assert queries.person(admin, colleague.account_id or 0).grants
    with pytest.raises(Denied):
        queries.person(admin, stranger.account_id or 0)
    with pytest.raises(Denied):
        queries.people(colleague)
    assert Denial.objects.filter(permission="access.read").count() == 2


def test_a_citizen_is_found_by_their_whole_account_name_only(admin: Actor) -> None:
    someone = citizen("欧阳晓梅")
    name = Account.objects.get(pk=someone.account_id).username
    assert queries.by_username(admin, name) is not None
    assert queries.by_username(citizen(), name) is None
    assert not queries.people(admin, text="欧阳").items


def test_it_is_said_who_may_and_why(admin: Actor, newcomer: Actor) -> None:
    clerk = official("window-clerk", name="王芳")
    far = official("window-clerk", at=agency("rsj"), name="远方")
    market = agency()
    assert {held.account_id for held in queries.who_may(admin, "cases.complete", market)} == {clerk.account_id}
    assert queries.who_may(admin, "cases.complete") == []
    verdict = queries.explain(admin, clerk.account_id or 0, "cases.complete", market)
    assert verdict.may
    assert not queries.explain(admin, clerk.account_id or 0, "cases.board", market).may
    node = whole_node("node-admin", ADMIN)
    outside = queries.explain(node, far.account_id or 0, "cases.complete", market)
    assert not outside.may
    assert "只管" in outside.grounds[0].words
    Grant.objects.filter(account_id=clerk.account_id).update(until=today())
    over = queries.explain(node, clerk.account_id or 0, "cases.complete", market)
    assert (over.may, "已经结束" in over.grounds[0].words) == (False, True)
    assert queries.explain(node, newcomer.account_id or 0, "cases.read").words.startswith("没有职务上的权限")


def test_lists_cost_the_same_for_many(admin: Actor, django_assert_max_num_queries: Any) -> None:
    for number in range(12):
        official("window-clerk", ["cases.complete"], name=f"同事{number}")
    with django_assert_max_num_queries(4):
        assert len(queries.people(admin).items) == 13
    with django_assert_max_num_queries(4):
        queries.roles(admin)


def test_an_administrator_gives_and_takes_on_the_page(admin: Actor, newcomer: Actor) -> None:
    client = browser(admin)
    assert "人员和权限" in client.get("/desk/admin/people").content.decode()
    found = client.get("/desk/admin/people?q=newcomer").content.decode()
    address = f"/desk/admin/people/{newcomer.account_id}"
    assert address in found
    form = {"do": "grant", "role": "window-clerk", "agency": "scjg", "since": "2020-13-40", "until": "", "reason": ""}
    wrong = client.post(address, form)
    assert wrong.status_code == 422
    assert "日期应像" in wrong.content.decode()
    given = client.post(address, form | {"since": today().isoformat(), "reason": "<script>任职</script>"})
    assert given.status_code == 302
    page = client.get(address).content.decode()
    assert "&lt;script&gt;任职" in page
    held = Grant.objects.get(account_id=newcomer.account_id)
    assert client.post(address, {"do": "revoke", "grant": held.pk, "reason": ""}).status_code == 422
    assert client.post(address, {"do": "revoke", "grant": held.pk, "reason": "轮岗"}).status_code == 302
    assert client.post(address, {"do": "dance"}).status_code == 404
    for other in ("roles", "access?permission=cases.complete&agency=scjg&who=newcomer", "access?who=x", "public"):
        assert client.get(f"/desk/admin/{other}").status_code == 200
        assert browser(citizen()).get(f"/desk/admin/{other}").status_code == 403


def test_a_program_gives_takes_and_asks(admin: Actor, newcomer: Actor) -> None:
    client = browser(admin)

    def post(path: str, body: dict[str, Any]) -> Any:
        return client.post(f"/api/v1/access/{path}", body, content_type="application/json")

    body = {
        "account": newcomer.account_id,
        "role": "window-clerk",
        "agency": "scjg",
        "since": str(today()),
        "reason": WHY,
    }
    made = post("grants", body)
    assert (made.status_code, made.json()["agency"]) == (201, "scjg")
    asked = client.get("/api/v1/access/who-may?permission=cases.complete&agency=scjg").json()
    assert [row["account"] for row in asked] == [newcomer.account_id]
    assert client.get("/api/v1/access/who-may?permission=cases.complete&agency=nowhere").status_code == 404
    assert post(f"grants/{made.json()['id']}/revoke", {"reason": "轮岗"}).json()["until"] == str(today())
    assert post("grants", body | {"since": "2026-02-30"}).status_code == 422
    assert post("grants", body | {"agency": ""}).status_code == 403
