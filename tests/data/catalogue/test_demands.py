"""An agency asks for data; the provider answers within a limit; the asker rates. Objections go to the source and come back."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from tests.factories.catalogue import POPULATION, bureau, published_resource, steward
from tests.factories.people import official
from tests.helpers import recorded, refused
from yiwang.data.catalogue import actions, queries
from yiwang.data.catalogue.models import Demand, Objection
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries
from yiwang.kernel.refusals import Conflict, Invalid, Missing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _residents() -> None:
    published_resource()


def _demand(actor: Actor, **more: str) -> Demand:
    return actions.demand(
        actor, "mzj", "低保申请人户籍信息", wanted="姓名、公民身份号码、住址", why="审核低保申请时核对户籍", basis="《社会救助暂行办法》第十条",
        due_on=timezone.localdate() + dt.timedelta(days=30), **more,
    )  # fmt: skip


def _task(actor: Actor, number: str) -> str:
    found = case_queries.view(actor, number).task_for(actor)
    assert found is not None
    return str(found.task.id)


def test_what_is_wanted_is_found_in_the_catalogue() -> None:
    found = queries.matches(steward("mzj"), "姓名、住址")
    assert [(match.entry.code, match.labels) for match in found] == [(POPULATION, ("住址", "姓名"))]
    assert queries.matches(steward("mzj"), "停车泊位") == []


def test_a_demand_is_answered_with_a_resource_and_rated() -> None:
    mzj, police = steward("mzj"), steward()
    with recorded("catalogue.demand", by=mzj, kind="demand"):
        demand = _demand(mzj, provider="gaj")
    assert demand.case.limits == {"answer": {"count": 10, "unit": "working"}}
    with recorded("catalogue.answer_demand", by=police, kind="demand", subject=demand.id):
        actions.answer_demand(
            police, _task(police, demand.case.number), "supply", "可以按接口申请", resource=POPULATION
        )
    demand.refresh_from_db()
    assert (demand.state, demand.entry and demand.entry.code, demand.in_time) == ("supplied", POPULATION, True)
    with recorded("catalogue.rate_demand", by=mzj, subject=demand.id):
        actions.rate_demand(mzj, demand.id, 1, "很快")
    with pytest.raises(Conflict):
        actions.rate_demand(mzj, demand.id, 5)
    line = queries.statistics(bureau()).total
    assert (line.asked, line.timeliness, line.satisfaction) == (1, 100, 100)


def test_supplying_names_a_resource_and_refusing_a_law_at_every_door() -> None:
    police = steward()
    demand = _demand(steward("mzj"), provider="gaj")
    task = _task(police, demand.case.number)
    for outcome, field in (("supply", "resource"), ("refuse", "basis")):
        with pytest.raises(Invalid) as caught:
            cases.complete(police, task, outcome, "好")
        assert [problem.field for problem in caught.value.problems] == [field]
    with pytest.raises(Invalid):
        actions.answer_demand(police, task, "supply", resource="999999-000001")


def test_a_refusal_is_looked_at_by_the_bureau() -> None:
    police, data = steward(), bureau()
    demand = _demand(steward("mzj"), resource=POPULATION)
    actions.answer_demand(police, _task(police, demand.case.number), "refuse", "涉密", basis="《保守国家秘密法》第九条")
    cases.complete(data, _task(data, demand.case.number), "again", "住址不属于国家秘密")
    actions.answer_demand(
        police, _task(police, demand.case.number), "refuse", "确有规定", basis="《保守国家秘密法》第九条"
    )
    cases.complete(data, _task(data, demand.case.number), "uphold")
    demand.refresh_from_db()
    assert (demand.state, demand.answer_basis) == ("refused", "《保守国家秘密法》第九条")


def test_faults_are_told_at_their_fields() -> None:
    with pytest.raises(Invalid) as caught:
        actions.demand(steward("mzj"), "mzj", "", wanted="", why="", basis="", due_on=timezone.localdate())
    assert {problem.field for problem in caught.value.problems} == {
        "title",
        "wanted",
        "why",
        "basis",
        "due_on",
        "provider",
    }
    with pytest.raises(Invalid):
        _demand(steward("mzj"), provider="mzj")
    with pytest.raises(Invalid):
        _demand(steward("mzj"), resource="999999-000001")


def test_demands_are_seen_by_both_sides_and_nobody_else() -> None:
    demand = _demand(steward("mzj"), provider="gaj")
    assert [row.id for row in queries.demands(steward()).items] == [demand.id]
    assert [row.id for row in queries.demands(steward("mzj"), queries.DemandFilter(side="ours")).items] == [demand.id]
    assert queries.demands(steward("mzj"), queries.DemandFilter(side="theirs")).items == []
    assert queries.demands(steward("jyj")).items == []
    with pytest.raises(Missing):
        queries.demand(steward("jyj"), demand.id)


def test_an_objection_goes_to_the_source_and_comes_back() -> None:
    mzj, police = steward("mzj"), steward()
    with recorded("catalogue.object_to", by=mzj, kind="objection"):
        objection = actions.object_to(mzj, "mzj", POPULATION, "有 12 条记录的住址是空的", field="residence")
    cases.complete(police, _task(police, objection.case.number), "corrected", "已补录")
    found = queries.objections(mzj).items[0]
    assert (found.state, found.answer) == (Objection.State.CORRECTED, "已补录")
    with pytest.raises(Invalid):
        actions.object_to(mzj, "mzj", POPULATION, "", field="nothing")


def test_the_wrong_people_are_refused() -> None:
    mzj = steward("mzj")
    demand = _demand(mzj, provider="gaj")
    task = _task(steward(), demand.case.number)
    later = timezone.localdate() + dt.timedelta(days=9)
    refused(actions.demand, steward(), "mzj", "甲", wanted="乙", why="丙", basis="丁", due_on=later, provider="gaj")
    refused(actions.rate_demand, steward(), demand.id, 1)
    refused(actions.object_to, steward(), "mzj", POPULATION, "不对")
    reader = official("reader", ["cases.read", "catalogue.read"], at=demand.provider)
    refused(actions.answer_demand, reader, task, "supply", resource=POPULATION)
