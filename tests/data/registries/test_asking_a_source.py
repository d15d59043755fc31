"""A question to a source is a case of its agency: opened by the steward, answered there, come back."""

from __future__ import annotations

import pytest

from tests.factories.cases import open_task
from tests.factories.people import agency, citizen, identity_number, official
from tests.factories.sources import insured_row, police_row, says, shared_population, steward
from tests.helpers import recorded, refused
from yiwang.data.registries.actions import ask, settle
from yiwang.data.registries.models import Conflict, LookUp, Question
from yiwang.data.registries.queries import conflict
from yiwang.foundation.cases.actions import complete
from yiwang.foundation.cases.queries import READ
from yiwang.foundation.desk.slots import panels
from yiwang.kernel.refusals import Conflict as Clash
from yiwang.kernel.refusals import Denied, Invalid

pytestmark = pytest.mark.django_db
A = identity_number(901)


@pytest.fixture
def waiting() -> Conflict:
    shared_population()
    says("police", police_row(A, phone="16400000001"))
    says("insurance", insured_row(A, phone="16400000002"))
    return Conflict.objects.get(element="phone")


def test_the_source_is_asked_answers_and_the_steward_settles(waiting: Conflict) -> None:
    clerk, insurance = steward(), steward("ybj", name="余倩")
    with recorded("registries.ask", by=clerk, kind="conflict", subject=waiting.id):
        question = ask(clerk, waiting.id, "insurance", "参保人说早换号了，请核对。")
    waiting.refresh_from_db()
    assert waiting.state == "asked"
    case = question.case
    assert case.agency_id == "ybj"
    assert A not in case.title
    shown = panels["register-question"].context(insurance, case)["asked"]
    assert (shown.key, shown.value) == (A, "16400000002")
    assert LookUp.objects.latest("id").reader == "云州市医疗保障局"
    complete(insurance, open_task(case, "answer").id, "wrong", "本人已来变更，系统未更新")
    waiting.refresh_from_db()
    assert waiting.state == "open"
    answered = {one.code: one.asked for one in conflict(clerk, waiting.id).says}["insurance"]
    assert answered is not None
    assert (answered.answer, answered.note) == ("wrong", "本人已来变更，系统未更新")
    settle(clerk, waiting.id, "police", reason="医保已答复有误")


def test_the_panel_shows_only_what_the_source_itself_says(waiting: Conflict) -> None:
    question = ask(steward(), waiting.id, "insurance")
    shown = panels["register-question"].context(steward("ybj"), question.case)["asked"]
    assert "16400000001" not in repr(shown)
    with pytest.raises(Denied):
        panels["register-question"].context(official("reader", [READ], at=agency("rsj", "人社局")), question.case)


def test_who_may_not_ask_and_what_cannot_be_asked(waiting: Conflict) -> None:
    refused(ask, citizen(), waiting.id, "police")
    refused(ask, steward("ybj"), waiting.id, "police")
    clerk = steward()
    for source, text in (("clinic", ""), ("relief", ""), ("insurance", "长" * 301)):
        with pytest.raises(Invalid):
            ask(clerk, waiting.id, source, text)
    ask(clerk, waiting.id, "insurance")
    with pytest.raises(Clash):
        ask(clerk, waiting.id, "insurance")
    ask(clerk, waiting.id, "police")
    assert Question.objects.count() == 2
