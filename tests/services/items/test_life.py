"""An item is drafted, reviewed by another, published, paused, changed, withdrawn; each step by those who may, each in the ledger."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import agency, citizen, official
from tests.factories.items import PERMIT, permit_body, published_item, registration_body
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.events.models import Event
from yiwang.foundation.search.queries import search
from yiwang.kernel.models import AppendOnlyError
from yiwang.kernel.refusals import Conflict, Denied, Invalid, Missing
from yiwang.services.items import actions, slots
from yiwang.services.items.models import Item, ItemVersion
from yiwang.services.items.queries import published

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parts_beside_the_point")]


@pytest.fixture
def editor() -> Actor:
    return official("items-editor", ["items.*"], at=agency(), name="编辑")


@pytest.fixture
def reviewer() -> Actor:
    return official("items-reviewer", ["items.*"], at=agency(), name="审核")


def found(text: str) -> list[str]:
    return [hit.key for hit in search(text).hits]


def test_the_whole_life_of_an_item(editor: Actor, reviewer: Actor) -> None:
    with recorded("items.draft", by=editor, kind="item", subject=PERMIT):
        version = actions.draft(editor, permit_body())
    assert (version.number, version.state, version.item.state) == (1, "draft", "draft")
    assert found("食品经营许可") == []
    with recorded("items.submit", by=editor, subject=PERMIT):
        actions.submit(editor, PERMIT, 1)
    with recorded("items.review", by=reviewer, subject=PERMIT):
        actions.review(reviewer, PERMIT, 1, passed=True)
    with recorded("items.publish", by=editor, subject=PERMIT) as entries:
        actions.publish(editor, PERMIT, 1)
    assert version.body_hash in entries[0].content
    assert Item.objects.get().state == "published"
    assert published(PERMIT).version == 1
    assert found("食品经营许可") == [PERMIT]
    event = Event.objects.get(type="item.published")
    assert (event.subject, event.data["version"], event.data["changed"]) == (PERMIT, 1, False)

    changed = permit_body(name="食品经营许可新办")
    actions.draft(editor, changed)
    assert Item.objects.get().state == "changing"
    assert published(PERMIT).name == "食品经营许可核发"  # what is published stays until the next one is
    actions.submit(editor, PERMIT, 2)
    actions.review(reviewer, PERMIT, 2, passed=True)
    actions.publish(editor, PERMIT, 2)
    assert published(PERMIT).name == "食品经营许可新办"
    assert Event.objects.filter(type="item.published").last().data["changed"] is True
    assert list(ItemVersion.objects.order_by("number").values_list("state", flat=True)) == ["replaced", "published"]

    with recorded("items.withdraw", by=editor, subject=PERMIT):
        actions.withdraw(editor, PERMIT, "法规依据已经废止")
    assert found("食品经营许可") == []
    assert Event.objects.get(type="item.withdrawn").subject == PERMIT
    with pytest.raises(Missing, match="法规依据已经废止"):
        published(PERMIT)
    actions.draft(editor, permit_body())  # and it may come back
    assert Item.objects.get().state == "draft"


def test_the_wrong_person_is_refused_at_each_step(editor: Actor) -> None:
    published_item()
    actions.draft(editor, permit_body(name="食品经营许可新办"))
    elsewhere = official("items-editor", ["items.*"], at=agency("rsj", "人社局"), name="别处")
    for wrong in (citizen(), elsewhere, official("window", ["cases.*"], name="窗口")):
        refused(actions.draft, wrong, permit_body())
        refused(actions.submit, wrong, PERMIT, 2)
        refused(actions.review, wrong, PERMIT, 2, passed=True)
        refused(actions.publish, wrong, PERMIT, 2)
        refused(actions.drop, wrong, PERMIT, 2)
        refused(actions.withdraw, wrong, PERMIT, "x")
        refused(actions.set_service, wrong, PERMIT, "open")
        refused(actions.install, wrong, permit_body())
        refused(actions.set_synonyms, wrong)
    refused(actions.install, editor, permit_body())  # an agency's editor does not hold the node


def test_an_item_cannot_be_taken_from_another_agency(editor: Actor) -> None:
    published_item(registration_body())
    with pytest.raises(Denied):
        actions.draft(editor, registration_body(agency="scjg"))


def test_nobody_reviews_their_own_draft(editor: Actor, reviewer: Actor) -> None:
    actions.draft(editor, permit_body())
    actions.submit(editor, PERMIT, 1)
    with pytest.raises(Conflict) as caught:
        actions.review(editor, PERMIT, 1, passed=True)
    assert caught.value.code == "own-draft"
    with pytest.raises(Invalid, match="写明要改什么"):
        actions.review(reviewer, PERMIT, 1, passed=False)
    version = actions.review(reviewer, PERMIT, 1, passed=False, opinion="第二条缺依据")
    assert (version.state, version.opinion) == ("draft", "第二条缺依据")


@pytest.mark.parametrize("step", ["review", "publish"])
def test_no_step_can_be_skipped(editor: Actor, reviewer: Actor, step: str) -> None:
    actions.draft(editor, permit_body())
    with pytest.raises(Conflict, match="现在是“草稿”"):
        actions.review(reviewer, PERMIT, 1, passed=True) if step == "review" else actions.publish(editor, PERMIT, 1)


def test_a_step_is_for_the_version_that_was_seen(editor: Actor) -> None:
    actions.draft(editor, permit_body())
    actions.draft(editor, permit_body(name="食品经营许可新办"))
    with pytest.raises(Conflict, match="第 2 版"):
        actions.submit(editor, PERMIT, 1)
    assert ItemVersion.objects.get(number=1).state == "dropped"


def test_two_who_edit_at_once_do_not_overwrite_each_other(editor: Actor, reviewer: Actor) -> None:
    actions.draft(editor, permit_body())
    actions.draft(editor, permit_body(name="食品经营许可甲"), seen=1)
    with pytest.raises(Conflict, match="第 2 版"):
        actions.draft(reviewer, permit_body(name="食品经营许可乙"), seen=1)


def test_the_same_body_again_is_the_same_version(editor: Actor) -> None:
    first = actions.draft(editor, permit_body())
    with recorded("items.draft"):
        assert actions.draft(editor, permit_body()).id == first.id
    assert ItemVersion.objects.count() == 1


def test_a_draft_can_be_given_up(editor: Actor) -> None:
    published_item()
    actions.draft(editor, permit_body(name="食品经营许可新办"))
    with recorded("items.drop", by=editor):
        item = actions.drop(editor, PERMIT, 2)
    assert item.state == "published"
    with pytest.raises(Conflict, match="没有正在修改"):
        actions.submit(editor, PERMIT, 2)


def test_a_hall_that_floods_closes_the_item_at_once(editor: Actor) -> None:
    published_item()
    with recorded("items.set_service", by=editor, subject=PERMIT):
        actions.set_service(editor, PERMIT, "paused", reason="大厅进水，正在抢修")
    item = published(PERMIT)
    assert (item.version, item.service.status, item.service.reason) == (2, "paused", "大厅进水，正在抢修")
    assert Item.objects.get().service == "paused"
    with pytest.raises(Invalid, match="需要改正"):
        actions.set_service(editor, PERMIT, "closed")


def test_a_body_never_changes(editor: Actor) -> None:
    version = actions.draft(editor, permit_body())
    version.body = {}
    with pytest.raises(AppendOnlyError):
        version.save()
    with pytest.raises(AppendOnlyError):
        version.save(update_fields=["body"])
    with pytest.raises(AppendOnlyError):
        version.delete()


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"agency": "nowhere"}, "没有代码为“nowhere”的机构"), ({"region": "110000"}, "没有代码为“110000”的区划")],
)
def test_a_body_that_names_what_is_not_there(editor: Actor, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        actions.draft(editor, permit_body(**changes))


def test_a_faulty_body_names_every_fault_and_writes_nothing(editor: Actor) -> None:
    with pytest.raises(Invalid) as caught:
        actions.draft(editor, permit_body(name="长" * 201, type="x"))
    assert {problem.field for problem in caught.value.problems} == {"name", "type"}
    assert not Item.objects.exists()


def test_what_a_body_needs_must_be_there_before_it_is_published(editor: Actor, reviewer: Actor) -> None:
    actions.draft(editor, permit_body())
    actions.submit(editor, PERMIT, 1)
    actions.review(reviewer, PERMIT, 1, passed=True)
    with (
        slots.parts.plugged("licence", lambda code: f"没有证照类型“{code}”"),
        pytest.raises(Invalid) as caught,
    ):
        actions.publish(editor, PERMIT, 1)
    assert [(problem.field, problem.message) for problem in caught.value.problems] == [
        ("licence", "没有证照类型“food_permit”")
    ]
    assert Item.objects.get().state == "reviewed"


def test_a_pack_installs_once_and_does_not_undo_what_the_place_changed(editor: Actor, reviewer: Actor) -> None:
    agency()
    with recorded("items.install"):
        first = actions.install(system("command"), permit_body())
    assert (first.number, first.state) == (1, "published")
    with recorded("items.install"):
        assert actions.install(system("command"), permit_body()).id == first.id
    actions.draft(editor, permit_body(name="食品经营许可新办"))
    actions.submit(editor, PERMIT, 2)
    actions.review(reviewer, PERMIT, 2, passed=True)
    actions.publish(editor, PERMIT, 2)
    assert actions.install(system("command"), permit_body()).number == 2
    assert published(PERMIT).name == "食品经营许可新办"
    assert actions.install(system("command"), permit_body(name="食品经营许可第三版")).number == 3


def test_everyday_words_are_taught_to_search() -> None:
    published_item()
    with recorded("items.set_synonyms", kind="synonyms"):
        assert actions.set_synonyms(system("command")) > 50
    assert found("我想开饭馆") == [PERMIT]
    actions.set_synonyms(system("command"), [("搞餐饮", "食品经营许可")])
    assert found("搞餐饮") == [PERMIT]


def test_an_unknown_item_is_missing(editor: Actor) -> None:
    with pytest.raises(Missing):
        actions.submit(editor, "no-such-item", 1)
    with pytest.raises(Missing):
        published("no-such-item")
    actions.draft(editor, permit_body())
    with pytest.raises(Missing, match="还没有发布"):
        published(PERMIT)
    with pytest.raises(Conflict):
        actions.withdraw(editor, PERMIT, "x")
    with pytest.raises(Conflict):
        actions.set_service(editor, PERMIT, "open")
