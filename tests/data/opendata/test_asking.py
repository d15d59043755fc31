"""What the public asks: access on conditions, data that is not open yet, corrections, show-cases, news of a dataset."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from tests.factories import citizen
from tests.factories.cases import open_task
from tests.factories.opendata import (
    PARK_FIELDS,
    Tables,
    bureau,
    open_parks,
    parks,
    plan,
    released,
    steward,
    table_resource,
)
from tests.helpers import recorded, refused
from yiwang.data.opendata import actions, jobs, queries
from yiwang.data.opendata.models import Access, Correction, Showcase, Wish
from yiwang.data.opendata.reading import Question
from yiwang.foundation.access.queries import ANONYMOUS, Actor
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.messages.models import Message
from yiwang.kernel.refusals import Conflict, Denied, Invalid, Missing, SignInNeeded, TooOften

pytestmark = pytest.mark.django_db


def decide(by: Actor, case: Any, step: str, outcome: str, opinion: str = "") -> None:
    cases.complete(by, open_task(case, step).id, outcome, opinion)


def granted(asker: Actor) -> Access:
    access = actions.ask_access(asker, "city-parks", "研究公园绿地分布", "只在单位电脑上用，用完删除", 90)
    decide(steward(), access.case, "opine", "agree")
    decide(bureau(), access.case, "decide", "grant")
    access.refresh_from_db()
    return access


def test_what_is_open_on_conditions_is_read_with_a_token(held: Tables) -> None:
    open_parks(held, conditional=True)
    asker = citizen()
    with pytest.raises(SignInNeeded):
        queries.rows(ANONYMOUS, "city-parks", Question())
    refused(actions.ask_access, ANONYMOUS, "city-parks", "x", "y", 90)
    with pytest.raises(Invalid) as caught:
        actions.ask_access(asker, "city-parks", "", " ", 7)
    assert [problem.field for problem in caught.value.problems] == ["purpose", "safeguards", "days"]
    with recorded("opendata.ask_access", by=asker, kind="open-access"):
        access = actions.ask_access(asker, "city-parks", "研究公园绿地分布", "用完删除", 90)
    with pytest.raises(Conflict):
        actions.ask_access(asker, "city-parks", "再来一次", "用完删除", 90)
    decide(steward(), access.case, "opine", "agree")
    decide(bureau(), access.case, "decide", "grant")
    access.refresh_from_db()
    assert (access.state, access.until) == (Access.State.GRANTED, timezone.localdate() + dt.timedelta(days=90))
    refused(actions.issue_token, citizen("别人"), access.id)
    with recorded("opendata.issue_token", by=asker, kind="open-access", subject=access.id):
        token = actions.issue_token(asker, access.id)
    _edition, rows = queries.rows(ANONYMOUS, "city-parks", Question(), token=token)
    assert len(rows.items) == 40
    with pytest.raises(Denied):
        queries.rows(ANONYMOUS, "city-parks", Question(), token=token + "x")
    with pytest.raises(SignInNeeded):
        queries.download(ANONYMOUS, "city-parks", "csv")
    second = actions.issue_token(asker, access.id)
    with pytest.raises(Denied):
        queries.rows(ANONYMOUS, "city-parks", Question(), token=token)
    Access.objects.update(quota=2)
    queries.rows(ANONYMOUS, "city-parks", Question(), token=second)
    with pytest.raises(TooOften):
        queries.rows(ANONYMOUS, "city-parks", Question(), token=second)
    Access.objects.update(until=timezone.localdate())
    with pytest.raises(Denied):
        queries.rows(ANONYMOUS, "city-parks", Question(), token=second)


def test_the_bureau_ends_an_access(held: Tables) -> None:
    open_parks(held, conditional=True)
    asker, reviewer = citizen(), bureau()
    access = granted(asker)
    token = actions.issue_token(asker, access.id)
    refused(actions.revoke_access, asker, access.id, "不该")
    with recorded("opendata.revoke_access", by=reviewer, kind="open-access"):
        actions.revoke_access(reviewer, access.id, "超出用途使用")
    with pytest.raises(Denied):
        queries.rows(ANONYMOUS, "city-parks", Question(), token=token)
    assert queries.mine(asker).accesses[0].answer == "超出用途使用"
    with pytest.raises(Conflict):
        actions.issue_token(asker, access.id)


def test_a_refused_application_says_why(held: Tables) -> None:
    open_parks(held, conditional=True)
    asker = citizen()
    access = actions.ask_access(asker, "city-parks", "随便看看", "没有", 30)
    decide(steward(), access.case, "opine", "object", "用途不清楚")
    decide(bureau(), access.case, "decide", "refuse", "请写清楚用途后再申请")
    access.refresh_from_db()
    assert (access.state, access.answer) == (Access.State.REFUSED, "请写清楚用途后再申请")
    assert Message.objects.filter(party=asker.party_id, template="opendata-answered").count() == 1


def test_a_wish_gathers_votes_and_gets_its_answer(held: Tables) -> None:
    steward()
    asker, neighbour = citizen(), citizen("邻居")
    refused(actions.wish, ANONYMOUS, "公交站点", "做导航", "cgj")
    with recorded("opendata.wish", by=asker, kind="open-wish"):
        wish = actions.wish(asker, "公共厕所的位置", "做一个地图", "cgj")
    refused(actions.vote, ANONYMOUS, wish.id)
    with recorded("opendata.vote", by=neighbour, kind="open-wish", times=2):
        actions.vote(neighbour, wish.id)
        actions.vote(neighbour, wish.id)
    page, joined = queries.wishes(neighbour)
    assert [(row.title, row.votes) for row in page.items] == [("公共厕所的位置", 2)]
    assert joined == {wish.id}
    decide(steward("另一位"), wish.case, "answer", "planned", "年底前开放")
    wish.refresh_from_db()
    assert (wish.state, wish.answer) == (Wish.State.PLANNED, "年底前开放")
    decided = queries.mine(asker).wishes[0]
    assert decided.answer == "年底前开放"


def test_a_correction_goes_to_the_provider_and_comes_back(held: Tables) -> None:
    open_parks(held)
    asker = citizen()
    refused(actions.correct, ANONYMOUS, "city-parks", "面积不对")
    with recorded("opendata.correct", by=asker, kind="open-correction"):
        correction = actions.correct(asker, "city-parks", "第3公园的面积应该是 3200", key="one")
    assert actions.correct(asker, "city-parks", "第3公园的面积应该是 3200", key="one").id == correction.id
    decide(steward(), correction.case, "verify", "corrected", "下一版改")
    correction.refresh_from_db()
    assert (correction.state, correction.edition) == (Correction.State.CORRECTED, 1)


def test_a_showcase_is_looked_at_before_it_is_shown(held: Tables) -> None:
    open_parks(held)
    maker = citizen()
    refused(actions.show, ANONYMOUS, "公园地图", "找最近的公园", "https://example.org/", ["city-parks"])
    with pytest.raises(Invalid) as caught:
        actions.show(maker, "公园地图", "找最近的公园", "javascript:alert(1)", ["nothing"])
    assert [problem.field for problem in caught.value.problems] == ["url", "datasets"]
    with recorded("opendata.show", by=maker, kind="open-showcase"):
        showcase = actions.show(maker, "公园地图", "找最近的公园", "https://example.org/parks", ["city-parks"])
    assert not queries.showcases(ANONYMOUS).items
    decide(bureau(), showcase.case, "moderate", "published")
    assert [row.name for row in queries.showcases(ANONYMOUS).items] == ["公园地图"]
    assert Showcase.objects.get().state == Showcase.State.PUBLISHED


def test_subscribers_hear_of_each_new_edition_once(held: Tables) -> None:
    open_parks(held)
    reader = citizen()
    refused(actions.subscribe, ANONYMOUS, "city-parks")
    refused(actions.unsubscribe, ANONYMOUS, "city-parks")
    with recorded("opendata.subscribe", by=reader, kind="dataset", subject="city-parks"):
        actions.subscribe(reader, "city-parks")
    table_resource(held, "parks", PARK_FIELDS, list(parks(50)))
    released(plan())
    for _time in range(2):
        jobs.tell_subscribers.func("city-parks", 2)
    assert Message.objects.filter(party=reader.party_id, template="opendata-new-edition").count() == 1
    with recorded("opendata.unsubscribe", by=reader, kind="dataset", subject="city-parks"):
        actions.unsubscribe(reader, "city-parks")
    assert not queries.mine(reader).subscriptions


def test_what_is_not_there_cannot_be_asked_about() -> None:
    with pytest.raises(Missing):
        actions.correct(citizen(), "nothing", "不对")
