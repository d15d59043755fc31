"""The body of an item: its JSON Schema, and what a schema cannot say. Every fault names the field and the remedy."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.kernel.refusals import Problem

Body = Mapping[str, Any]
ONLINE = frozenset({"2", "3"})  # A.5: by computer, by phone
LARGEST = 512 * 1024  # bytes of canonical JSON


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema 2020-12 of a body."""
    found: dict[str, Any] = json.loads(
        (Path(__file__).parent / "data" / "item.schema.json").read_text(encoding="utf-8")
    )
    return found


@cache
def _validator() -> Any:
    return jsonschema_rs.Draft202012Validator(schema())


def check(body: Any) -> list[Problem]:
    """Everything wrong with a body, at most 50 faults; an empty list when it holds."""
    if not isinstance(body, dict):
        return [Problem("", "type", _("事项内容应为一组“名称: 值”。"))]
    problems = [_explain(error) for _number, error in zip(range(50), _validator().iter_errors(body), strict=False)]
    if not problems:
        problems = list(_beyond_the_schema(body))[:50]
    return problems


def label(path: list[Any]) -> str:
    """What people call the field at ``path``: 申请材料第 2 项的材料名称."""
    node: Any = schema()
    words: list[str] = []
    for step in path:
        node = _resolved(node)
        if isinstance(step, int):
            words.append(_("第 %(n)s 项") % {"n": step + 1})
            node = node.get("items", {})
        else:
            node = node.get("properties", {}).get(step, node.get("additionalProperties", {}))
            title = node.get("title") if isinstance(node, dict) else ""
            words.append(
                _("“%(name)s”")
                % {"name": title or _resolved(node).get("title", step) if isinstance(node, dict) else step}
            )
            node = node if isinstance(node, dict) else {}
    return _("的").join(words) or _("事项内容")


def _resolved(node: Any) -> dict[str, Any]:
    if isinstance(node, dict) and "$ref" in node:
        found: dict[str, Any] = schema()["$defs"][node["$ref"].rsplit("/", 1)[1]]
        return found
    return node if isinstance(node, dict) else {}


_TYPES = {
    "string": gettext_lazy("文字"),
    "integer": gettext_lazy("整数"),
    "boolean": gettext_lazy("true 或 false"),
    "array": gettext_lazy("列表"),
    "object": gettext_lazy("一组“名称: 值”"),
}


def _explain(error: Any) -> Problem:
    """A schema error as a sentence."""
    path = list(error.instance_path)
    rule, detail = error.kind.name, error.kind.as_dict()
    if rule == "required":
        path.append(detail["property"])
        message = _("%(field)s没有填写。")
    elif rule == "additionalProperties":
        unknown = "、".join(map(str, detail["unexpected"]))
        return Problem(
            _dotted(path),
            rule,
            _("%(field)s里有不认识的名称：%(unknown)s。请检查拼写，或删除。")
            % {"field": label(path), "unknown": unknown},
        )
    elif rule == "type":
        wanted = error.schema_path[-2:] and _type_wanted(error)
        return Problem(_dotted(path), rule, _("%(field)s应为%(wanted)s。") % {"field": label(path), "wanted": wanted})
    elif rule in {"maxLength", "minLength"}:
        text = (
            _("%(field)s最多 %(limit)s 个字，请缩短。") if rule == "maxLength" else _("%(field)s至少 %(limit)s 个字。")
        )
        return Problem(_dotted(path), rule, text % {"field": label(path), "limit": detail["limit"]})
    elif rule in {"maxItems", "minItems"}:
        text = _("%(field)s最多 %(limit)s 项。") if rule == "maxItems" else _("%(field)s至少 %(limit)s 项。")
        return Problem(_dotted(path), rule, text % {"field": label(path), "limit": detail["limit"]})
    elif rule in {"maximum", "minimum"}:
        text = _("%(field)s不能大于 %(limit)s。") if rule == "maximum" else _("%(field)s不能小于 %(limit)s。")
        return Problem(_dotted(path), rule, text % {"field": label(path), "limit": detail["limit"]})
    elif rule == "enum":
        options = "、".join(map(str, detail["options"]))
        return Problem(
            _dotted(path), rule, _("%(field)s应为以下之一：%(options)s。") % {"field": label(path), "options": options}
        )
    elif rule == "uniqueItems":
        message = _("%(field)s有重复的内容，请去掉重复。")
    elif rule == "pattern":
        message = _("%(field)s的格式不对，请对照说明修改。")
    else:
        message = _("%(field)s不符合要求，请对照说明修改。")
    return Problem(_dotted(path), rule, message % {"field": label(path)})


def _type_wanted(error: Any) -> str:
    node: Any = _validator_node(error.schema_path)
    wanted = node if isinstance(node, list) else [node]
    return _("或").join(str(_TYPES.get(str(kind), kind)) for kind in wanted)


def _validator_node(path: list[Any]) -> Any:
    node: Any = schema()
    for step in path:
        node = _resolved(node) if isinstance(node, dict) and "$ref" in node and step != "$ref" else node
        if step == "$ref":
            node = _resolved(node)
            continue
        node = node[step]
    return node


def _dotted(path: list[Any]) -> str:
    return ".".join(map(str, path))


def _beyond_the_schema(body: Body) -> Iterator[Problem]:
    yield from _situations(body)
    yield from _materials(body)
    yield from _limits(body)
    yield from _service(body)
    yield from _handling(body)


def _situations(body: Body) -> Iterator[Problem]:
    known: dict[str, set[str]] = {}
    for number, situation in enumerate(body.get("situations", [])):
        field = f"situations.{number}"
        if situation["code"] in known:
            yield Problem(
                f"{field}.code",
                "unique",
                _("情形代码“%(code)s”用了两次，请改成不同的代码。") % {"code": situation["code"]},
            )
        options = [option["code"] for option in situation["options"]]
        if len(set(options)) < len(options):
            yield Problem(
                f"{field}.options", "unique", _("情形“%(code)s”的选项代码有重复。") % {"code": situation["code"]}
            )
        # A question may only depend on answers given before it.
        yield from _when(situation.get("when", {}), known, f"{field}.when")
        known[situation["code"]] = set(options)


def _materials(body: Body) -> Iterator[Problem]:
    known = {item["code"]: {option["code"] for option in item["options"]} for item in body.get("situations", [])}
    seen: set[str] = set()
    for number, material in enumerate(body.get("materials", [])):
        field = f"materials.{number}"
        if material["code"] in seen:
            yield Problem(
                f"{field}.code",
                "unique",
                _("材料代码“%(code)s”用了两次，请改成不同的代码。") % {"code": material["code"]},
            )
        seen.add(material["code"])
        yield from _when(material.get("when", {}), known, f"{field}.when")
        replaced = material.get("replaced_by")
        if replaced and replaced["kind"] in {"licence", "register"} and not replaced.get("ref"):
            yield Problem(
                f"{field}.replaced_by.ref", "required",
                _("材料“%(name)s”用证照或数据代替时，要写明对应的证照类型或数据目录代码。") % {"name": material["name"]},
            )  # fmt: skip


def _when(when: Mapping[str, list[Any]], known: Mapping[str, set[str]], field: str) -> Iterator[Problem]:
    for name, values in when.items():
        if not name.startswith("situation."):
            continue  # a fact of the form; whether the form has it is checked when the item is published
        code = name.removeprefix("situation.")
        if code not in known:
            yield Problem(field, "reference", _("条件里的情形“%(code)s”不存在，或排在后面。") % {"code": code})
            continue
        for value in values:
            if value not in known[code]:
                yield Problem(
                    field, "reference", _("情形“%(code)s”没有选项“%(value)s”。") % {"code": code, "value": value}
                )


def _limits(body: Body) -> Iterator[Problem]:
    limits = body.get("limits", {})
    statutory, promised = limits.get("statutory"), limits.get("promised")
    if statutory and promised and statutory["unit"] == promised["unit"] and promised["count"] > statutory["count"]:
        yield Problem(
            "limits.promised.count", "order",
            _("承诺办结时限(%(p)s 天)不能长于法定办结时限(%(s)s 天)。") % {"p": promised["count"], "s": statutory["count"]},
        )  # fmt: skip
    if body.get("case_type") == "1" and promised and promised["count"] > 1:
        yield Problem(
            "limits.promised.count", "order", _("即办件的承诺办结时限应为 0 或 1 天；时间更长的请改为承诺件。")
        )
    if body.get("case_type") == "2" and ONLINE & set(body.get("channels", [])) and not promised:
        yield Problem("limits.promised", "required", _("网上可办的承诺件要写明承诺办结时限。"))


def _service(body: Body) -> Iterator[Problem]:
    service = body.get("service", {})
    if service.get("status", "open") != "open" and not service.get("reason", "").strip():
        yield Problem("service.reason", "required", _("暂停、季节性开放或关闭时，要向群众说明原因。"))
    days: dict[str, dt.date] = {}
    for name in ("since", "until"):
        try:
            if service.get(name):
                days[name] = dt.date.fromisoformat(service[name])
        except ValueError:
            yield Problem(
                f"service.{name}", "format", _("%(field)s不是真实的日期。") % {"field": label(["service", name])}
            )
    if len(days) == 2 and days["until"] < days["since"]:
        yield Problem("service.until", "order", _("结束日期不能早于开始日期。"))
    if (
        service.get("status") == "seasonal"
        and len(days) < 2
        and all(service.get(name) is None for name in ("since", "until"))
    ):
        yield Problem("service.since", "required", _("季节性开放要写明从哪天到哪天。"))


def _handling(body: Body) -> Iterator[Problem]:
    online = ONLINE & set(body.get("channels", []))
    has_form = "form" in body
    if has_form and "procedure" not in body:
        yield Problem("procedure", "required", _("有网上表单的事项要写明按哪个流程办理。"))
    if has_form and not online:
        yield Problem("channels", "required", _("有网上表单的事项，办理形式要包含网上办理(2 或 3)。"))
    if has_form and not body.get("audience"):
        yield Problem("audience", "required", _("网上可办的事项要写明服务对象。"))
    if online and not has_form and "online_address" not in body:
        yield Problem("form", "required", _("办理形式包含网上办理时，要写明表单代码，或写明网办地址。"))
    if body.get("fees", {}).get("charged") and not body["fees"].get("basis", "").strip():
        yield Problem("fees.basis", "required", _("收费的事项要写明收费依据。"))
