"""The office corrects its own errors, and looks again at what the node decided alone."""

from __future__ import annotations

import hashlib

import pytest

from tests.factories.applications import (
    JOBLESS,
    awaiting_correction,
    corrected,
    decided,
    jobless,
    neighbour,
    open_task,
    owner,
    person,
    step,
    submitted,
    worked_off,
)
from tests.factories.browsing import browser_of
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import system
from yiwang.foundation.cases.actions import complete, withdraw
from yiwang.foundation.cases.models import Case
from yiwang.foundation.licences.models import Licence
from yiwang.kernel.refusals import Conflict, Invalid
from yiwang.services.applications import actions, queries, rechecking
from yiwang.services.applications.models import Filing, Recheck

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]
WHY = "把租期看错了，应当准予"


class TestReopening:
    def test_a_wrong_refusal_is_put_right_with_the_same_application(self) -> None:
        filing = submitted(owner())
        decided(filing, "refuse")
        chief = person("chief")
        with recorded("applications.reopen", by=chief, kind="application") as found:
            case = actions.reopen(chief, filing.case.number, WHY)
        assert found[0].subject == case.number != filing.case.number
        assert queries.filing_of(chief, case.number).filing.id == filing.id
        assert queries.filing_of(chief, case.number).signed
        again = Filing.objects.get(id=filing.id)
        again.case = case
        assert decided(again).outcome == "approved"
        assert Licence.objects.filter(case_number=case.number).count() == 1
        assert Case.objects.get(id=filing.case_id).outcome == "refused"  # what was, stays

    def test_both_cases_say_so_and_no_official_is_named(self) -> None:
        filing = submitted(owner())
        decided(filing, "refuse")
        case = actions.reopen(person("chief"), filing.case.number, WHY)
        client = browser_of(owner())
        new = client.get(f"/my/cases/{case.number}").content.decode()
        assert WHY in new
        assert filing.case.number in new
        assert person("chief").name not in new
        assert case.number in client.get(f"/my/cases/{filing.case.number}").content.decode()
        assert case.number in browser_of(person("chief")).get(f"/desk/cases/{filing.case.number}").content.decode()

    def test_a_new_licence_takes_the_place_of_the_wrong_one(self) -> None:
        filing = submitted(owner())
        decided(filing)
        case = actions.reopen(person("chief"), filing.case.number, WHY)
        again = Filing.objects.get(id=filing.id)
        again.case = case
        decided(again)
        assert list(Licence.objects.order_by("id").values_list("state", flat=True)) == ["superseded", "valid"]

    def test_it_can_be_corrected_by_the_applicant_like_any_other(self) -> None:
        filing = submitted(owner())
        decided(filing, "refuse")
        again = Filing.objects.get(id=filing.id)
        again.case = actions.reopen(person("chief"), filing.case.number, WHY)
        awaiting_correction(again)
        assert browser_of(owner()).get(f"/my/cases/{again.case.number}/correct").status_code == 200
        second = corrected(owner(), again)
        assert second.revision == 2
        assert second.case_id == again.case.id

    def test_who_may_not(self) -> None:
        filing = submitted(owner())
        decided(filing, "refuse")
        for who in (neighbour(), owner(), person("clerk")):
            refused(actions.reopen, who, filing.case.number, WHY)
        refused(actions.reopen, person("chief"), "99010026112100000019", WHY)

    def test_only_what_was_decided_once(self) -> None:
        me, chief = owner(), person("chief")
        filing = submitted(me)
        with pytest.raises(Conflict):
            actions.reopen(chief, filing.case.number, WHY)
        withdraw(me, filing.case.number)
        with pytest.raises(Conflict):
            actions.reopen(chief, filing.case.number, WHY)
        other = submitted(me)
        decided(other, "refuse")
        with pytest.raises(Invalid):
            actions.reopen(chief, other.case.number, " ")
        actions.reopen(chief, other.case.number, WHY)
        with pytest.raises(Conflict):
            actions.reopen(chief, other.case.number, WHY)

    def test_the_form_at_the_desk(self) -> None:
        filing = submitted(owner())
        decided(filing, "refuse")
        client = browser_of(person("chief"))
        assert (
            f"/desk/cases/{filing.case.number}/reopen"
            in client.get(f"/desk/cases/{filing.case.number}").content.decode()
        )
        assert client.post(f"/desk/cases/{filing.case.number}/reopen", {"reason": ""}).status_code == 422
        answer = client.post(f"/desk/cases/{filing.case.number}/reopen", {"reason": WHY})
        assert answer.status_code == 302
        assert filing.case.number not in answer["Location"]


class TestRechecks:
    @pytest.fixture
    def decided_at_once(self) -> Filing:
        filing = submitted(jobless(), JOBLESS)
        worked_off(filing)
        return Filing.objects.select_related("case").get(id=filing.id)

    def drawn(self, filing: Filing, monkeypatch: pytest.MonkeyPatch, percent: int) -> Recheck:
        """The draw for an item whose share is ``percent``."""
        monkeypatch.setattr(rechecking, "DEFAULT_PERCENT", percent)
        row = actions.draw_recheck(system(), filing.case.number)
        assert row is not None
        return row

    def test_the_draw_can_be_worked_out_by_anyone(self, decided_at_once: Filing) -> None:
        number = decided_at_once.case.number
        with recorded("applications.draw_recheck", kind="application", subject=number):
            row = actions.draw_recheck(system(), number)
        assert row is not None
        seed = hashlib.sha256(f"{decided_at_once.digest}:{number}".encode()).hexdigest()
        assert row.draw == int(seed[:8], 16) % 10_000
        assert (row.followup_id is not None) == (row.draw < 500)

    def test_none_and_all(self, decided_at_once: Filing, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.drawn(decided_at_once, monkeypatch, 0).followup_id is None
        other = submitted(person("wangjianguo"), JOBLESS)
        if other.case.closed_at is not None:
            assert self.drawn(other, monkeypatch, 100).followup_id is not None

    def test_once_only_and_by_nobody_but_the_node(
        self, decided_at_once: Filing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = self.drawn(decided_at_once, monkeypatch, 100)
        assert self.drawn(decided_at_once, monkeypatch, 100).id == first.id
        assert Case.objects.filter(kind="recheck").count() == 1
        refused(actions.draw_recheck, person("chief"), decided_at_once.case.number)

    def test_a_sound_decision_stays(self, decided_at_once: Filing, monkeypatch: pytest.MonkeyPatch) -> None:
        followup = self.drawn(decided_at_once, monkeypatch, 100).followup
        assert followup is not None
        supervisor = person("supervisor")
        page = browser_of(supervisor).get(f"/desk/cases/{followup.number}").content.decode()
        assert decided_at_once.case.number in page
        complete(supervisor, open_task(followup, "look_again").id, "sound", "已核对登记数据")
        assert Case.objects.filter(kind="application").count() == 1

    def test_a_wrong_decision_is_opened_again_for_a_person(
        self, decided_at_once: Filing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        followup = self.drawn(decided_at_once, monkeypatch, 100).followup
        assert followup is not None
        complete(person("supervisor"), open_task(followup, "look_again").id, "wrong", "当时还在参保")
        new = Case.objects.exclude(id=decided_at_once.case_id).get(kind="application")
        assert new.closed_at is None  # the table does not decide again
        again = Filing.objects.get(id=decided_at_once.id)
        again.case = new
        assert (
            step(again, "employment", new.tasks.get(state="open").step, "refuse", "当时还在参保").outcome == "refused"
        )
