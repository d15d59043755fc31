"""Somebody lets another act for them: in which matters, until when, with whose consent, and with everything to be seen."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories.applications import (
    FIRM,
    FOOD,
    JOBLESS,
    awaiting_correction,
    draft_for,
    jobless,
    neighbour,
    owner,
    person,
    ready,
    signed,
    submitted,
)
from tests.factories.browsing import browser_of
from tests.factories.people import LONG_AGO
from tests.helpers import recorded, refused
from yiwang.foundation.access.actions import grant_standing
from yiwang.foundation.access.queries import Actor, of_account, system
from yiwang.foundation.accounts.models import Account, Party, Standing
from yiwang.foundation.cases import queries as cases
from yiwang.foundation.files.queries import library
from yiwang.foundation.licences.queries import held
from yiwang.foundation.mandates import queries
from yiwang.foundation.mandates.actions import accept, decline, end, end_standing, give
from yiwang.foundation.mandates.models import Mandate
from yiwang.foundation.messages import queries as messages
from yiwang.foundation.messages.models import Message
from yiwang.kernel.refusals import Conflict, Denied, Invalid, Missing
from yiwang.services.applications import actions
from yiwang.services.applications import queries as applications
from yiwang.services.applications.models import Filing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]


def daughter() -> Actor:
    """赵敏, whom 陈立新 asks to act for him."""
    return person("zhaomin")


def code_of(actor: Actor) -> str:
    return Party.objects.get(id=actor.party_id).code.plain()


def in_days(days: int) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=days)


def offered(giver: Actor, to: Actor, *matters: str, **more: Any) -> Mandate:
    terms: dict[str, Any] = {"until": in_days(30), "matters": matters, "everything": not matters, **more}
    return give(giver, to.name, code_of(to), **terms)


def acting_for(agent: Actor, giver: Actor) -> Actor:
    return of_account(Account.objects.get(pk=agent.account_id), party_id=giver.party_id)


def held_by(agent: Actor, giver: Actor, *matters: str) -> Actor:
    """The agent with a mandate that was accepted, acting for the giver."""
    accept(agent, offered(giver, agent, *matters).id)
    return acting_for(agent, giver)


class TestGiving:
    def test_an_offer_opens_nothing_until_it_is_accepted(self) -> None:
        with recorded("mandates.give", by=jobless(), kind="mandate") as entries:
            offered(jobless(), daughter(), JOBLESS)
        assert daughter().name not in entries[0].content
        assert Message.objects.get(template="mandate-offered").party_id == daughter().party_id
        assert jobless().party_id not in [party for party, *_rest in acting_for(daughter(), jobless()).parties]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT agent_name FROM {Mandate._meta.db_table}")
            assert daughter().name not in repr(cursor.fetchone())

    def test_the_giver_does_not_learn_who_is_known_here(self) -> None:
        from tests.factories.people import identity_number

        made = give(jobless(), "钱多多", identity_number(901), until=in_days(9), everything=True)
        assert made.state == Mandate.State.OFFERED
        assert not Message.objects.exists()
        wrong_name = give(jobless(), "别的名字", code_of(daughter()), until=in_days(9), everything=True)
        assert not Message.objects.exists(), "a wrong name tells nobody"
        with pytest.raises(Invalid, match="姓名和您的不一样"):
            accept(daughter(), wrong_name.id)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"name": " "}, "name"),
            ({"name": "长" * 61}, "name"),
            ({"code": "123"}, "code"),
            ({"code": "own"}, "code"),
            ({"until": None}, "until"),
            ({"until": dt.date(2020, 1, 1)}, "until"),
            ({"until": dt.date(2099, 1, 1)}, "until"),
            ({"matters": ()}, "matters"),
            ({"matters": ("nonsense",)}, "matters"),
            ({"matters": tuple(f"m{n}" for n in range(51))}, "matters"),
        ],
    )
    def test_what_is_wrong_is_said_at_its_field(self, changes: dict[str, Any], field: str) -> None:
        terms: dict[str, Any] = {
            "name": "赵敏", "code": code_of(daughter()), "until": in_days(9), "matters": (JOBLESS,), **changes,
        }  # fmt: skip
        if terms["code"] == "own":
            terms["code"] = code_of(jobless())
        with pytest.raises(Invalid) as caught:
            give(jobless(), terms.pop("name"), terms.pop("code"), **terms)
        assert [problem.field for problem in caught.value.problems] == [field]

    def test_one_open_mandate_for_each_person_and_a_retry_is_the_same(self) -> None:
        first = offered(jobless(), daughter(), key="once")
        assert offered(jobless(), daughter(), key="once").id == first.id
        with pytest.raises(Conflict) as caught:
            offered(jobless(), daughter())
        assert caught.value.code == "mandate-open"
        end(jobless(), first.id)
        offered(jobless(), daughter(), JOBLESS)

    def test_it_takes_a_visit_to_a_counter_once(self) -> None:
        Account.objects.filter(username="chenlixin").update(level=2)
        with pytest.raises(Denied) as caught:
            offered(jobless(), daughter())
        assert caught.value.code == "level-too-low"

    def test_an_agent_passes_nothing_on(self) -> None:
        agent = held_by(daughter(), jobless())
        wang = neighbour()
        refusal = refused(give, agent, wang.name, code_of(wang), until=in_days(9), everything=True)
        assert "转托" in str(refusal)

    def test_a_firm_gives_one_too(self) -> None:
        agent = held_by(daughter(), owner(), FOOD)
        assert draft_for(agent).party_id == owner().party_id


class TestAnswering:
    def test_accepted_it_holds_for_its_matters_and_its_term(self) -> None:
        made = offered(jobless(), daughter(), JOBLESS)
        with recorded("mandates.accept", by=daughter(), kind="mandate", subject=made.id):
            accept(daughter(), made.id)
        standing = Standing.objects.get(party_id=jobless().party_id, ground="agent")
        assert (standing.matters, standing.until) == ([JOBLESS], in_days(30))
        assert Message.objects.filter(template="mandate-accepted", party_id=jobless().party_id).count() == 1
        with pytest.raises(Conflict):
            accept(daughter(), made.id)
        with pytest.raises(Conflict):
            decline(daughter(), made.id)

    def test_declined_it_opens_nothing(self) -> None:
        made = offered(jobless(), daughter())
        with recorded("mandates.decline", by=daughter(), kind="mandate", subject=made.id):
            decline(daughter(), made.id)
        assert not Standing.objects.filter(party_id=jobless().party_id, ground="agent").exists()
        assert Message.objects.filter(template="mandate-declined").count() == 1

    def test_nobody_else_answers_or_sees_it(self) -> None:
        made = offered(jobless(), daughter())
        for stranger in (neighbour(), jobless()):
            refused(accept, stranger, made.id)
            refused(decline, stranger, made.id)
        refused(end, neighbour(), made.id)
        with pytest.raises(Denied):
            queries.mandate(neighbour(), made.id)
        with pytest.raises((Denied, Missing)):
            queries.mandate(neighbour(), uuid4())
        assert browser_of(neighbour()).get(f"/my/mandates/{made.id}").status_code == 403
        refused(accept, neighbour(), uuid4())

    def test_an_offer_runs_out(self) -> None:
        made = offered(jobless(), daughter())
        Mandate.objects.update(offer_ends=timezone.localdate())
        with pytest.raises(Conflict):
            accept(daughter(), made.id)
        assert queries.mandate(jobless(), made.id).state == "ended"

    def test_a_ground_from_a_counter_is_not_overwritten(self) -> None:
        agent = daughter()
        assert agent.account_id
        assert jobless().party_id
        grant_standing(system(), agent.account_id, jobless().party_id or uuid4(), ground="agent", since=LONG_AGO)
        with pytest.raises(Conflict, match="已经可以替对方办事"):
            accept(agent, offered(jobless(), agent, JOBLESS).id)


class TestActingUnderOne:
    def test_the_matter_is_done_from_the_first_step_to_the_last(self) -> None:
        agent = held_by(daughter(), jobless(), JOBLESS)
        draft = ready(agent, JOBLESS)
        filled = {str(known["value"]) for known in draft.prefilled.values()}
        assert {"陈立新", code_of(jobless())} <= filled, "what is known of the giver, not of the agent"
        assert not {"赵敏", code_of(daughter())} & filled
        assert applications.draft_view(agent, draft.id).draft.id == draft.id
        client = browser_of(agent)
        client.post("/my/identity", {"party": str(agent.party_id)})
        for page in ("", "/materials", "/check"):
            assert client.get(f"/drafts/{draft.id}{page}", follow=True).status_code == 200, page
        filing = actions.submit(agent, draft.id, **signed(agent))
        assert [case.number for case in cases.my_cases(agent).items] == [filing.case.number]
        assert cases.view(agent, filing.case.number).case.party_id == jobless().party_id

    def test_a_correction_is_answered_with_a_paper_of_the_giver_s_library(self) -> None:
        filing = submitted(owner())
        awaiting_correction(filing)
        agent = held_by(daughter(), owner(), FOOD)
        kept = library(owner())[0].file_id
        client = browser_of(agent)
        typed = {"library.layout": str(kept), "signed_name": agent.name, "agreed": "true"}
        answer = client.post(f"/my/cases/{filing.case.number}/correct", typed)
        assert answer.status_code == 302, answer.content.decode()
        assert Filing.objects.get(case=filing.case, revision=2).materials.filter(file_id=kept).exists()

    def test_other_matters_are_closed(self) -> None:
        filing = submitted(owner())
        agent = held_by(daughter(), owner(), "990100-scjg-sole-trader")
        for attempt in (
            lambda: draft_for(agent),
            lambda: cases.view(agent, filing.case.number),
            lambda: library(agent),
            lambda: messages.inbox(agent),
        ):
            with pytest.raises(Denied) as caught:
                attempt()
            assert caught.value.code == "outside-mandate"
        assert cases.my_cases(agent).items == []
        assert applications.receipts(agent).items == []
        assert applications.drafts(agent) == []
        assert held(agent) == []
        client = browser_of(agent)
        client.post("/my/identity", {"party": str(agent.party_id)})
        assert client.get("/my/").status_code == 200
        assert filing.case.number not in client.get("/my/cases").content.decode()
        assert client.get(f"/my/cases/{filing.case.number}").status_code == 403

    def test_a_mandate_for_everything_opens_everything(self) -> None:
        filing = submitted(owner())
        agent = held_by(daughter(), owner())
        assert cases.view(agent, filing.case.number)
        assert library(agent)

    def test_ended_it_is_over_at_once_and_what_was_done_stays(self) -> None:
        agent = held_by(daughter(), jobless(), JOBLESS)
        filing = actions.submit(agent, ready(agent, JOBLESS).id, **signed(agent))
        made = Mandate.objects.get()
        with recorded("mandates.end", by=jobless(), kind="mandate", subject=made.id):
            end(jobless(), made.id)
        end(jobless(), made.id)
        with pytest.raises(Denied):
            cases.view(daughter(), filing.case.number)
        view = queries.mandate(jobless(), made.id)
        assert view.state == "ended"
        assert [deed.case for deed in view.deeds if deed.text] == [filing.case.number] * len(view.deeds)
        assert view.deeds
        assert Message.objects.filter(template="mandate-ended", party_id=daughter().party_id).count() == 1

    def test_the_agent_steps_back(self) -> None:
        agent = held_by(daughter(), jobless())
        end(daughter(), Mandate.objects.get().id)
        assert Message.objects.filter(template="mandate-ended", party_id=jobless().party_id).count() == 1
        assert agent.party_id != of_account(Account.objects.get(pk=agent.account_id)).party_id

    def test_its_last_day_is_its_last(self) -> None:
        held_by(daughter(), jobless())
        account = Account.objects.get(username="zhaomin")
        assert len(of_account(account, today=in_days(29)).parties) == 2
        assert len(of_account(account, today=in_days(30)).parties) == 1


def test_who_was_entered_at_a_counter_is_taken_off_by_the_person_themself() -> None:
    agent = daughter()
    assert agent.account_id
    assert jobless().party_id
    standing = grant_standing(system(), agent.account_id, jobless().party_id or uuid4(), ground="agent", since=LONG_AGO)
    refused(end_standing, neighbour(), standing.id)
    refused(end_standing, agent, standing.id)
    page = browser_of(jobless()).get("/my/mandates").content.decode()
    assert agent.name in page
    with recorded("mandates.end-standing", by=jobless(), kind="party", subject=jobless().party_id):
        end_standing(jobless(), standing.id)
    assert jobless().party_id not in [party for party, *_rest in acting_for(agent, jobless()).parties]
    with pytest.raises(Missing):
        end_standing(system(), uuid4())


class TestPages:
    def test_from_the_guide_to_the_bar_without_script(self) -> None:
        mother, agent = browser_of(jobless()), browser_of(daughter())
        page = mother.get(f"/my/mandates/new?item={JOBLESS}").content.decode()
        assert f'value="{JOBLESS}" id="chosen-1" checked' in page
        typed = {"name": "赵敏", "code": code_of(daughter()), "extent": "some", "matters": [JOBLESS], "term": "30"}
        found = mother.post("/my/mandates/new", {**typed, "q": "残疾", "do": "find"}).content.decode()
        assert "残疾" in found
        assert 'value="赵敏"' in found
        wrong = mother.post("/my/mandates/new", {**typed, "code": "1", "do": "give"})
        assert wrong.status_code == 422
        sent = mother.post("/my/mandates/new", {**typed, "do": "give"}, follow=True).content.decode()
        assert "等对方接受" in sent
        made = Mandate.objects.get()
        assert "等您答复" in agent.get("/my/mandates").content.decode()
        assert "有效" in agent.post(f"/my/mandates/{made.id}", {"do": "accept"}, follow=True).content.decode()
        agent.post("/my/identity", {"party": str(jobless().party_id)})
        bar = agent.get("/").content.decode()
        assert "您正在代表 <strong>陈立新</strong> 办事(受托)" in bar
        assert "看委托" in bar
        assert agent.get("/my/mandates/new").status_code == 302, "an agent cannot pass it on"
        assert "还没有办过事" in mother.get(f"/my/mandates/{made.id}").content.decode()
        again = agent.post(f"/my/mandates/{made.id}", {"do": "accept"}, follow=True).content.decode()
        assert "已经答复过" in again
        assert "已结束" in mother.post(f"/my/mandates/{made.id}", {"do": "end"}, follow=True).content.decode()
        assert mother.post(f"/my/mandates/{made.id}", {"do": "x"}).status_code == 404

    def test_it_lists_both_sides_at_a_constant_cost(self) -> None:
        def cost() -> int:
            client = browser_of(owner())
            with CaptureQueriesContext(connection) as seen:
                assert client.get("/my/mandates").status_code == 200
            return len(seen)

        accept(owner(), offered(jobless(), person("linxiaomei"), JOBLESS).id)
        offered(owner(), daughter(), FOOD)
        few = cost()
        for other in ("wangjianguo", "zhouguilan"):
            offered(owner(), person(other), FOOD, JOBLESS)
        assert cost() == few
        page = browser_of(owner()).get("/my/mandates").content.decode()
        assert FIRM in page
        assert "陈立新" in page

    def test_over_the_api(self) -> None:
        mother, agent = browser_of(jobless()), browser_of(daughter())
        body = {"name": "赵敏", "code": code_of(daughter()), "matters": [JOBLESS], "until": in_days(9).isoformat()}
        made = mother.post("/api/v1/mandates", body, content_type="application/json")
        assert (made.status_code, made.json()["state"]) == (201, "offered")
        there = f"/api/v1/mandates/{made.json()['id']}"
        assert agent.get("/api/v1/mandates").json()["received"][0]["matters"] == [JOBLESS]
        assert agent.post(f"{there}/accept").json()["state"] == "held"
        assert mother.get(there).json()["deeds"] == []
        assert browser_of(neighbour()).get(there).status_code == 403
        assert mother.post(f"{there}/end").json()["state"] == "ended"
        again = mother.post("/api/v1/mandates", body, content_type="application/json").json()["id"]
        assert agent.post(f"/api/v1/mandates/{again}/decline").json()["state"] == "declined"
