"""A decision names its table, version, rows and reasons, is kept sealed, and is shown to those who may see its subject."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import citizen, official
from tests.factories.browsing import browser_of
from tests.factories.rulings import decision_table, published_table
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import Actor, Held, UnfinishedAct, act, require, system
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.rules import actions
from yiwang.foundation.rules.actions import decide
from yiwang.foundation.rules.models import DecisionRecord
from yiwang.foundation.rules.queries import Decision, decision, decisions_about, facts_needed
from yiwang.foundation.rules.slots import readers
from yiwang.kernel.refusals import Invalid, Refusal

pytestmark = pytest.mark.django_db


@act("trial.register", "登记", public=True)
def register(actor: Actor, facts: dict[str, Any], code: str = "unemployment", version: int = 0) -> Decision:
    require(actor)
    record("trial", "1")
    return decide(code, facts, kind="case", subject="1", version=version)


def analyst() -> Actor:
    return Actor(
        name="分析员", account_id=official("analyst").account_id, held=(Held("analyst", frozenset({"rules.*"})),)
    )


def test_a_decision_is_made_kept_and_traced() -> None:
    published_table()
    with recorded("rules.decide", by=system(), kind="decision") as entries:
        made = register(citizen(), {"age": 30, "insured": False, "reason": "单位倒闭"})
    assert (made.output, made.decided) == ({"result": "grant"}, True)
    assert made.reasons == ["年满 16 周岁且没有就业，可以登记。"]
    assert [(line.table, line.row, line.id) for line in made.matched] == [("能否登记", 3, "grant")]
    assert decisions_about("case", 1) == [made]
    assert '"rows":["grant"]' in entries[0].content
    assert "单位倒闭" not in entries[0].content


def test_what_was_known_is_sealed() -> None:
    published_table()
    register(citizen(), {"age": 30, "insured": False, "reason": "secret-reason"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT facts, outcome FROM rules_decisionrecord")
        row = cursor.fetchone()
    assert all(b"secret-reason" not in bytes(value) and b"grant" not in bytes(value) for value in row)
    assert DecisionRecord.objects.get().facts["reason"] == "secret-reason"


def test_a_table_says_what_it_needs_to_know() -> None:
    published_table()
    assert facts_needed("unemployment") == ("age", "insured", "reason")
    with pytest.raises(LookupError):
        facts_needed("nothing")


def test_no_row_means_a_person_decides() -> None:
    published_table()
    made = register(citizen(), {"age": 70, "insured": False})
    assert (made.decided, made.output) == (False, {})
    assert "人工" in made.reasons[0]


def test_every_matching_row_gives_its_reason_when_all_count() -> None:
    body = decision_table()
    body["graph"]["nodes"][1]["content"]["hitPolicy"] = "collect"
    for test in body["tests"]:
        test["output"] = [test["output"]] if test["output"] else []
    published_table(body=body)
    made = register(citizen(), {"age": 15, "insured": True})
    assert [line.id for line in made.matched] == ["young", "insured"]
    assert made.output == [{"result": "refuse"}, {"result": "refuse"}]


def test_an_earlier_version_still_decides_as_it_did() -> None:
    published_table()
    body = decision_table()
    body["graph"]["nodes"][1]["content"]["rules"][0]["a"] = "< 18"
    published_table(body=body)
    facts = {"age": 17, "insured": False}
    assert register(citizen(), facts).output == {"result": "refuse"}
    assert register(citizen(), facts, version=1).output == {"result": "grant"}


@pytest.mark.parametrize(
    ("facts", "field", "rule"),
    [
        ({"insured": False}, "age", "required"),
        ({"age": "30", "insured": False}, "age", "type"),
        ({"age": True, "insured": False}, "age", "type"),
        ({"age": 10**16, "insured": False}, "age", "type"),
        ({"age": 30, "insured": "no"}, "insured", "type"),
        ({"age": 30, "insured": False, "agee": 1}, "agee", "unknown"),
        ({"age": 30, "insured": False, "reason": "\ud800"}, "", "type"),
        ({"age": 30, "insured": False, "reason": "x" * 70_000}, "", "too-large"),
    ],
)
def test_wrong_facts_are_named_and_nothing_is_kept(facts: dict[str, Any], field: str, rule: str) -> None:
    published_table()
    with pytest.raises(Invalid) as caught:
        register(citizen(), facts)
    assert [(problem.field, problem.rule) for problem in caught.value.problems] == [(field, rule)]
    assert not DecisionRecord.objects.exists()


def test_numbers_come_out_without_floats() -> None:
    body = decision_table()
    body["facts"].append({"name": "income", "label": "收入", "type": "number"})
    rules = body["graph"]["nodes"][1]["content"]["rules"]
    body["graph"]["nodes"][1]["content"]["outputs"].append({"id": "m", "name": "金额", "field": "amount"})
    for rule in rules:
        rule["m"] = "income * 0.8"
    rules[0]["m"] = "10 / 2"
    body["tests"] = [
        {
            "name": "小数",
            "input": {"age": 30, "insured": False, "income": "0.1"},
            "output": {"result": "grant", "amount": "0.08"},
        },
        {
            "name": "整数",
            "input": {"age": 30, "insured": False, "income": 100},
            "output": {"result": "grant", "amount": 80},
        },
        {
            "name": "除尽",
            "input": {"age": 15, "insured": False, "income": 1},
            "output": {"result": "refuse", "amount": 5},
        },
    ]
    published_table(body=body)
    assert register(citizen(), {"age": 30, "insured": False, "income": "1.15"}).output["amount"] == "0.92"


def test_a_decision_belongs_inside_an_act_and_only_the_node_makes_it() -> None:
    published_table()
    with pytest.raises(UnfinishedAct):
        decide("unemployment", {}, kind="case", subject="1")
    refused(actions._decide, citizen(), "unemployment", {}, "case", "1", 0)
    with pytest.raises(LookupError):
        register(citizen(), {}, code="nothing")


def test_deciding_looks_up_the_version_and_writes_the_decision_and_no_more() -> None:
    published_table()
    facts = {"age": 30, "insured": False}
    actor = citizen()
    register(actor, facts)
    with CaptureQueriesContext(connection) as queries:
        register(actor, facts)
    ours = [query["sql"].split(" ")[0] for query in queries.captured_queries if "rules_" in query["sql"]]
    assert ours == ["SELECT", "INSERT"]


def test_a_decision_is_read_by_those_who_read_its_subject() -> None:
    published_table()
    made = register(citizen(), {"age": 30, "insured": False})
    clerk = official("window-clerk", ["cases.read"])
    with pytest.raises(Refusal) as theirs:
        decision(clerk, made.id)
    with pytest.raises(Refusal) as nothing:
        decision(clerk, uuid4())
    assert theirs.value.status == nothing.value.status == 404
    assert str(theirs.value) == str(nothing.value)
    with readers.plugged("case", lambda actor, kind, subject: (kind, subject) == ("case", "1")):
        explained = decision(clerk, made.id)
    assert explained.facts == [("年龄", 30), ("正在参加职工社会保险", False), ("失业原因", None)]
    assert explained.output == [("结论", "grant")]


def test_the_pages_show_the_table_and_the_decision_in_words() -> None:
    published_table()
    made = register(citizen(), {"age": 30, "insured": False})
    reader = official("analyst", ["rules.*"])
    browser = browser_of(reader)
    assert "失业登记即时办理" in browser.get("/staff/rules").content.decode()
    page = browser.get("/staff/rules/unemployment").content.decode()
    for words in ("16（含）– 60（含）", "任意", "&lt; 16", "年满 16 周岁且没有就业", "可以登记", "第六十三条"):
        assert words in page
    assert browser.get("/staff/rules/unemployment?version=1").status_code == 200
    assert browser.get("/staff/rules/unemployment?version=9").status_code == 404
    assert browser.get("/staff/rules/unemployment?version=x").status_code == 404
    assert browser.get(f"/staff/decisions/{made.id}").status_code == 404
    with readers.plugged("case", lambda actor, kind, subject: actor.account_id == reader.account_id):
        text = browser.get(f"/staff/decisions/{made.id}").content.decode()
    assert "年满 16 周岁且没有就业，可以登记。" in text
    assert "第 1 版" in text
    assert "准予登记" in text


def test_the_pages_and_the_api_are_for_those_who_may_read() -> None:
    published_table()
    for actor, status in ((citizen(), 403), (official("window-clerk"), 403)):
        for address in ("/staff/rules", "/staff/rules/unemployment", "/api/v1/rules", "/api/v1/rules/unemployment"):
            assert browser_of(actor).get(address).status_code == status
    posted = browser_of(citizen()).post("/api/v1/rules/x", decision_table(), content_type="application/json")
    assert posted.status_code == 403


def test_the_api_lists_publishes_and_explains() -> None:
    published_table()
    made = register(citizen(), {"age": 15, "insured": False})
    browser = browser_of(official("analyst", ["rules.read"]))
    assert [rule["code"] for rule in browser.get("/api/v1/rules").json()] == ["unemployment"]
    assert browser.get("/api/v1/rules/unemployment").json()["body"] == decision_table()
    with readers.plugged("case", lambda actor, kind, subject: True):
        answer = browser.get(f"/api/v1/decisions/{made.id}").json()
    assert answer["reasons"] == ["未满 16 周岁，不能办理失业登记。"]
    assert (answer["facts"], answer["matched"][0]["id"]) == ({"age": 15, "insured": False}, "young")
