"""A table is published when it is sound and its own tests hold; every mistake is told in words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import citizen, official
from tests.factories.rulings import decision_table, published_table
from tests.helpers import recorded, refused
from yiwang.foundation.access.queries import system
from yiwang.foundation.events.models import Event
from yiwang.foundation.rules.actions import publish
from yiwang.foundation.rules.models import TableVersion
from yiwang.kernel.models import AppendOnlyError
from yiwang.kernel.refusals import Invalid

pytestmark = pytest.mark.django_db
OPERATOR = system("command")


def test_a_sound_table_is_published_and_announced() -> None:
    with recorded("rules.publish", by=OPERATOR, kind="rule", subject="unemployment"):
        row = published_table()
    assert (row.version, row.title) == (1, "失业登记即时办理")
    assert Event.objects.get(type="rule.published").data == {"version": 1}


def test_only_who_may_publish_publishes() -> None:
    refused(publish, citizen(), "unemployment", decision_table())
    refused(publish, official("window-clerk", ["rules.read"]), "unemployment", decision_table())


def test_the_same_body_is_the_same_version_and_another_is_the_next() -> None:
    first = published_table()
    assert published_table() == first
    body = decision_table()
    body["title"] = "失业登记"
    assert published_table(body=body).version == 2
    assert TableVersion.objects.count() == 2


def test_a_version_is_never_changed() -> None:
    row = published_table()
    row.title = "改了"
    with pytest.raises(AppendOnlyError):
        row.save()


def _node(body: dict[str, Any], place: int = 1) -> dict[str, Any]:
    return body["graph"]["nodes"][place]


def _rules(body: dict[str, Any]) -> list[dict[str, str]]:
    return _node(body)["content"]["rules"]


def _add_node(body: dict[str, Any], node: dict[str, Any]) -> None:
    body["graph"]["nodes"].append(node)
    body["graph"]["edges"] += [
        {"id": "e3", "sourceId": "start", "targetId": node["id"]},
        {"id": "e4", "sourceId": node["id"], "targetId": "table"},
    ]


def _sum(body: dict[str, Any], key: str, value: str) -> None:
    content = {"expressions": [{"id": "x", "key": key, "value": value}]}
    _add_node(body, {"id": "sum", "type": "expressionNode", "name": "计算", "content": content})


SPOILT: list[tuple[str, Any, str, str]] = [
    ("script", lambda b: _add_node(b, {"id": "f", "type": "functionNode", "name": "脚本", "content": {"source": "x"}}),
     "graph.nodes.3.type", "不能运行脚本"),
    ("http", lambda b: _add_node(b, {"id": "f", "type": "customNode", "name": "http", "content": {}}), "graph.nodes.3.type", "访问网络"),
    ("nested", lambda b: _add_node(b, {"id": "f", "type": "decisionNode", "name": "别的规则", "content": {"key": "x"}}),
     "graph.nodes.3.type", "decisionNode"),
    ("chinese input", lambda b: _node(b)["content"]["inputs"][0].update(field="年龄"), "graph.nodes.1.content.inputs.0.field", "英文"),
    ("chinese output", lambda b: _node(b)["content"]["outputs"][0].update(field="结果"), "graph.nodes.1.content.outputs.0.field", "英文字母"),
    ("chinese fact", lambda b: b["facts"][0].update(name="年龄"), "facts.0.name", "只能用英文字母"),
    ("fact twice", lambda b: b["facts"].append(b["facts"][0]), "facts", "相同"),
    ("misspelt", lambda b: _node(b)["content"]["inputs"][0].update(field="agee"), "graph.nodes.1.content.inputs.0.field", "没有“agee”"),
    ("broken cell", lambda b: _rules(b)[0].update(a=">= "), "graph.nodes.1.content.rules.0", "第 1 行的“年龄”"),
    ("broken output", lambda b: _rules(b)[0].update(r="foo bar"), "graph.nodes.1.content.rules.0", "没有“foo”"),
    ("empty output", lambda b: _rules(b)[2].update(r=""), "graph.nodes.1.content.rules.2", "没有填结论"),
    ("no reason", lambda b: _rules(b)[1].update(_description=" "), "graph.nodes.1.content.rules.1", "没有写理由"),
    ("no row id", lambda b: _rules(b)[1].pop("_id"), "graph.nodes.1.content.rules", "_id"),
    ("strange column", lambda b: _rules(b)[1].update(zzz="1"), "graph.nodes.1.content.rules.1", "zzz"),
    ("random", lambda b: _sum(b, "luck", "rand(100)"), "graph.nodes.3.content.expressions.0.value", "rand"),
    ("now", lambda b: _sum(b, "today", "date('now')"), "graph.nodes.3.content.expressions.0.value", "当前时间"),
    ("now too", lambda b: _sum(b, "today", "d().year()"), "graph.nodes.3.content.expressions.0.value", "当前时间"),
    ("endless", lambda b: _sum(b, "n", "len(map([1..9000000000], #))"), "graph.nodes.3.content.expressions.0.value", "区间"),
    ("deep loops", lambda b: _sum(b, "n", "map(map(map(age, #), #), #)"), "graph.nodes.3.content.expressions.0.value", "遍历"),
    ("template", lambda b: _sum(b, "n", "`x ${age}`"), "graph.nodes.3.content.expressions.0.value", "反引号"),
    ("long", lambda b: _sum(b, "n", "age + " * 400 + "1"), "graph.nodes.3.content.expressions.0.value", "太长"),
    ("loose node", lambda b: b["graph"]["edges"][1].update(sourceId="start"), "graph.nodes.1", "没有连在"),
    ("edge to nothing", lambda b: b["graph"]["edges"].append({"id": "e9", "sourceId": "table", "targetId": "no"}), "graph.edges.2", "没有节点"),
    ("circle", lambda b: b["graph"]["edges"].append({"id": "e9", "sourceId": "table", "targetId": "table"}), "graph", "不成立"),
    ("two ends", lambda b: b["graph"]["nodes"].append({"id": "x", "type": "outputNode", "name": "又一个"}), "graph.nodes", "只有一个"),
    ("same ids", lambda b: b["graph"]["nodes"].append({"id": "end", "type": "expressionNode", "name": "x",
     "content": {"expressions": [{"id": "1", "key": "a", "value": "1"}]}}), "graph.nodes", "相同"),
    ("no tests", lambda b: b.update(tests=[]), "tests", "至少要有 1 项"),
    ("failing test", lambda b: b["tests"][0].update(output={"result": "refuse"}), "tests.0", "应得出"),
    ("test without a fact", lambda b: b["tests"][0]["input"].pop("age"), "tests.0", "缺少“年龄”"),
    ("float", lambda b: b["tests"][0]["output"].update(amount=1.5), "", "小数"),
    ("nul", lambda b: b.update(basis="a\x00b"), "", "空字符"),
    ("half a character", lambda b: b.update(basis="a\ud800"), "", "残缺"),
    ("no title", lambda b: b.pop("title"), "", "title"),
    ("huge", lambda b: b.update(basis="长" * 600), "basis", "“依据”太长"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "field", "says"), [line[1:] for line in SPOILT], ids=[line[0] for line in SPOILT])
def test_a_mistake_is_told_with_its_place(spoil: Any, field: str, says: str) -> None:
    body = decision_table()
    spoil(body)
    with pytest.raises(Invalid) as caught:
        publish(OPERATOR, "unemployment", body)
    found = {problem.field: problem.message for problem in caught.value.problems}
    assert field in found
    assert says in found[field]
    assert not TableVersion.objects.exists()


def test_a_code_is_a_plain_word() -> None:
    for code in ("", "失业", "A", "a b", "a" * 61, "../x"):
        with pytest.raises(Invalid):
            publish(OPERATOR, code, decision_table())


def test_a_body_that_is_too_large_is_refused_before_it_is_read() -> None:
    body = decision_table()
    body["junk"] = "x" * 600_000
    with pytest.raises(Invalid, match="没有发布") as caught:
        publish(OPERATOR, "unemployment", body)
    assert caught.value.problems[0].rule == "too-large"


def test_sums_may_use_facts_and_each_other() -> None:
    body = decision_table()
    content = {
        "expressions": [
            {"id": "1", "key": "years", "value": "age - 16"},
            {"id": "2", "key": "long.enough", "value": "$.years > 2 and not insured"},
        ],
        "passThrough": True,
    }
    _add_node(body, {"id": "sum", "type": "expressionNode", "name": "计算", "content": content})
    assert published_table(body=body).version == 1
