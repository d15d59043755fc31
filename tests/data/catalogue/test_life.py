"""A resource from its first draft to its withdrawal."""

from __future__ import annotations

import pytest

from tests.factories.catalogue import POPULATION, bureau, offices, published_resource, resource_body, steward
from tests.factories.people import citizen, official
from tests.factories.standards import library
from tests.helpers import recorded, refused
from yiwang.data.catalogue import actions, queries
from yiwang.data.catalogue.models import Entry, Source
from yiwang.foundation.access.actors import forget_actors
from yiwang.foundation.access.models import Grant
from yiwang.foundation.access.queries import of_account, system
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.search.queries import search
from yiwang.kernel.refusals import Conflict, Invalid, Missing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _library() -> None:
    library()


def test_a_steward_enters_the_bureau_reviews_and_publishes() -> None:
    police, data = steward(), bureau()
    with recorded("catalogue.enter", by=police, kind="resource", subject=POPULATION):
        actions.enter(police, resource_body())
    with pytest.raises(Missing):
        queries.resource(POPULATION)
    with recorded("catalogue.submit", by=police, subject=POPULATION):
        actions.submit(police, POPULATION, 1)
    with recorded("catalogue.review", by=data, subject=POPULATION):
        actions.review(data, POPULATION, 1, passed=True)
    with recorded("catalogue.publish", by=data, subject=POPULATION):
        actions.publish(data, POPULATION, 1)
    found = queries.resource(POPULATION)
    assert (found.version, found.provider, found.level, found.key) == (1, "gaj", 3, ("identity_number",))
    assert found.field("sex").codes == "gbt2261.1"
    assert found.field("sex").share == "conditional", "a field that does not say is shared like its resource"


def test_all_faults_are_told_at_once() -> None:
    police = steward()
    body = resource_body(
        share="refused", share_reason="", abstract="", update_period="sometimes", place="register:population"
    )
    body["fields"][2] |= {"codes": "", "length": 9}
    body["fields"][0] |= {"key": False, "level": 1}
    actions.enter(police, body)
    with pytest.raises(Invalid) as caught:
        actions.submit(police, POPULATION, 1)
    wrong = {problem.field for problem in caught.value.problems}
    assert {
        "abstract",
        "share_reason",
        "update_period",
        "fields.2.codes",
        "fields.2.element",
        "fields.0.element",
        "fields",
    } <= wrong


def test_refusing_to_share_needs_a_law() -> None:
    offices()
    body = resource_body(share="refused", share_reason="领导不同意")
    assert [problem.rule for problem in queries.check(body) if problem.field == "share_reason"] == ["basis"]
    body["share_reason"] = "《中华人民共和国保守国家秘密法》第九条"
    assert queries.check(body) == []


def test_what_is_returned_is_changed_and_submitted_again() -> None:
    police, data = steward(), bureau()
    actions.enter(police, resource_body())
    actions.submit(police, POPULATION, 1)
    with pytest.raises(Invalid):
        actions.review(data, POPULATION, 1, passed=False)
    actions.review(data, POPULATION, 1, passed=False, opinion="摘要太短")
    with recorded("catalogue.change", by=police, subject=POPULATION):
        second = actions.change(police, POPULATION, resource_body(abstract="全市常住人口。每日更新。"), seen=1)
    assert second.number == 2
    with pytest.raises(Conflict):
        actions.submit(police, POPULATION, 1)
    actions.submit(police, POPULATION, 2)


def test_nobody_reviews_their_own_draft() -> None:
    data = bureau()
    actions.enter(data, resource_body())
    actions.submit(data, POPULATION, 1)
    with pytest.raises(Conflict) as caught:
        actions.review(data, POPULATION, 1, passed=True)
    assert caught.value.code == "own-draft"


def test_a_change_stays_behind_the_version_in_force_until_it_is_published() -> None:
    published_resource()
    police, data = steward(), bureau()
    fields = [
        *resource_body()["fields"],
        {"name": "phone", "label": "手机号码", "type": "phone", "length": 11, "level": 3},
    ]
    actions.change(police, POPULATION, resource_body(fields=fields))
    assert len(queries.resource(POPULATION).fields) == 4
    actions.submit(police, POPULATION, 2)
    actions.review(data, POPULATION, 2, passed=True)
    actions.publish(data, POPULATION, 2)
    assert len(queries.resource(POPULATION).fields) == 5
    told = {(change.place, change.kind) for change in queries.changes(police, POPULATION, 1, 2)}
    assert ("信息项“phone”的类型", "added") in told


def test_two_who_change_at_once_are_told() -> None:
    published_resource()
    police = steward()
    actions.change(police, POPULATION, resource_body(abstract="甲改的"), seen=1)
    with pytest.raises(Conflict):
        actions.change(police, POPULATION, resource_body(abstract="乙改的"), seen=1)


def test_a_draft_is_dropped() -> None:
    published_resource()
    police = steward()
    actions.change(police, POPULATION, resource_body(abstract="改错了"))
    with recorded("catalogue.drop", by=police, subject=POPULATION):
        actions.drop(police, POPULATION, 2)
    assert Entry.objects.get(code=POPULATION).state == "published"


def test_withdrawing_takes_it_out_of_everything() -> None:
    published_resource(open="unconditional", share="unconditional", share_conditions=None)
    assert search("常住人口信息", kinds=["resource"]).total == 1
    with recorded("catalogue.withdraw", subject=POPULATION):
        actions.withdraw(bureau(), POPULATION, "并入人口基础库")
    with pytest.raises(Missing) as caught:
        queries.resource(POPULATION)
    assert caught.value.code == "withdrawn"
    assert search("常住人口信息", kinds=["resource"]).total == 0
    assert not Source.objects.exists()


def test_what_is_not_opened_is_found_by_officials_only() -> None:
    published_resource()
    assert search("常住人口信息", kinds=["resource"]).total == 0
    assert [row.code for row in queries.entries(steward("mzj")).items] == [POPULATION]
    with pytest.raises(Missing):
        queries.open_entry(POPULATION)


def test_a_draft_is_seen_by_its_own_agency_and_the_bureau() -> None:
    actions.enter(steward(), resource_body())
    assert queries.entries(steward("mzj")).items == []
    assert [row.code for row in queries.entries(bureau()).items] == [POPULATION]


def test_installing_again_changes_nothing() -> None:
    published_resource()
    node = system("command")
    with recorded("catalogue.install", kind="resource", subject=POPULATION):
        assert actions.install(node, resource_body()).number == 1
    assert Entry.objects.get(code=POPULATION).versions.count() == 1


def test_the_wrong_people_are_refused() -> None:
    published_resource()
    stranger, neighbour, police = citizen(), steward("mzj"), steward()
    refused(actions.enter, stranger, resource_body(code="101001-000009"))
    refused(actions.change, neighbour, POPULATION, resource_body(abstract="别人的"))
    actions.change(police, POPULATION, resource_body(abstract="自己的"))
    refused(actions.drop, neighbour, POPULATION, 2)
    refused(actions.submit, neighbour, POPULATION, 2)
    actions.submit(police, POPULATION, 2)
    refused(actions.review, police, POPULATION, 2, passed=True)
    actions.review(bureau(), POPULATION, 2, passed=True)
    refused(actions.publish, police, POPULATION, 2)
    refused(actions.withdraw, neighbour, POPULATION, "不要了")
    refused(actions.install, police, resource_body())
    refused(actions.enter_system, neighbour, "hukou", "人口信息系统", "gaj")


def test_a_system_is_listed_by_its_agency() -> None:
    police = steward()
    with recorded("catalogue.enter_system", by=police, kind="system", subject="hukou"):
        actions.enter_system(police, "hukou", "人口信息系统", "gaj", level=3)
    assert [row.name for row in queries.systems(police)] == ["人口信息系统"]
    with pytest.raises(Invalid):
        actions.enter_system(police, "户口", "", "gaj", level=9)


def test_the_list_needs_no_more_statements_for_more_rows(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    for number in range(1, 4):
        published_resource(f"101001-00000{number}")
    reader = official("reader", ["catalogue.read"])
    with django_assert_num_queries(1):
        assert len(queries.entries(reader).items) == 3
    assert len(queries.published(size=2).items) == 2


def test_who_looks_after_the_whole_node_sees_drafts_and_demands_too() -> None:
    published_resource("101001-000009")
    actions.enter(steward(), resource_body())
    actor = bureau()
    Grant.objects.filter(account=actor.account_id).update(agency=None)
    forget_actors()
    node_wide = of_account(Account.objects.get(pk=actor.account_id))
    assert [row.code for row in queries.entries(node_wide).items] == [POPULATION, "101001-000009"]
    assert queries.states(node_wide) == {"draft": 1, "published": 1}
