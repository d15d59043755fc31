"""A form told line by line, to be compared with another version of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _


def lines(body: Mapping[str, Any]) -> dict[Any, tuple[str, str]]:
    """{key: (place, value)} of a whole body: parts, fields with their rules, columns, own sentences."""
    told: dict[Any, tuple[str, str]] = {"title": (_("名称"), body["title"])}
    properties, required = body["schema"]["properties"], set(body["schema"].get("required", ()))
    for part in body["layout"]["parts"]:
        told["part", part["code"]] = (
            _("部分") + f" {part['code']}",
            _joined(part["title"], part.get("help"), _when(part)),
        )
        for field in part["fields"]:
            name, schema = field["name"], properties[field["name"]]
            place = f"{part['title']} · {field['label']}"
            told["field", name] = (
                place,
                _joined(*_field(field, schema, name in required), _("在“%(part)s”") % {"part": part["code"]}),
            )
            rows = schema.get("items", {})
            for column in field.get("columns", ()):
                needed = column["name"] in rows.get("required", ())
                about = _field(column, rows["properties"][column["name"]], needed)
                told["column", name, column["name"]] = (f"{place} · {column['label']}", _joined(*about))
    for name, sentences in body.get("messages", {}).items():
        for rule, sentence in sentences.items():
            told["message", name, rule] = (_("提示") + f" {name} {rule}", sentence)
    order = [field["name"] for part in body["layout"]["parts"] for field in part["fields"]]
    told["order"] = (_("栏目的先后"), "、".join(order))
    return told


def _field(field: Mapping[str, Any], schema: Mapping[str, Any], required: bool) -> list[str]:
    source = schema.get("items", {}) if field["widget"] == "choices" else schema
    options = [f"{one['const']} {one['title']}" for one in source.get("oneOf", ())] or [
        str(one) for one in source.get("enum", ())
    ]
    rules = {
        key: value
        for key, value in schema.items()
        if key not in {"type", "oneOf", "enum", "items", "title", "description"}
    }
    return [
        f"{field['label']} ({field['name']}, {field['widget']})",
        _("必填") if required else _("选填"),
        field.get("help", ""),
        field.get("unit", ""),
        _("预填 %(path)s") % {"path": field["prefill"]} if field.get("prefill") else "",
        _("只读") if field.get("readonly") else "",
        _when(field),
        json.dumps(rules, ensure_ascii=False, sort_keys=True) if rules else "",
        "、".join(options),
    ]


def _when(thing: Mapping[str, Any]) -> str:
    return "；".join(
        _("当 %(name)s 是 %(values)s") % {"name": name, "values": "、".join(str(value) for value in values)}
        for name, values in thing.get("when", {}).items()
    )


def _joined(*parts: Any) -> str:
    return "\n".join(str(part) for part in parts if part)
