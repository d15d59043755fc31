"""Decision tables for tests."""

from __future__ import annotations

import copy
from typing import Any

from yiwang.foundation.access.queries import system
from yiwang.foundation.rules.actions import publish
from yiwang.foundation.rules.models import TableVersion

_BODY: dict[str, Any] = {
    "title": "失业登记即时办理",
    "basis": "《就业服务与就业管理规定》第六十三条",
    "facts": [
        {"name": "age", "label": "年龄", "type": "integer"},
        {"name": "insured", "label": "正在参加职工社会保险", "type": "boolean"},
        {"name": "reason", "label": "失业原因", "type": "text", "optional": True},
    ],
    "words": {"grant": "准予登记", "refuse": "不予登记"},
    "graph": {
        "nodes": [
            {"id": "start", "type": "inputNode", "name": "情况", "position": {"x": 0, "y": 0}},
            {
                "id": "table",
                "type": "decisionTableNode",
                "name": "能否登记",
                "position": {"x": 200, "y": 0},
                "content": {
                    "hitPolicy": "first",
                    "inputs": [
                        {"id": "a", "name": "年龄", "field": "age"},
                        {"id": "b", "name": "正在参保", "field": "insured"},
                    ],
                    "outputs": [{"id": "r", "name": "结论", "field": "result"}],
                    "rules": [
                        {
                            "_id": "young",
                            "_description": "未满 16 周岁，不能办理失业登记。",
                            "a": "< 16",
                            "b": "",
                            "r": "'refuse'",
                        },
                        {
                            "_id": "insured",
                            "_description": "仍在参加职工社会保险，说明还在就业。",
                            "a": "",
                            "b": "true",
                            "r": "'refuse'",
                        },
                        {
                            "_id": "grant",
                            "_description": "年满 16 周岁且没有就业，可以登记。",
                            "a": "[16..60]",
                            "b": "false",
                            "r": "'grant'",
                        },
                    ],
                },
            },
            {"id": "end", "type": "outputNode", "name": "结论", "position": {"x": 400, "y": 0}},
        ],
        "edges": [
            {"id": "e1", "sourceId": "start", "targetId": "table"},
            {"id": "e2", "sourceId": "table", "targetId": "end"},
        ],
    },
    "tests": [
        {"name": "可以登记", "input": {"age": 30, "insured": False}, "output": {"result": "grant"}},
        {"name": "太小", "input": {"age": 15, "insured": False}, "output": {"result": "refuse"}},
        {"name": "还在上班", "input": {"age": 30, "insured": True}, "output": {"result": "refuse"}},
        {"name": "表里没有", "input": {"age": 70, "insured": False}, "output": {}},
    ],
}


def decision_table() -> dict[str, Any]:
    """The body of a small table that is whole; a copy, to be spoilt by tests."""
    return copy.deepcopy(_BODY)


def published_table(code: str = "unemployment", body: dict[str, Any] | None = None) -> TableVersion:
    """The table, published."""
    return publish(system("command"), code, body or decision_table())
