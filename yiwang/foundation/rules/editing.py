"""A table as a form that a browser posts, and back. Every input is named by its place in the body: "facts.0.label".

The body under work travels with the page (``body``), so that adding a row or trying an example saves nothing.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Invalid, Problem

from . import cells
from .facts import TYPES
from .words import value as in_words

MOST_INPUTS = 1_800  # of one page; a larger table is edited as a file
_LEAVES = {
    "facts": {"name", "label", "type", "optional"},
    "columns": {"name", "field"},
    "expressions": {"key", "value"},
    "tests": {"name"},
}


def new_body(title: str) -> dict[str, Any]:
    """A table to begin with: one condition, one result, one row, one example."""
    content = {
        "hitPolicy": "first",
        "inputs": [{"id": "c1", "name": _("条件"), "field": "fact"}],
        "outputs": [{"id": "r1", "name": _("结论"), "field": "result"}],
        "rules": [{"_id": "row1", "_description": "", "c1": "", "r1": ""}],
    }
    return {
        "title": title,
        "facts": [{"name": "fact", "label": _("条件"), "type": "boolean"}],
        "graph": {
            "nodes": [
                {"id": "start", "type": "inputNode", "name": _("情况"), "position": {"x": 0, "y": 0}},
                {"id": "table", "type": "decisionTableNode", "name": title[:200], "position": {"x": 240, "y": 0}, "content": content},
                {"id": "end", "type": "outputNode", "name": _("结论"), "position": {"x": 480, "y": 0}},
            ],
            "edges": [
                {"id": "e1", "sourceId": "start", "targetId": "table"},
                {"id": "e2", "sourceId": "table", "targetId": "end"},
            ],
        },
        "tests": [{"name": _("用例"), "input": {}, "output": {}}],
    }  # fmt: skip


def from_text(text: str) -> dict[str, Any]:
    """A body out of a JSON file. Raises :class:`Invalid` that names the line."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = getattr(error, "lineno", 1)
        message = _("文件不是有效的 JSON，第 %(line)d 行写得不对。") % {"line": where}
        raise Invalid(message, problems=[Problem("file", "json", message)]) from None
    if not isinstance(body, dict):
        message = _("文件里应当是一条规则（一个 JSON 对象）。")
        raise Invalid(message, problems=[Problem("file", "json", message)])
    return body


def inputs(body: Mapping[str, Any]) -> int:
    """How many inputs the page of a body needs."""
    found = 4 * len(body["facts"]) + len(body["tests"]) * (2 + 2 * len(body["facts"]))
    for _place, node in tables(body):
        content = node["content"]
        wide = len(content["inputs"]) + len(content["outputs"])
        found += 2 * wide + len(content["rules"]) * (wide + 1)
    return found + 60


def tables(body: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The decision tables of a body, with their places among the nodes."""
    for place, node in enumerate(body["graph"]["nodes"]):
        if node.get("type") == "decisionTableNode":
            yield place, node


def sums(body: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The calculations of a body, with their places among the nodes."""
    for place, node in enumerate(body["graph"]["nodes"]):
        if node.get("type") == "expressionNode":
            yield place, node


def _words_text(said: Mapping[str, str]) -> str:
    return "\n".join(f"{name} = {label}" for name, label in said.items())


def _words_typed(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip(): label.strip() for name, _sign, label in pairs if name.strip() and label.strip()}


def read(body: dict[str, Any], post: Mapping[str, str]) -> dict[str, Any]:
    """``body`` with what was typed laid over it. Places that the body does not have are passed over."""
    body = copy.deepcopy(body)
    body["title"] = str(post.get("title", body["title"])).strip()
    if "basis" in post:
        body["basis"] = str(post["basis"]).strip()
        if not body["basis"]:
            del body["basis"]
    if "words" in post:
        body["words"] = _words_typed(str(post["words"]))
        if not body["words"]:
            del body["words"]
    said = body.get("words", {})
    for place, fact in enumerate(body["facts"]):
        _leaves(fact, f"facts.{place}", post, _LEAVES["facts"] - {"optional"})
        if f"facts.{place}.optional" in post:
            fact.pop("optional", None)
            if post[f"facts.{place}.optional"] == "1":
                fact["optional"] = True
    kinds = {fact["name"]: fact["type"] for fact in body["facts"]}
    for place, node in tables(body):
        _read_table(node, f"graph.nodes.{place}", post, said, kinds)
    for place, node in sums(body):
        for number, line in enumerate(node["content"]["expressions"]):
            _leaves(line, f"graph.nodes.{place}.content.expressions.{number}", post, _LEAVES["expressions"])
    for place, test in enumerate(body["tests"]):
        _read_test(test, f"tests.{place}", post, said, body)
    return body


def _leaves(target: dict[str, Any], where: str, post: Mapping[str, str], names: set[str]) -> None:
    for name in names:
        if f"{where}.{name}" in post:
            target[name] = str(post[f"{where}.{name}"]).strip()


def _read_table(
    node: dict[str, Any], where: str, post: Mapping[str, str], said: dict[str, str], kinds: Mapping[str, str]
) -> None:
    content = node["content"]
    _leaves(node, where, post, {"name"})
    if post.get(f"{where}.content.hitPolicy") in {"first", "collect"}:
        content["hitPolicy"] = post[f"{where}.content.hitPolicy"]
    for side in ("inputs", "outputs"):
        for number, column in enumerate(content[side]):
            _leaves(column, f"{where}.content.{side}.{number}", post, _LEAVES["columns"])
    for number, row in enumerate(content["rules"]):
        here = f"{where}.content.rules.{number}"
        _leaves(row, here, post, {"_description"})
        for column in content["inputs"] + content["outputs"]:
            name = f"{here}.{column['id']}"
            if name in post:
                row[column["id"]] = cells.typed(str(post[name]), said, _kind(column, content, kinds))


def _kind(column: Mapping[str, Any], content: Mapping[str, Any], kinds: Mapping[str, str]) -> str:
    """The type of the fact that a column asks; "" for a result and for an expression."""
    return kinds.get(column.get("field") or "", "") if column in content["inputs"] else ""


def _read_test(
    test: dict[str, Any], where: str, post: Mapping[str, str], said: dict[str, str], body: Mapping[str, Any]
) -> None:
    _leaves(test, where, post, _LEAVES["tests"])
    for fact in body["facts"]:
        name = f"{where}.input.{fact['name']}"
        if name in post:
            value = cells.value_typed(str(post[name]), said, fact["type"])
            if value is None:
                test["input"].pop(fact["name"], None)
            else:
                test["input"][fact["name"]] = value
    if f"{where}.output" in post:
        try:
            test["output"] = json.loads(post[f"{where}.output"] or "{}")
        except ValueError:
            test["output"] = post[f"{where}.output"]
        return
    for field in results(body):
        name = f"{where}.output.{field}"
        if name in post and post[name] != cells.value_shown(test["output"].get(field), said):
            value = cells.value_typed(str(post[name]), said)
            if value is None:
                test["output"].pop(field, None)
            else:
                test["output"][field] = value


def results(body: Mapping[str, Any]) -> dict[str, str]:
    """What comes out of the tables: field and name."""
    return {
        str(column.get("field") or ""): column["name"]
        for _place, node in tables(body)
        for column in node["content"]["outputs"]
        if column.get("field") and "." not in column["field"]
    }


# The buttons: what is added, removed or moved. "row+:1:0" adds a row after row 0 of the table at node 1.
def press(body: dict[str, Any], button: str) -> str:
    """Do what a button says to ``body``, in place. Returns the name of the input that gets the cursor; "" when nothing was done."""
    act, *numbers = button.split(":")
    try:
        return _press(body, act, [int(number) for number in numbers[:2]])
    except (ValueError, IndexError, KeyError, TypeError):
        return ""


def _press(body: dict[str, Any], act: str, at: list[int]) -> str:
    if act == "fact+":
        body["facts"].append(
            {"name": _free("fact", {fact["name"] for fact in body["facts"]}), "label": "", "type": "text"}
        )
        return f"facts.{len(body['facts']) - 1}.label"
    if act == "fact-":
        del body["facts"][at[0]]
        return f"facts.{max(0, at[0] - 1)}.label"
    if act == "test+":
        copied = copy.deepcopy(body["tests"][at[0]]) if at else {"input": {}, "output": {}}
        body["tests"].append({**copied, "name": ""})
        return f"tests.{len(body['tests']) - 1}.name"
    if act == "test-":
        del body["tests"][at[0]]
        return f"tests.{max(0, at[0] - 1)}.name"
    node, where = body["graph"]["nodes"][at[0]], f"graph.nodes.{at[0]}.content"
    content = node["content"]
    if act in {"input+", "output+"}:
        return _add_column(body, content, f"{act[:-1]}s", where)
    if act in {"input-", "output-"}:
        column = content[f"{act[:-1]}s"].pop(at[1])
        for row in content["rules"]:
            row.pop(column["id"], None)
        return f"{where}.{act[:-1]}s.{max(0, at[1] - 1)}.name"
    if act in {"sum+", "sum-"}:
        lines = content["expressions"]
        if act == "sum-":
            del lines[at[1]]
        else:
            lines.append({"id": _free("s", {line["id"] for line in lines}), "key": "", "value": ""})
        return f"{where}.expressions.{max(0, len(lines) - 1)}.key"
    return _press_row(content, act, at[1], where)


def _press_row(content: dict[str, Any], act: str, at: int, where: str) -> str:
    rows = content["rules"]
    first = content["inputs"][0]["id"]
    if act in {"row+", "row*"}:
        row = dict(rows[at]) if act == "row*" else {"_description": ""}
        row["_id"] = _free("row", {line.get("_id", "") for line in rows})
        rows.insert(at + 1, row)
        at += 1
    elif act == "row-" and len(rows) > 1:
        del rows[at]
        at = max(0, at - 1)
    elif act == "row^" and at > 0:
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
        at -= 1
    elif act == "row_" and at + 1 < len(rows):
        rows[at + 1], rows[at] = rows[at], rows[at + 1]
        at += 1
    else:
        return ""
    return f"{where}.rules.{at}.{first}"


def _add_column(body: dict[str, Any], content: dict[str, Any], side: str, where: str) -> str:
    ids = {column["id"] for column in content["inputs"] + content["outputs"]}
    asked = {column.get("field") for column in content["inputs"]}
    column = {"id": _free("c" if side == "inputs" else "r", ids), "name": "", "field": ""}
    fact = next((fact for fact in body["facts"] if fact["name"] not in asked), None)
    if side == "inputs" and fact:
        column |= {"name": fact["label"], "field": fact["name"]}
    content[side].append(column)
    return f"{where}.{side}.{len(content[side]) - 1}.name"


def _free(stem: str, taken: set[str]) -> str:
    number = len(taken) + 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def lines(body: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """A table told line by line, {key: (place, value)}, to be compared with another version of it."""
    said = body.get("words", {})
    told = {"title": (_("名称"), body["title"]), "basis": (_("依据"), body.get("basis", ""))}
    for fact in body["facts"]:
        need = _("可以没有") if fact.get("optional") else _("必须有")
        kind = str(TYPES.get(fact["type"], fact["type"]))
        told[f"fact {fact['name']}"] = (_("情况") + f" {fact['name']}", f"{fact['label']} · {kind} · {need}")
    for name, label in said.items():
        told[f"word {name}"] = (_("说法") + f" {name}", label)
    for _place, node in tables(body):
        _tell_table(node, told, said)
    for _place, node in sums(body):
        for line in node["content"]["expressions"]:
            told[f"sum {node['id']} {line['id']}"] = (f"{node['name']} · {line['key']}", line["value"])
    for number, test in enumerate(body["tests"], 1):
        told[f"test {test['name']}"] = (
            _("用例 %(n)d") % {"n": number} + f" {test['name']}",
            f"{_tell(test['input'], said)} → {_tell(test['output'], said)}",
        )
    told["edges"] = (
        _("流程图"), "\n".join(f"{edge['sourceId']} → {edge['targetId']}" for edge in body["graph"]["edges"]),
    )  # fmt: skip
    return told


def _tell_table(node: Mapping[str, Any], told: dict[str, tuple[str, str]], said: dict[str, str]) -> None:
    content = node["content"]
    policy = _("用第一条符合的") if content["hitPolicy"] == "first" else _("所有符合的都算")
    told[f"table {node['id']}"] = (_("决策表"), f"{node['name']} · {policy}")
    columns = [*content["inputs"], *content["outputs"]]
    for column in columns:
        told[f"column {node['id']} {column['id']}"] = (
            f"{node['name']} · {_('列')} {column['id']}", f"{column['name']} · {column.get('field') or ''}",
        )  # fmt: skip
    for number, row in enumerate(content["rules"], 1):
        parts = [f"{column['name']}：{cells.shown(row.get(column['id'], ''), said) or _('任意')}" for column in columns]
        told[f"row {node['id']} {row.get('_id', number)}"] = (
            f"{node['name']} · " + _("第 %(n)d 行") % {"n": number},
            "\n".join([*parts, row.get("_description", "")]),
        )
    told[f"order {node['id']}"] = (
        f"{node['name']} · " + _("行的先后"), "、".join(row.get("_id", "") for row in content["rules"]),
    )  # fmt: skip


def _tell(known: Any, said: dict[str, str]) -> str:
    if isinstance(known, dict):
        return "，".join(f"{name} {in_words(value, said)}" for name, value in known.items()) or _("没有")
    return in_words(known, said) if not isinstance(known, list) else "；".join(_tell(item, said) for item in known)
