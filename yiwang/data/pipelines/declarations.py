"""What a pipeline is: its declaration, checked and ready for use. Private to this room."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from dataclasses import field as made
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from django.utils.translation import gettext as _

from yiwang.data.engine.queries import expression
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Invalid, Problem

from . import slots
from .models import Pipeline

SCHEMA = Path(__file__).parent / "declaration.schema.json"
DIMENSIONS = ("completeness", "accuracy", "consistency", "timeliness", "uniqueness")
MOST_RULES = 60  # with those that follow from the fields: each is a bit of a number of 63
DEFAULT_DAYS = 5
HOLDS = ("hold_row", "hold_batch")
_BY_KIND = {
    "required": "completeness", "read": "accuracy", "length": "accuracy", "checkdigit": "accuracy", "range": "accuracy", "pattern": "accuracy",
    "cross": "consistency", "reference": "consistency", "sql": "consistency", "unique": "uniqueness", "fresh": "timeliness", "rows": "completeness",
}  # fmt: skip
_NEEDS = {
    "range": ("field",), "pattern": ("field", "pattern"), "cross": ("sql",), "sql": ("sql",), "reference": ("field", "table"),
    "unique": ("fields",), "fresh": ("days",), "rows": ("percent",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field of the result. ``column`` is the landed column it is read from ("" when ``sql`` gives it)."""

    name: str
    label: str
    column: str
    type: str = "text"
    sql: str = ""
    form: str = "plain"
    unit: str = "yuan"
    length: int = 0
    codes: dict[str, str] = made(default_factory=dict)
    map: dict[str, str] = made(default_factory=dict)
    required: bool = False
    level: int = 2
    mask: str = ""
    element: str = ""
    wrong: str = "hold_row"


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """A rule, declared or following from a field. ``bit`` is its place in the marks of a row."""

    code: str
    label: str
    kind: str
    dimension: str
    does: str
    bit: int
    field: str = ""
    body: dict[str, Any] = made(default_factory=dict)

    @property
    def of_batch(self) -> bool:
        """Whether it judges the batch as a whole, not rows."""
        return self.kind in ("fresh", "rows")


@dataclass(frozen=True, slots=True)
class Spec:
    """A pipeline's declaration, ready for use."""

    code: str
    name: str
    owner: str
    about: str
    resource: str
    slot: str
    options: dict[str, Any]
    holds_all: bool
    every: int
    at: str
    fields: tuple[FieldSpec, ...]
    rules: tuple[RuleSpec, ...]
    table: str
    register: str
    register_source: str
    key: tuple[str, ...]
    days: int

    @property
    def level(self) -> int:
        """The highest GB/T 43697 level among the fields."""
        return max(item.level for item in self.fields)

    @property
    def columns(self) -> tuple[str, ...]:
        """The landed columns that must be there."""
        return tuple(dict.fromkeys(item.column for item in self.fields if item.column))

    @property
    def hold_mask(self) -> int:
        """The bits of the rules that hold a row."""
        return sum(1 << rule.bit for rule in self.rules if rule.does in HOLDS and not rule.of_batch)

    def rule_at(self, mask: int) -> list[RuleSpec]:
        """The rules whose bits are in ``mask``."""
        return [rule for rule in self.rules if mask >> rule.bit & 1]

    def field(self, name: str) -> FieldSpec:
        return next(item for item in self.fields if item.name == name)


@cache
def _validator() -> Any:
    return jsonschema_rs.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def digest(body: dict[str, Any]) -> str:
    """SHA-256 of the canonical body."""
    return hashlib.sha256(canonical_bytes(body)).hexdigest()


def _follows(fields: tuple[FieldSpec, ...], key: tuple[str, ...]) -> list[dict[str, Any]]:
    """The rules that follow from the fields themselves."""
    found: list[dict[str, Any]] = []
    for item in fields:
        base = {"field": item.name, "does": item.wrong}
        if item.required or item.name in key:
            found.append(
                base
                | {"code": f"{item.name}.required", "kind": "required", "label": _("%(f)s不能为空") % {"f": item.label}}
            )
        if item.codes or item.map:
            found.append(
                base
                | {"code": f"{item.name}.codes", "kind": "read", "label": _("%(f)s不在代码表里") % {"f": item.label}}
            )
        elif item.type != "text":
            found.append(
                base | {"code": f"{item.name}.type", "kind": "read", "label": _("%(f)s的格式不对") % {"f": item.label}}
            )
        if item.length:
            found.append(
                base
                | {
                    "code": f"{item.name}.length",
                    "kind": "length",
                    "label": _("%(f)s超过 %(n)s 个字") % {"f": item.label, "n": item.length},
                }
            )
        if item.type in ("identity_number", "uscc"):
            found.append(
                base
                | {
                    "code": f"{item.name}.checkdigit",
                    "kind": "checkdigit",
                    "label": _("%(f)s的校验位不对") % {"f": item.label},
                }
            )
    labels = "、".join(item.label for item in fields if item.name in key)
    found.append(
        {
            "code": "key.unique",
            "kind": "unique",
            "fields": list(key),
            "does": "hold_row",
            "label": _("%(f)s重复") % {"f": labels},
        }
    )
    return found


def _fields(body: dict[str, Any]) -> tuple[FieldSpec, ...]:
    found = []
    for item in body["fields"]:
        rest = {name: value for name, value in item.items() if name not in ("from", "codes", "map")}
        if "type" not in rest and (item.get("codes") or item.get("map")):
            rest["type"] = "code"
        found.append(
            FieldSpec(
                column="" if item.get("sql") else item.get("from", item["label"]), codes=dict(item.get("codes", {})),
                map=dict(item.get("map", {})), **rest,
            )
        )  # fmt: skip
    return tuple(found)


def compiled(body: dict[str, Any]) -> Spec:
    """The declaration, ready for use; ``body`` must have been checked."""
    fields = _fields(body)
    key = tuple(body["target"]["key"])
    declared = [*_follows(fields, key), *body.get("rules", [])]
    rules = tuple(
        RuleSpec(
            item["code"], item["label"], item["kind"], item.get("dimension") or _BY_KIND[item["kind"]], item.get("does", "hold_row"),
            bit, item.get("field", ""), dict(item),
        )
        for bit, item in enumerate(declared)
    )  # fmt: skip
    source, target = body["source"], body["target"]
    schedule = body.get("schedule", {})
    return Spec(
        body["code"], body["name"], body["owner"], body.get("about", ""), body.get("resource", ""), source["slot"], source,
        source.get("holds", "all") == "all", schedule.get("every", 0), schedule.get("at", ""), fields, rules, target.get("table", ""),
        target.get("register", ""), target.get("source", body["code"]), key, body.get("orders", {}).get("days", DEFAULT_DAYS),
    )  # fmt: skip


def problems_of(body: Any) -> list[Problem]:
    """What is wrong with a declaration; an empty list when it holds."""
    found = [
        Problem(".".join(map(str, error.instance_path)), error.kind.name, str(error.message))
        for error in _validator().iter_errors(body)
    ]
    if found:
        return found
    fields = _fields(body)
    names = [item.name for item in fields]

    def wrong(place: str, rule: str, message: str) -> None:
        found.append(Problem(place, rule, message))

    for name in {name for name in names if names.count(name) > 1}:
        wrong("fields", "unique", _("字段 %(name)s 声明了两次。") % {"name": name})
    for index, item in enumerate(fields):
        if item.type == "code" and not (item.codes or item.map):
            wrong(f"fields.{index}.codes", "required", _("代码型字段要写代码表。"))
        if item.sql:
            columns = [other.column for other in fields if other.column]
            try:
                expression(item.sql, columns)
            except Invalid as refusal:
                wrong(f"fields.{index}.sql", refusal.problems[0].rule, str(refusal.message))
    for name in body["target"]["key"]:
        if name not in names:
            wrong("target.key", "unknown", _("没有名为 %(name)s 的字段。") % {"name": name})
    codes: set[str] = set()
    for index, rule in enumerate(body.get("rules", [])):
        place = f"rules.{index}"
        if rule["code"] in codes:
            wrong(f"{place}.code", "unique", _("规则 %(name)s 声明了两次。") % {"name": rule["code"]})
        codes.add(rule["code"])
        for need in _NEEDS[rule["kind"]]:
            if need not in rule:
                wrong(f"{place}.{need}", "required", _("这种规则要写 %(name)s。") % {"name": need})
        for name in [*rule.get("fields", []), *([rule["field"]] if "field" in rule else [])]:
            if name not in names:
                wrong(f"{place}.field", "unknown", _("没有名为 %(name)s 的字段。") % {"name": name})
        if "sql" in rule:
            try:
                expression(rule["sql"], names)
            except Invalid as refusal:
                wrong(f"{place}.sql", refusal.problems[0].rule, str(refusal.message))
        if rule["kind"] == "range" and not ("least" in rule or "most" in rule):
            wrong(place, "required", _("请写最小值或最大值。"))
    if not found and len(compiled(body).rules) > MOST_RULES:
        wrong("rules", "max-items", _("规则太多，连同字段自带的最多 %(n)s 条。") % {"n": MOST_RULES})
    source = slots.sources.get(body["source"]["slot"])
    if source is None:
        known = "、".join(slots.sources)
        wrong("source.slot", "unknown", _("没有这种来源，可以写：%(known)s。") % {"known": known})
    else:
        found += [Problem(f"source.{p.field}".rstrip("."), p.rule, p.message) for p in source.check(body["source"])]
    return found


def checked(body: Any) -> Spec:
    """The declaration, ready for use. Raises :class:`Invalid`."""
    problems = problems_of(body)
    if problems:
        raise Invalid(_("数据归集任务的声明有 %(n)s 处要改。") % {"n": len(problems)}, problems=problems)
    return compiled(body)


@cache
def _of(digest: str, body: str) -> Spec:
    return compiled(json.loads(body))


def of(pipeline: Pipeline) -> Spec:
    """The declaration of a stored pipeline, compiled once per version."""
    return _of(pipeline.digest, json.dumps(pipeline.body))
