"""An application is its applicant's: nobody else does anything to it, and each attempt is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.factories import agency, citizen, firm_of, official
from tests.factories.applications import (
    FIRM,
    FOOD,
    LAYOUT,
    SITUATIONS,
    agent_of,
    awaiting_correction,
    draft_for,
    neighbour,
    open_task,
    owner,
    person,
    ready,
    signed,
    submitted,
)
from tests.factories.documents import uploaded
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import ANONYMOUS, Actor, Denial
from yiwang.foundation.files.models import StoredFile
from yiwang.foundation.files.queries import stored
from yiwang.kernel.refusals import Denied, Missing, SignInNeeded
from yiwang.services.applications import actions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]


def _colleague_elsewhere() -> Actor:
    """A window clerk of another agency."""
    return official("window-clerk", at=agency("rsj"))


def _other_firm() -> Actor:
    return firm_of(citizen("周平"), "云州市南屏星河餐饮有限公司")


STRANGERS: dict[str, Callable[[], Actor]] = {
    "the neighbour": neighbour,
    "another firm's representative": _other_firm,
    "a passer-by": lambda: ANONYMOUS,
    "an official": lambda: person("clerk"),
    "an official of another agency": _colleague_elsewhere,
}
DRAFT_ACTS: dict[str, Callable[[Actor, Any], Any]] = {
    "answer_situation": lambda who, draft: (actions.answer_situation, who, draft.id, SITUATIONS[FOOD]),
    "save_answers": lambda who, draft: (actions.save_answers, who, draft.id, {"staff": 3}),
    "give_material": lambda who, draft: (actions.give_material, who, draft.id, "layout"),
    "remove_material": lambda who, draft: (actions.remove_material, who, draft.id, 1),
    "discard": lambda who, draft: (actions.discard, who, draft.id),
}


@pytest.mark.parametrize("who", STRANGERS.values(), ids=STRANGERS)
@pytest.mark.parametrize("what", DRAFT_ACTS.values(), ids=DRAFT_ACTS)
def test_nobody_else_touches_a_draft(who: Callable[[], Actor], what: Callable[[Actor, Any], Any]) -> None:
    draft = draft_for(owner())
    actor = who()
    refusal = refused(*what(actor, draft))
    assert isinstance(refusal, SignInNeeded if actor is ANONYMOUS else Denied)
    if actor is not ANONYMOUS:
        assert str(refusal) == "没有找到这份申请，或者它不在您名下。"


@pytest.mark.parametrize("who", STRANGERS.values(), ids=STRANGERS)
def test_nobody_else_submits(who: Callable[[], Actor]) -> None:
    draft = ready(owner())
    refused(actions.submit, who(), draft.id, signed_name="林晓梅", agreed=True)
    draft.refresh_from_db()
    assert draft.case_id is None


def test_a_submitted_draft_says_nothing_to_others_either() -> None:
    me = owner()
    draft = ready(me)
    actions.submit(me, draft.id, **signed(me))
    refused(actions.submit, neighbour(), draft.id, signed_name="林晓梅", agreed=True)


@pytest.mark.parametrize("who", STRANGERS.values(), ids=STRANGERS)
def test_nobody_else_answers_a_correction(who: Callable[[], Actor]) -> None:
    filing = submitted(owner())
    awaiting_correction(filing)
    actor = who()
    refused(
        actions.resubmit, actor, filing.case.number, data={}, materials={}, signed_name=actor.name, agreed=True
    )  # fmt: skip


@pytest.mark.parametrize(
    "who",
    [neighbour, _other_firm, lambda: ANONYMOUS, owner, lambda: person("reviewer1"), _colleague_elsewhere],
    ids=["the neighbour", "another firm", "a passer-by", "the applicant", "a reviewer", "a clerk of another agency"],
)
def test_only_the_window_asks_for_corrections(who: Callable[[], Actor]) -> None:
    filing = submitted(owner())
    refused(actions.request_correction, who(), open_task(filing.case, "accept").id, [LAYOUT])


def test_what_is_not_there_is_refused_like_what_is_not_yours() -> None:
    nothing = "018f0000-0000-7000-8000-000000000000"
    for what in DRAFT_ACTS.values():
        act, who, _draft, *rest = what(neighbour(), draft_for(owner()))
        assert str(refused(act, who, nothing, *rest)) == "没有找到这份申请，或者它不在您名下。"
    number = "99010026112100000019"
    refused(actions.resubmit, owner(), number, data={}, materials={}, signed_name="", agreed=False)
    refused(actions.resubmit, owner(), "no number at all" * 20, data={}, materials={}, signed_name="", agreed=False)
    refused(actions.request_correction, person("clerk"), nothing, [LAYOUT])


def test_a_passer_by_and_somebody_without_a_party_begin_nothing() -> None:
    refused(actions.start, ANONYMOUS, FOOD)
    nobody = replace(owner(), party_id=None, party_kind="", parties=())
    assert "先完成实名登记" in str(refused(actions.start, nobody, FOOD))


def test_every_act_is_in_the_ledger() -> None:
    me = owner()
    with recorded("applications.start", by=me, kind="draft"):
        draft = draft_for(me)
    with recorded("applications.answer_situation", by=me, kind="draft", subject=draft.id):
        actions.answer_situation(me, draft.id, SITUATIONS[FOOD])
    with recorded("applications.save_answers", by=me, kind="draft", subject=draft.id):
        actions.save_answers(me, draft.id, {"staff": 4})
    file = uploaded(me)
    with recorded("applications.give_material", by=me, kind="draft", subject=draft.id):
        given = actions.give_material(me, draft.id, "layout", file_id=file.id)
    with recorded("applications.remove_material", by=me, kind="draft", subject=draft.id):
        actions.remove_material(me, draft.id, given.id)
    with recorded("applications.discard", by=me, kind="draft", subject=draft.id):
        actions.discard(me, draft.id)
    draft = ready(me)
    with recorded("applications.submit", by=me, kind="application") as found:
        filing = actions.submit(me, draft.id, **signed(me))
    assert found[0].subject == filing.case.number
    assert found[0].id == filing.entry_id
    with recorded(
        "applications.request_correction", by=person("clerk"), kind="application", subject=filing.case.number
    ):
        awaiting_correction(filing)
    file = uploaded(me)
    with recorded("applications.resubmit", by=me, kind="application", subject=filing.case.number) as found:
        second = actions.resubmit(me, filing.case.number, data={}, materials={"layout": [file.id]}, **signed(me))
    assert found[0].id == second.entry_id


def test_the_ledger_names_nobody() -> None:
    me = owner()
    with recorded("applications.submit") as found:
        submitted(me)
    content = found[0].content
    for secret in ("林晓梅", "990102198804129023", "16480000001", FIRM):
        assert secret not in content


def test_the_ledger_says_for_whom_it_was_done() -> None:
    """She goes on with her firm's application while she acts for herself: it is the firm's all the same."""
    draft = ready(owner())
    herself = person("linxiaomei")
    with recorded("applications.submit", by=herself) as found:
        actions.submit(herself, draft.id, **signed(herself))
    assert json.loads(found[0].content)["for"] == str(draft.party_id) != str(herself.party_id)


def test_a_second_representative_of_the_firm_goes_on_with_its_draft() -> None:
    draft = ready(owner())
    agent = agent_of(owner(), "何平")
    assert draft_for(agent).id == draft.id
    filing = actions.submit(agent, draft.id, signed_name="何平", agreed=True)
    assert (filing.party_id, filing.signed_by_id) == (owner().party_id, agent.account_id)


@pytest.mark.parametrize("how", ["upload", "library"])
def test_somebody_elses_file_is_no_material(how: str) -> None:
    foreign = uploaded(neighbour())
    me = owner()
    draft = draft_for(me)
    actions.answer_situation(me, draft.id, SITUATIONS[FOOD])
    with pytest.raises(Denied) as caught:
        actions.give_material(me, draft.id, "layout", file_id=foreign.id, how=how)
    assert (caught.value.status, caught.value.code) == (Missing.status, Missing.code)
    denial = Denial.objects.latest("id")
    assert (denial.subject, denial.account_id) == (f"file:{foreign.id}", me.account_id)
    assert not draft.materials.exists()
    with pytest.raises(Denied) as missing:
        actions.give_material(me, draft.id, "layout", file_id=draft.id, how=how)
    assert str(missing.value) == str(caught.value)


def test_who_may_read_a_file_may_not_hand_it_in_as_their_own() -> None:
    """A clerk reads the applicant's papers; they are not the clerk's for an application of their own."""
    filing = submitted(owner())
    clerk = person("clerk")
    papers = StoredFile.objects.get(id=filing.materials.get(code="layout").file_id)
    assert stored(clerk, papers.id).name == papers.name
    draft = draft_for(clerk, "990100-rsj-unemployment")
    actions.answer_situation(clerk, draft.id, {"history": "worked"})
    refusal = refused(actions.give_material, clerk, draft.id, "ended", file_id=papers.id)
    assert refusal.status == Missing.status


def test_somebody_elses_file_answers_no_correction() -> None:
    me = owner()
    filing = submitted(me)
    awaiting_correction(filing)
    foreign = uploaded(neighbour())
    with pytest.raises(Denied):
        actions.resubmit(me, filing.case.number, data={}, materials={"layout": [foreign.id]}, **signed(me))
    assert filing.case.filings.count() == 1
