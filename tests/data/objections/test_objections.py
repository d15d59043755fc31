"""What somebody says is wrong in a register is looked into by its owner within a limit, and answered: corrected, or with reasons."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.factories import agency, citizen, official
from tests.factories.browsing import browser_of
from tests.factories.cases import open_task
from tests.factories.desk import browser
from tests.factories.registers import population, registered
from tests.helpers import recorded, refused
from yiwang.data.objections.actions import correct, open_case
from yiwang.data.objections.models import ObjectionCase
from yiwang.data.objections.queries import mine
from yiwang.data.registries.actions import answer_objection, load, object_to
from yiwang.data.registries.models import LookUp, Objection, RegisterRecord
from yiwang.data.registries.queries import held_about
from yiwang.foundation.access.queries import Actor, Level, system
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries
from yiwang.foundation.cases.models import Case
from yiwang.foundation.events.worker import Worker
from yiwang.foundation.forms.slots import prefill_sources
from yiwang.foundation.messages.models import Message
from yiwang.kernel.refusals import Conflict, Denied, Invalid, Missing

pytestmark = pytest.mark.django_db
STEWARD = ["cases.read", "cases.complete", "cases.claim", "registries.look_up"]
RIGHT = "云山区西门街2号"


@pytest.fixture
def me() -> Actor:
    population()
    me = citizen()
    registered(me)
    return me


@pytest.fixture
def steward(me: Actor) -> Actor:
    return at("gaj")


def at(place: str, name: str = "顾明") -> Actor:
    actor = official("data-steward", STEWARD, at=agency(place), name=name)
    from yiwang.foundation.access.models import Role
    from yiwang.foundation.access.queries import of_account
    from yiwang.foundation.accounts.models import Account

    role = Role.objects.get(code="data-steward")
    role.data_level = 3
    role.save()
    return of_account(Account.objects.get(pk=actor.account_id))


def objected(me: Actor, element: str = "residence", claimed: str = RIGHT) -> Case:
    objection = object_to(me, "population", element, claimed, "去年搬了家")
    return Case.objects.get(id=open_case(system(), objection.id).case_id)


def in_register(me: Actor, element: str = "residence") -> Any:
    return held_about(me)[0].data[element]


def test_the_owner_gets_a_case_with_ten_working_days_and_the_person_its_number(me: Actor) -> None:
    objection = object_to(me, "population", "residence", RIGHT)
    with recorded("objections.open", kind="objection", subject=objection.id):
        open_case(system(), objection.id)
    case = Case.objects.get()
    assert (case.kind, case.agency_id, case.party_id) == ("objection", "gaj", me.party_id)
    assert case.title == "数据异议：人口基础库 · 住址"
    [clock] = case_queries.clock_faces([case])[case.id]
    assert (clock.limit, clock.state) == ("10 个工作日", "running")
    assert Message.objects.get().data["number"] == case.number
    open_case(system(), objection.id)
    assert Case.objects.count() == 1, "asked twice, opened once"
    assert [row.case for row in mine(me)] == [case]
    with pytest.raises(Missing):
        open_case(system(), uuid4())
    refused(open_case, me, objection.id)


@pytest.mark.django_db(transaction=True)
def test_the_case_is_opened_by_itself(me: Actor) -> None:
    object_to(me, "population", "residence", RIGHT)
    while Worker().step():
        pass
    assert Case.objects.get().kind == "objection"


def test_corrected_the_register_has_a_new_version_and_forms_are_filled_in_with_it(me: Actor, steward: Actor) -> None:
    case = objected(me)
    with recorded("objections.correct", by=steward, kind="objection"), recorded("registries.answer-objection"):
        correct(steward, open_task(case, "check").id, RIGHT, "已核对户口簿")
    case.refresh_from_db()
    assert (case.outcome, case.outcome_name) == ("corrected", "已更正")
    assert in_register(me) == RIGHT
    assert RegisterRecord.objects.filter(until=None).get().version == 2
    assert Objection.objects.get().state == Objection.State.CORRECTED
    assert prefill_sources["person"].values(me)["address"].value == RIGHT
    told = Message.objects.get(template="objection-corrected")
    assert told.data["answer"] == "已核对户口簿"
    [row] = mine(me)
    assert (row.answer, row.element) == ("已核对户口簿", "住址")
    with pytest.raises(Conflict):
        answer_objection(system(), row.objection.id, RIGHT)


def test_what_stands_is_answered_with_reasons(me: Actor, steward: Actor) -> None:
    case = objected(me)
    before = in_register(me)
    with pytest.raises(Invalid):
        cases.complete(steward, open_task(case, "check").id, "uphold", " ")
    cases.complete(steward, open_task(case, "check").id, "uphold", "户籍没有迁移记录")
    assert in_register(me) == before
    assert Objection.objects.get().state == Objection.State.UPHELD
    assert "申请行政复议" in str(Message.objects.get(template="objection-upheld").text)
    object_to(me, "population", "residence", RIGHT)  # with new evidence, once more


def test_nobody_says_corrected_without_correcting(me: Actor, steward: Actor) -> None:
    case = objected(me)
    with pytest.raises(Conflict) as caught:
        cases.complete(steward, open_task(case, "check").id, "correct", "改好了")
    assert caught.value.code == "not-corrected"


@pytest.mark.parametrize(
    ("value", "basis", "field"), [("", "户口簿", "value"), (RIGHT, " ", "opinion"), (RIGHT, "长" * 501, "opinion")]
)
def test_what_is_wrong_with_a_correction_is_said_at_its_field(
    me: Actor, steward: Actor, value: str, basis: str, field: str
) -> None:
    case = objected(me)
    with pytest.raises(Invalid) as caught:
        correct(steward, open_task(case, "check").id, value, basis)
    assert [problem.field for problem in caught.value.problems] == [field]
    assert RegisterRecord.objects.filter(until=None).get().version == 1, "nothing is half done"


def test_what_is_registered_already_is_no_correction(me: Actor, steward: Actor) -> None:
    case = objected(me)
    with pytest.raises(Invalid) as caught:
        correct(steward, open_task(case, "check").id, in_register(me), "户口簿")
    assert "和现在登记的一样" in caught.value.problems[0].message


def test_only_a_steward_of_the_owner(me: Actor, steward: Actor) -> None:
    case = objected(me)
    foreign, mate = at("rsj", "别局"), citizen("邻居")
    task = open_task(case, "check").id
    for wrong in (foreign, mate, me):
        refused(correct, wrong, task, RIGHT, "户口簿")
        refused(answer_objection, wrong, Objection.objects.get().id, RIGHT)
    refused(correct, steward, uuid4(), RIGHT, "户口簿")
    with pytest.raises(Denied):
        case_queries.view(mate, case.number)
    assert browser(foreign).get(f"/desk/cases/{case.number}").status_code == 403


def test_the_record_may_have_changed_meanwhile(me: Actor, steward: Actor) -> None:
    case = objected(me)
    row = RegisterRecord.objects.get(until=None)
    load(system(), "population", [{**row.data, "phone": "16400000009"}])
    correct(steward, open_task(case, "check").id, RIGHT, "户口簿")
    assert (in_register(me), in_register(me, "phone")) == (RIGHT, "16400000009")


def test_the_desk_shows_both_values_and_the_person_sees_who_looked(me: Actor, steward: Actor) -> None:
    case = objected(me)
    client = browser(steward)
    page = client.get(f"/desk/cases/{case.number}").content.decode()
    assert "柳荫路18号" in page
    assert RIGHT in page
    assert "去年搬了家" in page
    used = LookUp.objects.get(about=f"case:{case.number}")
    assert (used.purpose, used.fields) == ("核实数据异议", ["residence"])
    address = f"/desk/cases/{case.number}"
    task = open_task(case, "check").id
    form = client.get(f"{address}?task={task}&outcome=correct").content.decode()
    assert "更正" in form


def test_the_person_follows_it_in_their_space(me: Actor, steward: Actor) -> None:
    client = browser_of(me)
    typed = {"register": "population", "element": "sex", "claimed": "1", "why": ""}
    assert client.post("/my/data/objection", typed).status_code == 302
    assert "正在转给登记部门" in client.get("/my/data/objections").content.decode()
    case = Case.objects.get(id=open_case(system(), Objection.objects.get().id).case_id)
    assert f"/my/cases/{case.number}" in client.get("/my/data/objections").content.decode()
    assert "登记部门正在核实" in client.get(f"/my/cases/{case.number}").content.decode()
    assert case.number in client.get("/my/cases").content.decode()
    cases.complete(steward, open_task(case, "check").id, "uphold", "户口簿上是女")
    page = client.get("/my/data/objections").content.decode()
    assert "核实无误" in page
    assert "户口簿上是女" in page
    assert "户口簿上是女" not in browser_of(citizen("邻居")).get("/my/data/objections").content.decode()
    assert client.get("/api/v1/objections").json()[0]["state"] == "upheld"


def test_over_the_api(me: Actor, steward: Actor) -> None:
    case = objected(me)
    there = "/api/v1/objections/tasks/{}/correct".format(open_task(case, "check").id)
    body = {"value": RIGHT, "basis": "户口簿"}
    assert browser(me).post(there, body, content_type="application/json").status_code == 403
    assert browser(steward).post(there, body, content_type="application/json").status_code == 204
    assert in_register(me) == RIGHT


def test_it_needs_a_face_check(me: Actor) -> None:
    from dataclasses import replace

    with pytest.raises(Denied) as caught:
        object_to(replace(me, level=Level.NUMBER), "population", "residence", RIGHT)
    assert caught.value.code == "level-too-low"


def test_a_form_leads_to_it(me: Actor) -> None:
    href = prefill_sources["person"].values(me)["address"].href
    page = browser_of(me).get(href)
    assert page.status_code == 200
    assert "“住址”不对" in page.content.decode()
    assert ObjectionCase.objects.count() == 0


def test_taken_back_it_is_over_and_may_be_raised_again(me: Actor) -> None:
    case = objected(me)
    cases.withdraw(me, case.number, "看错了")
    assert Objection.objects.get().state == Objection.State.WITHDRAWN
    object_to(me, "population", "residence", RIGHT)
