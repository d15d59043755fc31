"""From a table's JSON to something that decides: checked, loaded once, kept in memory."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import structlog
import zen
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Invalid, Problem

from . import facts as fact_types
from .expressions import mistake

LARGEST_BODY = 512 * 1024  # bytes
MOST_ROWS = 2_000  # of one table
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){0,4}", re.ASCII)
_CODE = re.compile(r"[a-z][a-z0-9-]{0,59}")
_NODES = {
    "inputNode": gettext_lazy("开始"),
    "outputNode": gettext_lazy("结束"),
    "decisionTableNode": gettext_lazy("决策表"),
    "expressionNode": gettext_lazy("计算"),
}
log = structlog.get_logger("yiwang.rules")

_TEXT = {"type": "string", "minLength": 1, "maxLength": 200}
_NAME = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,59}$"}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A decision table",
    "type": "object",
    "required": ["title", "facts", "graph", "tests"],
    "additionalProperties": False,
    "properties": {
        "title": {"type": "string", "minLength": 1, "maxLength": 120},
        "basis": {"type": "string", "maxLength": 500},
        "facts": {
            "type": "array",
            "minItems": 1,
            "maxItems": 60,
            "items": {
                "type": "object",
                "required": ["name", "label", "type"],
                "additionalProperties": False,
                "properties": {
                    "name": _NAME,
                    "label": _TEXT,
                    "type": {"enum": list(fact_types.TYPES)},
                    "optional": {"type": "boolean"},
                },
            },
        },
        "words": {"type": "object", "maxProperties": 200, "additionalProperties": _TEXT},
        "graph": {
            "type": "object",
            "required": ["nodes", "edges"],
            "properties": {
                "nodes": {
                    "type": "array",
                    "minItems": 3,
                    "maxItems": 30,
                    "items": {
                        "type": "object",
                        "required": ["id", "type", "name"],
                        "properties": {"id": _TEXT, "type": {"type": "string"}, "name": _TEXT},
                        "allOf": [
                            {
                                "if": {"properties": {"type": {"const": "decisionTableNode"}}},
                                "then": {"required": ["content"], "properties": {"content": {"$ref": "#/$defs/table"}}},
                            },
                            {
                                "if": {"properties": {"type": {"const": "expressionNode"}}},
                                "then": {"required": ["content"], "properties": {"content": {"$ref": "#/$defs/sums"}}},
                            },
                        ],
                    },
                },
                "edges": {
                    "type": "array",
                    "minItems": 2,
                    "maxItems": 100,
                    "items": {
                        "type": "object",
                        "required": ["id", "sourceId", "targetId"],
                        "properties": {"id": _TEXT, "sourceId": _TEXT, "targetId": _TEXT},
                    },
                },
            },
        },
        "tests": {
            "type": "array",
            "minItems": 1,
            "maxItems": 500,
            "items": {
                "type": "object",
                "required": ["name", "input", "output"],
                "additionalProperties": False,
                "properties": {"name": _TEXT, "input": {"type": "object"}, "output": {}},
            },
        },
    },
    "$defs": {
        "table": {
            "type": "object",
            "required": ["hitPolicy", "inputs", "outputs", "rules"],
            "properties": {
                "hitPolicy": {"enum": ["first", "collect"]},
                "inputs": {"type": "array", "minItems": 1, "maxItems": 40, "items": {"$ref": "#/$defs/column"}},
                "outputs": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 40,
                    "items": {"allOf": [{"$ref": "#/$defs/column"}, {"required": ["field"]}]},
                },
                "rules": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MOST_ROWS,
                    "items": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            },
        },
        "column": {
            "type": "object",
            "required": ["id", "name"],
            "properties": {"id": _TEXT, "name": _TEXT, "field": {"type": ["string", "null"]}},
        },
        "sums": {
            "type": "object",
            "required": ["expressions"],
            "properties": {
                "expressions": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 60,
                    "items": {
                        "type": "object",
                        "required": ["id", "key", "value"],
                        "properties": {"id": _TEXT, "key": {"type": "string"}, "value": {"type": "string"}},
                    },
                }
            },
        },
    },
}


def _unfinished(schema: Any) -> Any:
    """The schema of a table that is still being written: the same shape, where nothing has to be filled in yet."""
    if isinstance(schema, dict):
        left = {key: _unfinished(value) for key, value in schema.items() if key not in _WHEN_FINISHED}
        if isinstance(left.get("enum"), list) and left["enum"] == list(fact_types.TYPES):
            left = {"type": "string"}
        return left
    return [_unfinished(item) for item in schema] if isinstance(schema, list) else schema


_WHEN_FINISHED = frozenset({"minLength", "minItems", "pattern"})
_structure = jsonschema_rs.Draft202012Validator(SCHEMA)
_unfinished_structure = jsonschema_rs.Draft202012Validator(_unfinished(SCHEMA))


@dataclass(frozen=True, slots=True)
class Matched:
    """One row that spoke: the table's name, the row's number (from 1) and id, and its reason in plain words."""

    table: str
    row: int
    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is ready to decide."""

    title: str
    facts: dict[str, Any]  # name -> how it was declared
    decision: Any  # zen.ZenDecision
    names: dict[str, str]  # node id -> name

    def evaluate(self, facts: dict[str, Any]) -> tuple[Any, list[Matched]]:
        """What comes out for ``facts``, and the rows that matched, in the order in which the tables were asked.

        Raises :class:`Invalid` for facts of the wrong type, or when the engine cannot finish.
        """
        fact_types.check(self.facts, facts)
        try:
            answer = self.decision.evaluate(fact_types.for_engine(self.facts, facts), {"trace": True})
        except Exception as error:  # the engine raises plain Exception and RuntimeError with a stack trace as text
            log.warning("a rule cannot be evaluated", table=self.title, error=str(error).split("\n", 1)[0][:200])
            raise Invalid(
                _("“%(title)s”在这个情况下算不出结果，请转人工办理。") % {"title": self.title},
                code="rule-failed",
            ) from error
        matched = []
        for node_id, step in sorted(answer["trace"].items(), key=lambda item: item[1]["order"]):
            found = step.get("traceData")
            for row in found if isinstance(found, list) else [found] if found else []:
                if isinstance(row, dict) and "rule" in row:
                    rule = row["rule"]
                    matched.append(
                        Matched(
                            self.names[node_id], row["index"] + 1, rule.get("_id", ""), rule.get("_description", "")
                        )
                    )
        return fact_types.from_engine(answer["result"]), matched


def load(body: dict[str, Any]) -> Table:
    """The table of a body that was checked before."""
    graph = body["graph"]
    content = zen.ZenDecisionContent(json.dumps({"nodes": graph["nodes"], "edges": graph["edges"]}))
    decision = zen.ZenEngine().create_decision(content)
    declared = {fact["name"]: fact for fact in body["facts"]}
    return Table(body["title"], declared, decision, {node["id"]: node["name"] for node in graph["nodes"]})


def check(code: str, body: dict[str, Any]) -> None:
    """Check a body in full and run its tests. Raises :class:`Invalid` with every mistake that was found."""
    problems = mistakes(code, body)
    if problems:
        raise _refusal(_("规则“%(code)s”没有发布：有 %(n)d 处需要改正。"), code, problems)


def check_shape(code: str, body: Any) -> None:
    """Check that a body is a table at all, whatever may still be wrong in it. Raises :class:`Invalid`."""
    problems = _shape_problems(code, body, _unfinished_structure)
    if problems:
        raise _refusal(_("规则“%(code)s”没有保存：有 %(n)d 处需要改正。"), code, problems)


def check_sound(code: str, body: Any) -> None:
    """Check a body in full but for its own tests. Raises :class:`Invalid`."""
    problems = mistakes(code, body, tests=False)
    if problems:
        raise _refusal(_("规则“%(code)s”还不能试算：有 %(n)d 处需要改正。"), code, problems)


def mistakes(code: str, body: Any, *, tests: bool = True) -> list[Problem]:
    """Every mistake in a body; a body without any is loaded and its own tests are run (unless told otherwise)."""
    problems = _shape_problems(code, body, _structure) or _graph_problems(body)
    if problems:
        return problems
    table = load(body)
    try:
        table.decision.validate()
    except Exception as error:  # plain RuntimeError with JSON in its text
        message = _("流程图不成立：%(why)s") % {"why": str(error).split("\n", 1)[0][:200]}
        return [Problem("graph", "graph", message)]
    return _failed_tests(table, body["tests"]) if tests else []


def _refusal(message: str, code: str, problems: list[Problem]) -> Invalid:
    return Invalid(message % {"code": str(code)[:60], "n": len(problems)}, code="rule-invalid", problems=problems)


def _shape_problems(code: str, body: Any, structure: Any) -> list[Problem]:
    if not _CODE.fullmatch(code):
        return [Problem("code", "format", _("规则代码只能用小写英文字母、数字和连字符，以字母开头，最长 60 个字符。"))]
    try:
        written = canonical_bytes(body)
    except (TypeError, ValueError, RecursionError):
        return [
            Problem("", "type", _("规则里有不能保存的内容：小数类型的数值（请写成字符串）、残缺的字符，或者嵌套太深。"))
        ]
    if b"\\u0000" in written:
        return [Problem("", "type", _("规则里有不能保存的空字符，请删去。"))]
    if len(written) > LARGEST_BODY:
        return [Problem("", "too-large", _("规则太大，最多 %(n)d KB。") % {"n": LARGEST_BODY // 1024})]
    problems = [
        Problem(".".join(str(part) for part in error.instance_path), "structure", _shape_sentence(error))
        for error, _number in zip(structure.iter_errors(body), range(20), strict=False)
    ]
    names = [fact["name"] for fact in body["facts"]] if not problems else []
    if len(set(names)) != len(names):
        problems.append(Problem("facts", "unique", _("有两项情况的 name 相同。")))
    return problems


# What the parts of a body are called for those who fill it in; "" is passed over.
_PLACES = {
    "title": gettext_lazy("名称"), "basis": gettext_lazy("依据"), "facts": gettext_lazy("情况"), "tests": gettext_lazy("用例"),
    "words": gettext_lazy("说法"), "inputs": gettext_lazy("条件列"), "outputs": gettext_lazy("结论列"), "rules": gettext_lazy("行"),
    "label": gettext_lazy("名称"), "type": gettext_lazy("类型"), "name": gettext_lazy("名称或字段"), "field": gettext_lazy("字段"),
    "graph": "", "content": "", "nodes": gettext_lazy("节点"),
}  # fmt: skip


def _shape_sentence(error: Any) -> str:
    """What is wrong with the shape, in words for those who fill in the table by hand where that is likely."""
    path, keyword, details = list(error.instance_path), error.kind.name, error.kind.as_dict()
    steps = (str(step + 1) if isinstance(step, int) else str(_PLACES.get(step, step)) for step in path)
    place = " ".join(step for step in steps if step)
    words = {"place": place or "JSON", "n": details.get("limit", 0)}
    if keyword == "minLength":
        return _("“%(place)s”还空着，请填写。") % words
    if keyword == "maxLength":
        return _("“%(place)s”太长，最多 %(n)d 个字。") % words
    if keyword == "minItems":
        return _("“%(place)s”至少要有 %(n)d 项。") % words
    if keyword == "maxItems":
        return _("“%(place)s”最多 %(n)d 项。") % words
    if keyword == "pattern":
        return _("“%(place)s”只能用英文字母、数字和下划线，以字母开头，最长 60 个字符。") % words
    return _("结构不对（%(place)s）：%(why)s") % {**words, "why": error.message[:200]}


def _graph_problems(body: dict[str, Any]) -> list[Problem]:
    graph = body["graph"]
    nodes: list[dict[str, Any]] = graph["nodes"]
    problems = []
    for place, node in enumerate(nodes):
        if node["type"] not in _NODES:
            message = _("节点“%(name)s”是 %(type)s，不允许；只能用决策表和计算，不能运行脚本或访问网络。")
            problems.append(
                Problem(
                    f"graph.nodes.{place}.type", "node", message % {"name": node["name"], "type": node["type"][:40]}
                )
            )
    ids = [node["id"] for node in nodes]
    kinds = [node["type"] for node in nodes]
    if len(set(ids)) != len(ids):
        problems.append(Problem("graph.nodes", "unique", _("有两个节点的 id 相同。")))
    for kind in ("inputNode", "outputNode"):
        if kinds.count(kind) != 1:
            problems.append(
                Problem("graph.nodes", "node", _("要有且只有一个“%(kind)s”节点。") % {"kind": _NODES[kind]})
            )
    if "decisionTableNode" not in kinds:
        problems.append(Problem("graph.nodes", "node", _("至少要有一张决策表，否则结论没有理由可讲。")))
    if problems:
        return problems
    before = _upstream(graph)
    for place, edge in enumerate(graph["edges"]):
        if not {edge["sourceId"], edge["targetId"]} <= set(ids):
            problems.append(Problem(f"graph.edges.{place}", "edge", _("连线的一端没有节点。")))
    start, end = ids[kinds.index("inputNode")], ids[kinds.index("outputNode")]
    for place, node in enumerate(nodes):
        if (node["id"] != start and start not in before[node["id"]]) or (
            node["id"] != end and node["id"] not in before[end]
        ):
            message = _("节点“%(name)s”没有连在从开始到结束的路上。") % {"name": node["name"]}
            problems.append(Problem(f"graph.nodes.{place}", "edge", message))
    made = {node["id"]: _outputs(node) for node in nodes}
    facts = frozenset(fact["name"] for fact in body["facts"])
    for place, node in enumerate(nodes):
        names = facts | frozenset(name for other in before[node["id"]] for name in made.get(other, ()))
        where = f"graph.nodes.{place}.content"
        if node["type"] == "decisionTableNode":
            problems += _table_problems(node, names, where)
        elif node["type"] == "expressionNode":
            problems += _sum_problems(node, names, where)
    return problems


def _upstream(graph: dict[str, Any]) -> dict[str, set[str]]:
    """For each node the nodes that come before it, however far."""
    sources: dict[str, set[str]] = {node["id"]: set() for node in graph["nodes"]}
    for edge in graph["edges"]:
        sources.setdefault(edge["targetId"], set()).add(edge["sourceId"])
    found = {}
    for node_id in list(sources):
        seen: set[str] = set()
        waiting = list(sources[node_id])
        while waiting:
            other = waiting.pop()
            if other not in seen:
                seen.add(other)
                waiting += sources.get(other, ())
        found[node_id] = seen
    return found


def _outputs(node: dict[str, Any]) -> set[str]:
    """The roots of what a node puts out."""
    if node["type"] == "decisionTableNode":
        return {str(column["field"]).split(".")[0] for column in node["content"]["outputs"]}
    if node["type"] == "expressionNode":
        return {expression["key"].split(".")[0] for expression in node["content"]["expressions"]}
    return set()


def _path_problem(path: str, where: str) -> list[Problem]:
    if _PATH.fullmatch(path):
        return []
    message = _("输出字段名“%(name)s”只能用英文字母、数字和下划线；中文名字放在“name”里。") % {"name": path[:40]}
    return [Problem(where, "name", message)]


def _table_problems(node: dict[str, Any], names: frozenset[str], where: str) -> list[Problem]:
    content = node["content"]
    problems = []
    for place, column in enumerate(content["inputs"]):
        if column.get("field"):
            wrong = mistake(column["field"], names)
            if wrong:
                message = _("“%(table)s”的条件列“%(column)s”：%(wrong)s。") % {
                    "table": node["name"], "column": column["name"], "wrong": wrong,
                }  # fmt: skip
                problems.append(Problem(f"{where}.inputs.{place}.field", "expression", message))
    for place, column in enumerate(content["outputs"]):
        problems += _path_problem(column["field"] or "", f"{where}.outputs.{place}.field")
    columns = {column["id"]: column for column in content["inputs"] + content["outputs"]}
    outputs = {column["id"] for column in content["outputs"]}
    if len(columns) != len(content["inputs"]) + len(content["outputs"]):
        problems.append(Problem(where, "unique", _("“%(table)s”有两列的 id 相同。") % {"table": node["name"]}))
    row_ids = [row.get("_id", "") for row in content["rules"]]
    if len(set(row_ids)) != len(row_ids) or "" in row_ids:
        message = _("“%(table)s”的每一行都要有自己的 _id，不能重复。") % {"table": node["name"]}
        problems.append(Problem(f"{where}.rules", "unique", message))
    for index, row in enumerate(content["rules"]):
        here = f"{where}.rules.{index}"

        def tell(rule: str, text: str, here: str = here, index: int = index) -> None:
            line = _("“%(table)s”第 %(row)d 行") % {"table": node["name"], "row": index + 1}
            problems.append(Problem(here, rule, f"{line}{text}"))

        reason = row.get("_description", "").strip()
        if not reason or len(reason) > 300:
            tell("reason", _("没有写理由（_description），请用一句大家看得懂的话写明，最长 300 个字。"))
        unknown = row.keys() - columns.keys() - {"_id", "_description"}
        if unknown:
            tell("column", _("有表头里没有的列：%(columns)s。") % {"columns": "、".join(sorted(unknown))})
        for column_id, column in columns.items():
            cell = row.get(column_id, "")
            is_output = column_id in outputs
            if is_output and not cell.strip():
                tell("empty", _("没有填结论“%(column)s”。") % {"column": column["name"]})
                continue
            wrong = mistake(cell, names, unary=not is_output and bool(column.get("field"))) if cell.strip() else ""
            if wrong:
                tell("expression", _("的“%(column)s”：%(wrong)s。") % {"column": column["name"], "wrong": wrong})
        if len(problems) > 50:
            break
    return problems


def _sum_problems(node: dict[str, Any], names: frozenset[str], where: str) -> list[Problem]:
    problems = []
    for place, expression in enumerate(node["content"]["expressions"]):
        here = f"{where}.expressions.{place}"
        problems += _path_problem(expression["key"], f"{here}.key")
        wrong = mistake(expression["value"], names) if expression["value"].strip() else _("没有写算式")
        if wrong:
            message = _("“%(node)s”的“%(key)s”：%(wrong)s。") % {
                "node": node["name"], "key": expression["key"][:40], "wrong": wrong,
            }  # fmt: skip
            problems.append(Problem(f"{here}.value", "expression", message))
    return problems


def _failed_tests(table: Table, tests: list[dict[str, Any]]) -> list[Problem]:
    problems = []
    for place, test in enumerate(tests):
        here = f"tests.{place}"
        try:
            output, _matched = table.evaluate(test["input"])
        except Invalid as refusal:
            why = "；".join(str(problem.message) for problem in refusal.problems) or str(refusal)
            problems.append(
                Problem(here, "test", _("用例“%(name)s”没有通过：%(why)s") % {"name": test["name"], "why": why})
            )
            continue
        if output != test["output"]:
            message = _("用例“%(name)s”没有通过：应得出 %(expected)s，实际得出 %(got)s。") % {
                "name": test["name"], "expected": _short(test["output"]), "got": _short(output),
            }  # fmt: skip
            problems.append(Problem(here, "test", message))
    return problems


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else text[:200] + "…"
