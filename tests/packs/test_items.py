"""The items of the demo city where they do not go the straight way: objections, hearings, notices, promises, people who may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.applications import demo_city as installed
from tests.factories.applications import draft_for, open_task, person, signed, worked_off
from tests.factories.stories import filed, moved, prepared, story, waiting
from yiwang.foundation.cases.actions import complete
from yiwang.foundation.cases.models import Clock, Suspension
from yiwang.foundation.rules.queries import decisions_about
from yiwang.kernel.refusals import Conflict, Denied, Invalid
from yiwang.services.applications import actions
from yiwang.services.applications.models import Filing
from yiwang.services.items.queries import guide

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with installed(django_db_blocker):
        yield


def clocks(filing: Filing) -> dict[str, str]:
    """The state of each clock by its kind."""
    return dict(Clock.objects.filter(case=filing.case).values_list("kind", "state"))


def pause(filing: Filing) -> str:
    """Why the clocks stand still now."""
    return Suspension.objects.get(clock__case=filing.case, clock__kind="promised", until=None).reason


def test_a_card_for_the_old_is_refused_at_once_to_the_young_with_the_reason() -> None:
    filing = filed("senior_card", "chenlixin")
    assert (filing.case.outcome, filing.case.closed_at is not None) == ("refused", True)
    [decision] = decisions_about("case", filing.case.number)
    assert "您还没满 60 周岁" in "".join(decision.reasons)


class TestCountersigning:
    def begun(self, traffic: str) -> Filing:
        filing = filed("outdoor_ad")
        moved(
            filing,
            ("counter", "accept", "accept"),
            ("cityscape", "review_cityscape", "agree"),
            ("planning", "review_planning", "agree"),
        )
        assert waiting(filing) == {"review_traffic"}
        moved(filing, ("traffic", "review_traffic", traffic))
        return filing

    def test_all_agree_and_the_chief_decides(self) -> None:
        assert waiting(self.begun("agree")) == {"decide"}

    def test_one_that_disagrees_holds_it_up_and_may_end_it(self) -> None:
        filing = self.begun("disagree")
        assert waiting(filing) == {"settle"}
        case = moved(filing, ("city-chief", "settle", "refuse"))
        assert (case.outcome, set(clocks(filing).values())) == ("refused", {"stopped"})

    def test_settled_it_is_countersigned_again_by_all_and_only_once(self) -> None:
        filing = self.begun("disagree")
        moved(filing, ("city-chief", "settle", "again"))
        assert waiting(filing) == {"review_cityscape", "review_planning", "review_traffic"}
        moved(
            filing,
            ("traffic", "review_traffic", "agree"),
            ("planning", "review_planning", "agree"),
            ("cityscape", "review_cityscape", "agree"),
        )
        assert waiting(filing) == {"decide"}
        moved(filing, ("city-chief", "decide", "approve"))
        assert worked_off(filing).outcome == "approved"

    def test_a_reviewer_signs_for_their_own_side_only(self) -> None:
        filing = filed("outdoor_ad")
        moved(filing, ("counter", "accept", "accept"))
        with pytest.raises(Denied):
            complete(person("traffic"), open_task(filing.case, "review_planning").id, "agree", "")
        with pytest.raises(Denied):
            complete(person("housing-chief"), open_task(filing.case, "review_planning").id, "agree", "")


class TestAClinic:
    def inspected(self, outcome: str) -> Filing:
        filing = filed("clinic")
        moved(filing, ("counter", "accept", "accept"), ("health", "review_documents", "agree"))
        assert pause(filing) == "site-inspection"
        moved(filing, ("health-inspector", "inspect", outcome))
        return filing

    def test_nobody_asks_for_a_hearing(self) -> None:
        filing = self.inspected("pass")
        assert waiting(filing) == {"decide"}
        assert clocks(filing)["statutory"] == "running"

    def test_neighbours_are_heard_and_the_days_do_not_count(self) -> None:
        filing = self.inspected("hearing")
        assert (waiting(filing), pause(filing)) == ({"hear"}, "hearing")
        moved(filing, ("health-chief", "hear", "held"))
        assert waiting(filing) == {"decide"}
        assert clocks(filing)["promised"] == "running"


class TestPublicHousing:
    def test_the_days_of_the_notice_do_not_count_and_an_objection_may_end_it(self) -> None:
        filing = filed("rental_housing")
        moved(
            filing,
            ("counter", "accept", "accept"),
            ("income", "review_income", "agree"),
            ("housing", "review_housing", "agree"),
        )
        assert (waiting(filing), pause(filing)) == ({"publish"}, "public-notice")
        moved(filing, ("housing", "publish", "objection"))
        assert clocks(filing)["promised"] == "running"
        assert moved(filing, ("housing-chief", "decide", "refuse")).outcome == "refused"

    def test_the_voucher_of_the_jobless_need_not_be_handed_in_by_who_has_it(self) -> None:
        item = story("rental_housing").item
        assert "unemployed" not in draft_for(person("zhaomin"), item).proven
        worked_off(filed("unemployment"))
        assert "unemployed" in draft_for(person("chenlixin"), item).proven

    def test_the_notice_must_be_agreed_to(self) -> None:
        draft = prepared("rental_housing", agree_publish=False)
        with pytest.raises(Invalid) as refusal:
            actions.submit(person("chenlixin"), draft.id, **signed(person("chenlixin")))
        assert "法律要求公示，不同意公示的不能申请。" in [problem.message for problem in refusal.value.problems]


class TestABuilding:
    def test_the_seven_days_run_from_receipt_and_stand_still_while_something_is_missing(self) -> None:
        filing = filed("construction_permit")
        assert clocks(filing) == {"statutory": "running", "promised": "running"}
        points = [{"kind": "material", "code": "safety", "text": "请补上深基坑的专项方案"}]
        actions.request_correction(person("counter"), open_task(filing.case, "accept").id, points)
        assert (clocks(filing)["statutory"], pause(filing)) == ("suspended", "correction")

    def test_a_road_has_a_length_and_no_floors(self) -> None:
        told = story("construction_permit")
        draft = prepared("construction_permit", situation={"kind": "works"})
        who = person(told.account, told.party)
        with pytest.raises(Invalid) as refusal:
            actions.submit(who, draft.id, **signed(who))
        assert {problem.field for problem in refusal.value.problems} == {"form.length"}


def test_who_does_not_promise_is_sent_to_the_window() -> None:
    told = story("public_place_hygiene")
    draft = prepared("public_place_hygiene", promise=False)
    who = person(told.account, told.party)
    with pytest.raises(Invalid) as refusal:
        actions.submit(who, draft.id, **signed(who))
    assert [problem.message for problem in refusal.value.problems] == ["不作承诺的，请到窗口按一般程序办理。"]


def test_a_promise_stands_for_a_report_and_is_kept_with_the_filing() -> None:
    told = story("public_place_hygiene")
    who = person(told.account, told.party)
    draft = draft_for(who, told.item)
    actions.answer_situation(who, draft.id, told.situation)
    given = actions.give_material(who, draft.id, "air_report", how="commitment")
    assert (given.file_id, given.source[:2]) == (None, "承诺")
    with pytest.raises(Invalid):
        actions.give_material(who, draft.id, "layout", how="commitment")


def test_a_disability_is_proven_by_the_register_to_whom_it_concerns() -> None:
    item = story("disability_allowance").item
    theirs = draft_for(person("zhouguilan"), item)
    assert (theirs.data["category"], theirs.data["grade"]) == ("肢体", "二级")
    assert "disability" in theirs.proven
    assert "disability" not in draft_for(person("chenlixin"), item).proven


def test_a_firm_cannot_become_a_sole_trader() -> None:
    with pytest.raises(Conflict) as refusal:
        draft_for(person("linxiaomei", "云州市晓梅餐饮有限公司"), story("sole_trader").item)
    assert refusal.value.code == "wrong-party"


class TestOnlyAtTheCounter:
    ITEM = "990100-wjw-birth-certificate"

    def test_it_cannot_be_begun_online(self) -> None:
        with pytest.raises(Conflict) as refusal:
            draft_for(person("zhaomin"), self.ITEM)
        assert refusal.value.code == "item-offline"

    def test_its_guide_says_what_to_bring(self) -> None:
        damaged = guide(self.ITEM, {"reason": "damaged", "who": "parents"})
        assert [need.code for need in damaged.needs if need.required] == ["parents", "household", "old"]
        assert damaged.item.windows
