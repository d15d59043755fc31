"""Beginning an application: who may, what is known already, and what was begun before."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from tests.factories.applications import (
    FOOD,
    JOBLESS,
    agent_of,
    draft_for,
    jobless,
    neighbour,
    owner,
    person,
    ready,
    signed,
    submitted,
)
from tests.helpers import recorded
from yiwang.data.registries.models import LookUp, RegisterRecord
from yiwang.foundation.access.queries import system
from yiwang.foundation.accounts.models import Party
from yiwang.foundation.files.queries import stored
from yiwang.kernel.refusals import Conflict, Denied, Missing
from yiwang.services.applications import actions
from yiwang.services.applications.actions import drafts
from yiwang.services.applications.models import Draft
from yiwang.services.items import actions as items
from yiwang.services.items.models import Item

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]


def changed(code: str = FOOD, **changes: Any) -> None:
    """The item, published anew with some of its body changed, or left out (None)."""
    body = {**Item.objects.get(code=code).current.body, **changes}
    items.install(system("command"), {name: value for name, value in body.items() if value is not None})


def test_what_registers_know_is_filled_in_with_its_source() -> None:
    draft = draft_for(owner())
    known = draft.prefilled["firm_name"]
    assert draft.data["firm_name"] == known["value"] == "云州市晓梅餐饮有限公司"
    assert known["source"] == "法人基础库"
    assert draft.data["operator_identity"] == "990102198804129023"
    assert draft.data["premises_address"] == draft.data["firm_address"]
    assert "staff" not in draft.data


def test_data_proves_what_need_not_be_handed_in() -> None:
    assert draft_for(owner()).proven == ["application", "subject", "rules"]
    looked = LookUp.objects.filter(about=f"item:{FOOD}", register_id="firms").latest("at")
    assert looked.purpose == "核验“食品经营许可核发”的材料"
    assert looked.fields == ["uscc"]


def test_a_register_that_knows_nothing_proves_nothing() -> None:
    RegisterRecord.objects.filter(register_id="firms").update(until=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert draft_for(owner()).proven == ["application", "rules"]


def test_the_registers_are_asked_about_whom_it_concerns() -> None:
    """Somebody who acts for a person: the register of persons is asked about that person, not about them."""
    mother = jobless()
    daughter = agent_of(mother, "陈小立")
    RegisterRecord.objects.filter(register_id="population").exclude(
        key_hash=Party.objects.get(id=mother.party_id).code_hash
    ).update(until=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert "identity" in draft_for(daughter, JOBLESS).proven


def test_firms_and_persons() -> None:
    with pytest.raises(Conflict, match="请先切换到您的企业") as firm_only:
        draft_for(person("linxiaomei"))
    assert firm_only.value.code == "wrong-party"
    with pytest.raises(Conflict, match="请先切换回您本人") as person_only:
        draft_for(owner(), JOBLESS)
    assert person_only.value.code == "wrong-party"


def test_a_real_name_level_that_is_too_low() -> None:
    with pytest.raises(Denied, match="实名等级达到 2 级") as caught:
        draft_for(replace(jobless(), level=1), JOBLESS)
    assert caught.value.code == "level-too-low"


def test_an_item_may_ask_for_more_than_the_act() -> None:
    changed(JOBLESS, real_name_level=4)
    with pytest.raises(Denied, match="实名等级达到 4 级") as caught:
        draft_for(jobless(), JOBLESS)
    assert caught.value.extra["way"][0] == "/my/level?for=applications.start&level=4"
    changed(JOBLESS, real_name_level=3)
    assert draft_for(jobless(), JOBLESS).item_code == JOBLESS


def test_a_closed_item_says_why() -> None:
    items.set_service(system(), FOOD, "paused", reason="系统升级，11月30日恢复")
    with pytest.raises(Conflict, match="系统升级，11月30日恢复") as caught:
        draft_for(owner())
    assert caught.value.code == "item-closed"
    items.set_service(system(), FOOD, "open")
    assert draft_for(owner()).item_code == FOOD


def test_a_season_that_is_over() -> None:
    items.set_service(
        system(), FOOD, "seasonal", reason="每年春季办理", since=dt.date(2020, 3, 1), until=dt.date(2020, 5, 31)
    )
    with pytest.raises(Conflict, match="每年春季办理"):
        draft_for(owner())


def test_an_item_that_is_done_at_the_window_only() -> None:
    changed(channels=["1"], form=None)
    with pytest.raises(Conflict, match="请到窗口办理") as caught:
        draft_for(owner())
    assert caught.value.code == "item-offline"


def test_an_item_that_was_withdrawn_or_never_was() -> None:
    items.withdraw(system(), FOOD, "改为备案")
    with pytest.raises(Missing, match="改为备案") as caught:
        draft_for(owner())
    assert caught.value.code == "withdrawn"
    with pytest.raises(Missing):
        draft_for(owner(), "990100-nothing")


def test_what_was_left_is_taken_up_again() -> None:
    me = owner()
    draft = ready(me)
    with recorded("applications.start", by=me, subject=draft.id) as found:
        assert draft_for(me).id == draft.id
    assert '"taken_up":true' in found[0].content
    assert draft_for(neighbour(), JOBLESS).id != draft.id
    actions.submit(me, draft.id, **signed(me))
    assert draft_for(me).id != draft.id


def test_a_new_version_of_the_item_does_not_lose_what_was_typed() -> None:
    """Pausing and opening an item makes versions, too. A draft keeps the one it was begun with."""
    me = owner()
    draft = ready(me)
    items.set_service(system(), FOOD, "paused", reason="检修")
    items.set_service(system(), FOOD, "open")
    changed(materials=[{"code": "plan", "name": "消防证明"}])
    again = draft_for(me)
    assert (again.id, again.item_version, again.data["staff"]) == (draft.id, draft.item_version, 4)
    filing = actions.submit(me, draft.id, **signed(me))
    assert {row.code for row in filing.materials.all()} >= {"layout", "lease"}
    assert draft_for(me).item_version != draft.item_version


def test_another_party_of_the_same_person_begins_its_own() -> None:
    me = person("linxiaomei")
    mine = draft_for(me, JOBLESS)
    assert (mine.party_id, mine.account_id) == (me.party_id, me.account_id)
    assert draft_for(owner()).party_id != mine.party_id


def test_too_many_drafts_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "LARGEST_DRAFTS", 0)
    with pytest.raises(Conflict, match="太多没有提交的申请") as caught:
        draft_for(jobless(), JOBLESS)
    assert caught.value.code == "too-many-drafts"


class TestIdempotencyKey:
    def test_the_same_key_is_the_same_draft_even_after_it_was_submitted(self) -> None:
        me = jobless()
        first = actions.start(me, JOBLESS, key="walk-1")
        assert actions.start(me, JOBLESS, key="walk-1").id == first.id
        filing = actions.submit(me, ready(me, JOBLESS).id, **signed(me))
        items.withdraw(system(), JOBLESS, "已并入就业登记")
        again = actions.start(me, JOBLESS, key="walk-1")
        assert (again.id, again.case_id) == (first.id, filing.case_id)
        assert Draft.objects.filter(party=me.party_id).count() == 1

    def test_a_draft_that_was_left_is_the_answer_to_a_new_key(self) -> None:
        me = jobless()
        left = draft_for(me, JOBLESS)
        assert actions.start(me, JOBLESS, key="walk-2").id == left.id
        actions.submit(me, ready(me, JOBLESS).id, **signed(me))
        assert actions.start(me, JOBLESS, key="walk-2").id == left.id

    def test_another_request_with_the_same_key_is_a_mistake(self) -> None:
        actions.start(person("linxiaomei"), JOBLESS, key="walk-3")
        with pytest.raises(Conflict) as caught:
            actions.start(owner(), FOOD, key="walk-3")
        assert caught.value.code == "key-reused"

    def test_what_was_thrown_away_since_is_gone(self) -> None:
        me = jobless()
        draft = actions.start(me, JOBLESS, key="walk-4")
        actions.discard(me, draft.id)
        with pytest.raises(Conflict, match="请重新开始") as caught:
            actions.start(me, JOBLESS, key="walk-4")
        assert caught.value.code == "draft-discarded"

    def test_a_refused_start_uses_no_key_up(self) -> None:
        items.set_service(system(), JOBLESS, "paused", reason="检修")
        me = jobless()
        with pytest.raises(Conflict):
            actions.start(me, JOBLESS, key="walk-5")
        items.set_service(system(), JOBLESS, "open")
        assert actions.start(me, JOBLESS, key="walk-5").item_code == JOBLESS


def test_a_discarded_draft_is_gone_and_its_files_are_not() -> None:
    me = owner()
    draft = ready(me)
    file_id = draft.materials.get(code="layout").file_id
    actions.discard(me, draft.id)
    assert not Draft.objects.filter(id=draft.id).exists()
    assert stored(me, file_id).id == file_id


def test_a_submitted_draft_is_not_changed_any_more() -> None:
    me = owner()
    draft = Draft.objects.get(case=submitted(me).case_id)
    for act in (
        lambda: actions.save_answers(me, draft.id, {"staff": 9}),
        lambda: actions.answer_situation(me, draft.id, draft.situation),
        lambda: actions.give_material(me, draft.id, "layout"),
        lambda: actions.remove_material(me, draft.id, 1),
        lambda: actions.discard(me, draft.id),
    ):
        with pytest.raises(Conflict) as caught:
            act()
        assert caught.value.code == "draft-submitted"
    assert Draft.objects.get(id=draft.id).data["staff"] == 4
