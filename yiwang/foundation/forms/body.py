"""The body of a form: what it may say, and every mistake in it, told with its place before it is published.

::

    {"title": "食品经营许可申请",
     "schema": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 60}}},
     "layout": {"parts": [{"code": "applicant", "title": "申请人", "fields": [
         {"name": "name", "label": "姓名", "widget": "text", "prefill": "person.name", "readonly": true}]}]},
     "messages": {"name": {"required": "请写您身份证上的姓名。"}}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
from django.utils.translation import gettext as _

from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Problem

from . import standard
from .conditions import CONTEXT_ROOTS
from .formats import FORMATS
from .places import LEVELS
from .slots import prefill_sources
from .widgets import CHOOSING, IN_ROWS, LARGEST_INTEGER, LONGEST_TYPED, WIDGETS
from .wording import RULES

LARGEST_BODY = 512 * 1024  # bytes
MOST_PROBLEMS = 50
MOST_ROWS = 100  # of one repeat
_CODE = re.compile(r"[a-z][a-z0-9-]{0,59}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_PATH = re.compile(r"([a-z][a-z0-9-]{0,39})\.([a-z][a-z0-9_.]{0,59})")

_TEXT = {"type": "string", "minLength": 1, "maxLength": 200}
_WHEN = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 10,
    "additionalProperties": {
        "type": "array",
        "minItems": 1,
        "maxItems": 50,
        "items": {"type": ["string", "boolean", "integer"]},
    },
}
_COLUMN = {
    "name": {"type": "string"},
    "label": _TEXT,
    "help": {"type": "string", "maxLength": 500},
    "widget": {"enum": list(WIDGETS)},
    "unit": {"type": "string", "maxLength": 20},
    "autocomplete": {"type": "string", "pattern": "^[a-z -]{1,40}$"},
    "codes": {"type": "string", "maxLength": 60},  # a code set of the standards library: the options
    "element": {"type": "string", "maxLength": 60},  # a data element of the standards library: what it means
}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A form",
    "type": "object",
    "required": ["title", "schema", "layout"],
    "additionalProperties": False,
    "properties": {
        "title": {"type": "string", "minLength": 1, "maxLength": 120},
        "schema": {
            "type": "object",
            "required": ["type", "properties"],
            "additionalProperties": False,
            "properties": {
                "$schema": {"type": "string"},
                "title": {"type": "string"},
                "description": {"type": "string"},
                "type": {"const": "object"},
                "properties": {"type": "object", "maxProperties": 300, "additionalProperties": {"type": "object"}},
                "required": {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
                "additionalProperties": {"const": False},
            },
        },
        "layout": {
            "type": "object",
            "required": ["parts"],
            "additionalProperties": False,
            "properties": {
                "parts": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 30,
                    "items": {
                        "type": "object",
                        "required": ["code", "title", "fields"],
                        "additionalProperties": False,
                        "properties": {
                            "code": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,39}$"},
                            "title": {"type": "string", "minLength": 1, "maxLength": 60},
                            "help": {"type": "string", "maxLength": 1000},
                            "when": _WHEN,
                            "fields": {
                                "type": "array",
                                "minItems": 1,
                                "maxItems": 60,
                                "items": {
                                    "type": "object",
                                    "required": ["name", "label", "widget"],
                                    "additionalProperties": False,
                                    "properties": {
                                        **_COLUMN,
                                        "prefill": {"type": "string"},
                                        "readonly": {"type": "boolean"},
                                        "depth": {"enum": LEVELS},
                                        "when": _WHEN,
                                        "columns": {
                                            "type": "array",
                                            "minItems": 1,
                                            "maxItems": 20,
                                            "items": {
                                                "type": "object",
                                                "required": ["name", "label", "widget"],
                                                "additionalProperties": False,
                                                "properties": _COLUMN,
                                            },
                                        },
                                    },
                                },
                            },
                        },
                    },
                }
            },
        },
        "messages": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "propertyNames": {"enum": sorted(RULES)},
                "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 300},
            },
        },
    },
}
_structure = jsonschema_rs.Draft202012Validator(SCHEMA)

# What a property may say, by its type. Anything else could not be told to a person in one sentence.
_ANY = frozenset({"type", "title", "description"})
_KEYWORDS = {
    "string": _ANY | {"format", "minLength", "maxLength", "pattern", "enum", "oneOf"},
    "integer": _ANY | {"minimum", "maximum"},
    "boolean": _ANY | {"const"},
    "array": _ANY | {"items", "minItems", "maxItems", "uniqueItems"},
    "object": _ANY | {"properties", "required", "additionalProperties"},
}
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems")


def problems(code: str, body: Any) -> list[Problem]:
    """Every mistake in a body, at most fifty; an empty list when it holds."""
    wrong = _unkeepable(code, body)
    if wrong:
        return wrong
    found = [
        Problem(_place(error.instance_path), "structure", _("结构不对：%(why)s") % {"why": error.message[:200]})
        for error, _number in zip(_structure.iter_errors(body), range(20), strict=False)
    ]
    return found or [*_meaning(body), *standard.problems(body)][:MOST_PROBLEMS]


def shape_problems(code: str, body: Any) -> list[Problem]:
    """What keeps a body from being kept as a draft: it must be a form with a title, whatever else may be wrong in it."""
    wrong = _unkeepable(code, body)
    if wrong:
        return wrong
    if not isinstance(body, dict) or not isinstance(body.get("title"), str) or not body["title"].strip():
        return [Problem("title", "required", _("表单应为一个 JSON 对象，并且有名称（title）。"))]
    return []


def _unkeepable(code: str, body: Any) -> list[Problem]:
    if not _CODE.fullmatch(code):
        return [Problem("code", "format", _("表单代码只能用小写英文字母、数字和连字符，以字母开头，最长 60 个字符。"))]
    try:
        written = canonical_bytes(body)
    except (TypeError, ValueError, RecursionError):
        return [Problem("", "type", _("表单里有不能保存的内容：小数类型的数值、残缺的字符，或者嵌套太深。"))]
    if b"\\u0000" in written:
        return [Problem("", "type", _("表单里有不能保存的空字符，请删去。"))]
    if len(written) > LARGEST_BODY:
        return [Problem("", "too-large", _("表单太大，最多 %(n)d KB。") % {"n": LARGEST_BODY // 1024})]
    return []


def _place(path: Any) -> str:
    return ".".join(str(step) for step in path)


def _meaning(body: dict[str, Any]) -> Iterator[Problem]:
    properties = body["schema"]["properties"]
    required = set(body["schema"].get("required", ()))
    messages = body.get("messages", {})
    for name in sorted(required - properties.keys()):
        yield Problem("schema.required", "unknown", _("必填项“%(name)s”在 schema 里没有定义。") % {"name": name})
    places: dict[str, str] = {}
    codes: set[str] = set()
    for index, part in enumerate(body["layout"]["parts"]):
        where = f"layout.parts.{index}"
        if part["code"] in codes:
            yield Problem(f"{where}.code", "unique", _("有两个部分的代码都是“%(code)s”。") % {"code": part["code"]})
        codes.add(part["code"])
        yield from _when(part.get("when"), properties, places, f"{where}.when")
        for number, field in enumerate(part["fields"]):
            here = f"{where}.fields.{number}"
            name = field["name"]
            yield from _when(field.get("when"), properties, places, f"{here}.when")
            if name in places:
                yield Problem(f"{here}.name", "unique", _("栏目“%(name)s”放了两次。") % {"name": name})
            places[name] = here
            if name not in properties:
                message = _("栏目“%(label)s”的 name“%(name)s”在 schema 里没有定义。")
                yield Problem(f"{here}.name", "unknown", message % {"label": field["label"], "name": name})
                continue
            yield from _field(field, properties[name], here, messages.get(name, {}))
            yield from _prefill(field, here)
    for name in properties.keys() - places.keys():
        message = _("“%(name)s”在 schema 里有定义，却没有放在任何一个部分里，没有人能填写它。") % {"name": name}
        yield Problem(f"schema.properties.{name}", "unplaced", message)
    for name in messages.keys() - _nameable(body):
        yield Problem(f"messages.{name}", "unknown", _("messages 里的“%(name)s”没有对应的栏目。") % {"name": name})


def _nameable(body: dict[str, Any]) -> set[str]:
    """The names that ``messages`` may use: fields, and columns as "staff.name"."""
    names = set()
    for part in body["layout"]["parts"]:
        for field in part["fields"]:
            names.add(field["name"])
            names |= {f"{field['name']}.{column['name']}" for column in field.get("columns", ())}
    return names


def _when(
    when: dict[str, Any] | None, properties: dict[str, Any], before: dict[str, str], where: str
) -> Iterator[Problem]:
    for name, values in (when or {}).items():
        place = f"{where}.{name}"
        if "." in name:
            if name.split(".", 1)[0] not in CONTEXT_ROOTS:
                message = _("条件“%(name)s”不认识；带点的名字只能以 %(roots)s 开头。")
                yield Problem(place, "unknown", message % {"name": name, "roots": "、".join(sorted(CONTEXT_ROOTS))})
        elif name not in properties:
            yield Problem(place, "unknown", _("条件里的栏目“%(name)s”不存在。") % {"name": name})
        elif name not in before:
            message = _("条件里的栏目“%(name)s”排在后面；条件只能看前面已经填的栏目。") % {"name": name}
            yield Problem(place, "order", message)
        else:
            possible = _possible(properties[name])
            for value in values:
                if possible is not None and not any(type(value) is type(one) and value == one for one in possible):
                    message = _("条件里的栏目“%(name)s”不会等于“%(value)s”。") % {"name": name, "value": value}
                    yield Problem(place, "choice", message)


def _possible(schema: dict[str, Any]) -> list[Any] | None:
    """The values that a property can have, when they can be listed."""
    if schema.get("type") == "boolean":
        return [True, False]
    if schema.get("type") == "array":
        return _possible(schema.get("items", {}))
    if "enum" in schema:
        return list(schema["enum"])
    if "oneOf" in schema:
        return [option.get("const") for option in schema["oneOf"] if isinstance(option, dict)]
    return None


def _prefill(field: dict[str, Any], here: str) -> Iterator[Problem]:
    path = field.get("prefill", "")
    if path:
        match = _PATH.fullmatch(path)
        if not match:
            yield Problem(
                f"{here}.prefill",
                "format",
                _("预填来源“%(path)s”应写成“来源.项目”，例如 person.name。") % {"path": path},
            )
        elif match[1] not in prefill_sources:
            message = _("没有“%(source)s”这个预填来源；现有：%(known)s。")
            known = "、".join(prefill_sources) or _("没有")
            yield Problem(f"{here}.prefill", "unknown", message % {"source": match[1], "known": known})
        if field["widget"] in {"repeat", "file"}:
            yield Problem(f"{here}.prefill", "widget", _("多行和文件栏目不能预填。"))
    elif field.get("readonly"):
        yield Problem(
            f"{here}.readonly",
            "prefill",
            _("“%(label)s”是只读的，却没有预填来源，谁也填不了。") % {"label": field["label"]},
        )


def _field(field: dict[str, Any], schema: dict[str, Any], here: str, messages: dict[str, str]) -> Iterator[Problem]:
    """Mistakes of one field: its name, its widget against its schema, its columns."""
    if not _NAME.fullmatch(field["name"]):
        message = _("栏目名“%(name)s”只能用小写英文字母、数字和下划线，以字母开头。") % {"name": field["name"]}
        yield Problem(f"{here}.name", "format", message)
    widget = WIDGETS[field["widget"]]
    if not any(all(schema.get(key) == value for key, value in wanted.items()) for wanted in widget.schema):
        wanted = _(" 或 ").join(str(dict(one)).replace("'", '"') for one in widget.schema)
        message = _("“%(label)s”用了 %(widget)s，schema 里应写 %(wanted)s。")
        yield Problem(here, "widget", message % {"label": field["label"], "widget": widget.name, "wanted": wanted})
        return
    yield from _keywords(schema, field["label"], here)
    if widget.name in CHOOSING:
        yield from _options(
            schema["items"] if widget.name == "choices" and isinstance(schema.get("items"), dict) else schema,
            field,
            here,
        )
    if widget.name == "repeat":
        yield from _rows(field, schema, here)
    elif "depth" in field and widget.name != "region":
        yield Problem(f"{here}.depth", "widget", _("只有 region 才有 depth。"))
    elif "columns" in field:
        yield Problem(f"{here}.columns", "widget", _("只有 repeat 才有 columns。"))
    if (
        widget.name == "file"
        and schema["type"] == "array"
        and schema.get("items") != {"type": "string", "format": "uuid"}
    ):
        yield Problem(
            here,
            "widget",
            _('“%(label)s”的 items 应写 {"type": "string", "format": "uuid"}。') % {"label": field["label"]},
        )
    if "pattern" in schema:
        try:
            jsonschema_rs.Draft202012Validator(
                {"pattern": schema["pattern"]}, pattern_options=jsonschema_rs.RegexOptions()
            )
        except ValueError:
            yield Problem(
                here,
                "pattern",
                _("“%(label)s”的 pattern 写法不对，或用了不支持的写法（如前后查找）。") % {"label": field["label"]},
            )
        if "pattern" not in messages:
            message = _("“%(label)s”有 pattern，请在 messages 里写一句大家看得懂的提示。") % {"label": field["label"]}
            yield Problem(here, "pattern", message)


def _keywords(schema: dict[str, Any], label: str, here: str) -> Iterator[Problem]:
    unknown = schema.keys() - _KEYWORDS[schema["type"]]
    if unknown:
        message = _("“%(label)s”的 schema 里不能用 %(words)s。")
        yield Problem(here, "keyword", message % {"label": label, "words": "、".join(sorted(unknown))})
    if schema.get("format") is not None and schema["format"] not in FORMATS:
        message = _("“%(label)s”的 format 不认识；可用：%(known)s。") % {"label": label, "known": "、".join(FORMATS)}
        yield Problem(here, "format", message)
    largest = {"maxLength": LONGEST_TYPED, "minLength": LONGEST_TYPED, "maxItems": MOST_ROWS, "minItems": MOST_ROWS}
    for word in _COUNTS:
        count = schema.get(word, 0)
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= largest[word]:
            message = _("“%(label)s”的 %(word)s 应在 0 到 %(n)d 之间。") % {
                "label": label,
                "word": word,
                "n": largest[word],
            }
            yield Problem(here, "keyword", message)
    for word in ("minimum", "maximum"):
        bound = schema.get(word, 0)
        if not isinstance(bound, int) or isinstance(bound, bool) or abs(bound) > LARGEST_INTEGER:
            yield Problem(here, "keyword", _("“%(label)s”的 %(word)s 应为整数。") % {"label": label, "word": word})
    if "const" in schema and schema["const"] is not True:
        yield Problem(here, "keyword", _("“%(label)s”的 const 只能是 true（必须同意）。") % {"label": label})


def _options(schema: dict[str, Any], field: dict[str, Any], here: str) -> Iterator[Problem]:
    options = schema.get("oneOf", [{"const": value, "title": value} for value in schema.get("enum", ())])
    values = []
    for option in options if isinstance(options, list) else ():
        good = (
            isinstance(option, dict) and isinstance(option.get("const"), str) and isinstance(option.get("title"), str)
        )
        if not good or option.keys() - {"const", "title", "description"} or not option["const"].strip():
            message = _('“%(label)s”的每个选项应写成 {"const": "代码", "title": "名称"}。') % {"label": field["label"]}
            yield Problem(here, "options", message)
            return
        values.append(option["const"])
    if len(values) < 2 - (field["widget"] == "choices") or len(values) > 500:
        yield Problem(here, "options", _("“%(label)s”的选项要有 2 到 500 个。") % {"label": field["label"]})
    if len(set(values)) != len(values):
        yield Problem(here, "options", _("“%(label)s”有两个一样的选项。") % {"label": field["label"]})
    if field["widget"] == "choices" and schema.get("type") != "string":
        yield Problem(here, "options", _("“%(label)s”的 items 应为字符串选项。") % {"label": field["label"]})


def _rows(field: dict[str, Any], schema: dict[str, Any], here: str) -> Iterator[Problem]:
    items = schema.get("items")
    columns = field.get("columns", [])
    if not isinstance(items, dict) or items.get("type") != "object" or not isinstance(items.get("properties"), dict):
        yield Problem(
            here, "widget", _("“%(label)s”的 items 应为 object，并写明 properties。") % {"label": field["label"]}
        )
        return
    yield from _keywords(items, field["label"], here)
    properties = items["properties"]
    names = [column["name"] for column in columns]
    if len(set(names)) != len(names) or set(names) != properties.keys():
        message = _("“%(label)s”的 columns 和 items.properties 要一一对应。") % {"label": field["label"]}
        yield Problem(f"{here}.columns", "unknown", message)
        return
    for name in set(items.get("required", ())) - set(names):
        yield Problem(
            here, "unknown", _("“%(label)s”的必填项“%(name)s”没有定义。") % {"label": field["label"], "name": name}
        )
    for number, column in enumerate(columns):
        place = f"{here}.columns.{number}"
        if column["widget"] not in IN_ROWS:
            message = _("%(widget)s 不能放在多行里。") % {"widget": column["widget"]}
            yield Problem(f"{place}.widget", "widget", message)
        elif column["widget"] == "file" and properties[column["name"]].get("type") == "array":
            message = _("“%(label)s”在多行里，每行只能放一个文件。") % {"label": column["label"]}
            yield Problem(f"{place}.widget", "widget", message)
        elif isinstance(properties[column["name"]], dict):
            yield from _field(column, properties[column["name"]], place, {"pattern": ""})
