"""What a register is: its declaration, checked and compiled. Private to this room."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from django.utils.translation import gettext as _

from yiwang.foundation.crypto.queries import keyed_hash
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Invalid, Problem

from . import slots
from .elements import Element, Wrong
from .modelling import LinkModel, model_of, model_problems
from .models import Register
from .sources import DEFAULT_RULES, RULING, Source, source_of

SCHEMA = Path(__file__).parent / "declaration.schema.json"


@dataclass(frozen=True, slots=True)
class FactRule:
    """How a fact is worked out from one element; exactly one of ``among``, ``starts``, ``derive``, or the value itself."""

    name: str
    element: str
    among: tuple[Any, ...] = ()
    starts: tuple[str, ...] = ()
    derive: str = ""
    missing: Any = None

    def of(self, record: dict[str, Any] | None, today: dt.date) -> Any:
        """The fact, or ``missing`` when there is no record."""
        if record is None:
            return self.missing
        value = record.get(self.element)
        if self.derive:
            return slots.derivations[self.derive](value, record, today)
        if self.among:
            return value in self.among
        if self.starts:
            return None if value is None else str(value).startswith(self.starts)
        return value


@dataclass(frozen=True, slots=True)
class Declaration:
    """A register's declaration, ready for use."""

    code: str
    name: str
    owner: str
    subject: str
    key: str
    elements: dict[str, Element]
    prefill_source: str
    prefill_paths: dict[str, str]
    facts: dict[str, FactRule]
    readers: frozenset[str]
    sources: dict[str, Source] = field(default_factory=dict)
    rules: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"default": DEFAULT_RULES})
    linking: LinkModel | None = None

    def level(self, names: tuple[str, ...] = ()) -> int:
        """The highest level among the elements ``names``; of all of them when none is named."""
        return max(self.elements[name].level for name in (names or self.elements))

    def hash_of(self, key: str) -> str:
        """The keyed hash by which a record is found. Persons and organisations share it with ``accounts.Party``."""
        purpose = "party" if self.subject in ("person", "organisation") else "register"
        return keyed_hash(purpose, key if purpose == "party" else f"{self.code}:{key}")

    def read_row(
        self, row: dict[str, Any], source: Source | None = None
    ) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
        """The data of one row, and what is wrong with it: (element, rule, reason). Empty values are left out.

        A row of a declared ``source`` holds the elements that the source gives, and of those the required ones.
        """
        data: dict[str, Any] = {}
        wrong: list[tuple[str, str, str]] = []
        for name, raw in row.items():
            element = self.elements.get(name)
            if element is None or (source is not None and not source.gives(name)):
                wrong.append((str(name), "unknown", _("这个库没有这一项")))
                continue
            try:
                value = element.read(raw)
            except Wrong as error:
                wrong.append((name, "format", str(error)))
                continue
            if value is not None:
                data[name] = value
        wrong += [
            (element.name, "required", _("不能为空"))
            for element in self.elements.values()
            if element.required
            and element.name not in data
            and (source is None or source.gives(element.name))
            and not any(name == element.name for name, *_rest in wrong)
        ]
        return data, wrong


@cache
def _validator() -> Any:
    return jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))


def digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(canonical_bytes(body)).hexdigest()


def checked(body: Any) -> Declaration:
    """Check a declaration by its schema and by what the schema cannot say. Raises :class:`Invalid` listing every problem."""
    problems = [
        Problem(".".join(str(part) for part in error.instance_path), "schema", error.message)
        for error in _validator().iter_errors(body)
    ]
    if not problems:
        problems = list(_cross_checks(body))
    if problems:
        raise Invalid(_("数据库的声明有 %(n)s 处需要修改。") % {"n": len(problems)}, problems=problems)
    return _compile(body)


def _cross_checks(body: dict[str, Any]) -> list[Problem]:
    found: list[Problem] = []
    names = [element["name"] for element in body["elements"]]
    known = set(names)
    for index, name in enumerate(names):
        if names.index(name) != index:
            found.append(Problem(f"elements.{index}.name", "unique", _("数据项“%(name)s”写了两次。") % {"name": name}))

    def must_be_known(path: str, name: str) -> None:
        if name not in known:
            found.append(Problem(path, "missing", _("没有声明数据项“%(name)s”。") % {"name": name}))

    must_be_known("key", body["key"])
    if body["key"] in known and not body["elements"][names.index(body["key"])].get("required"):
        found.append(Problem("key", "required", _("主键“%(name)s”应声明为 required。") % {"name": body["key"]}))
    for path, name in body.get("prefill", {}).get("paths", {}).items():
        must_be_known(f"prefill.paths.{path}", name)
    source = body.get("prefill", {}).get("source")
    if source and body["subject"] != {"person": "person", "firm": "organisation"}[source]:
        found.append(Problem("prefill.source", "subject", _("预填来源与库的主体类型不一致。")))
    for fact, rule in body.get("facts", {}).items():
        must_be_known(f"facts.{fact}.element", rule["element"])
        if "derive" in rule and rule["derive"] not in slots.derivations:
            known_ways = "、".join(slots.derivations)
            found.append(
                Problem(
                    f"facts.{fact}.derive", "missing", _("没有“%(name)s”这种推算，可用：%(known)s。")
                    % {"name": rule["derive"], "known": known_ways},
                )
            )  # fmt: skip
    found += _source_problems(body, known)
    return found


def _source_problems(body: dict[str, Any], known: set[str]) -> list[Problem]:
    """What is wrong with the sources, the rules between them and the model of linking."""
    found: list[Problem] = []
    sources = body.get("sources", [])
    codes = [source["code"] for source in sources]
    for index, source in enumerate(sources):
        path = f"sources.{index}"
        if source["code"] == RULING or codes.index(source["code"]) != index:
            found.append(Problem(f"{path}.code", "unique", _("来源代码“%(code)s”不能用。") % {"code": source["code"]}))
        for part in ("elements", "authority", "trust"):
            found += [
                Problem(f"{path}.{part}", "missing", _("没有声明数据项“%(name)s”。") % {"name": name})
                for name in source.get(part, ())
                if name not in known
            ]
        given = source.get("elements") or sorted(known)
        if "own_key" in source:
            if "linking" not in body:
                found.append(Problem(f"{path}.own_key", "missing", _("没有主键的来源需要声明比对模型（linking）。")))
            if body["key"] in given:
                found.append(Problem(f"{path}.own_key", "key", _("这个来源已有主键，不需要比对。")))
        elif body["key"] not in given:
            found.append(Problem(f"{path}.elements", "key", _("来源要么提供主键，要么声明 own_key。")))
    for name in body.get("rules", {}):
        if name != "default" and name not in known:
            found.append(Problem(f"rules.{name}", "missing", _("没有声明数据项“%(name)s”。") % {"name": name}))
    if "linking" in body:
        types = {element["name"]: element["type"] for element in body["elements"]}
        found += model_problems(body["linking"], types)
    return found


def _compile(body: dict[str, Any]) -> Declaration:
    elements = {
        item["name"]: Element(
            name=item["name"], label=item["label"], type=item["type"], level=item["level"],
            mask=item.get("mask", ""), required=item.get("required", False),
            longest=item.get("longest", 500), codes=item.get("codes", {}),
        )
        for item in body["elements"]
    }  # fmt: skip
    facts = {
        name: FactRule(
            name, rule["element"], tuple(rule.get("in", ())), tuple(rule.get("starts_with", ())), rule.get("derive", ""),
            rule.get("missing"),
        )
        for name, rule in body.get("facts", {}).items()
    }  # fmt: skip
    prefill = body.get("prefill", {})
    return Declaration(
        code=body["code"], name=body["name"], owner=body["owner"], subject=body["subject"], key=body["key"],
        elements=elements, prefill_source=prefill.get("source", ""), prefill_paths=prefill.get("paths", {}),
        facts=facts, readers=frozenset(body.get("readers", ())),
        sources={source["code"]: source_of(source) for source in body.get("sources", ())},
        rules={"default": DEFAULT_RULES, **{name: tuple(rules) for name, rules in body.get("rules", {}).items()}},
        linking=model_of(body["linking"]) if "linking" in body else None,
    )  # fmt: skip


_compiled: dict[str, Declaration] = {}
_LARGEST_CACHE = 1_000


def of(register: Register) -> Declaration:
    """The compiled declaration of ``register``, kept in memory by its digest."""
    found = _compiled.get(register.digest)
    if found is None:
        if len(_compiled) >= _LARGEST_CACHE:
            _compiled.clear()
        found = _compiled[register.digest] = _compile(register.body)
    return found
