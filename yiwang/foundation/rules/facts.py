"""The facts that a table asks for: each with a name for people and a type, checked before the engine sees them."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Invalid, Problem

TYPES: dict[str, Any] = {
    "integer": gettext_lazy("整数"),
    "number": gettext_lazy("数字"),
    "text": gettext_lazy("文字"),
    "boolean": gettext_lazy("是或否"),
    "date": gettext_lazy("日期"),
    "texts": gettext_lazy("几项文字"),
}
LARGEST = 64 * 1024  # bytes of all facts of one decision
MOST_ITEMS = 1_000  # of one list
_LARGEST_INTEGER = 10**15  # what the engine's numbers and JSON readers hold exactly
_DECIMAL = re.compile(r"-?\d{1,15}(?:\.\d{1,9})?")


def _fits(value: Any, kind: str) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_INTEGER
    if kind == "number":
        return _fits(value, "integer") or (isinstance(value, str) and bool(_DECIMAL.fullmatch(value)))
    if kind == "texts":
        return isinstance(value, list) and len(value) <= MOST_ITEMS and all(isinstance(item, str) for item in value)
    if not isinstance(value, str):
        return False
    if kind == "date":
        try:
            return dt.date.fromisoformat(value).isoformat() == value
        except ValueError:
            return False
    return True


def check(declared: dict[str, Any], facts: dict[str, Any]) -> None:
    """Raise :class:`Invalid`, naming each fact, unless ``facts`` are what ``declared`` asks for."""
    problems = []
    for name, spec in declared.items():
        if facts.get(name) is None:
            if not spec.get("optional"):
                message = _("缺少“%(label)s”，无法判断。") % {"label": spec["label"]}
                problems.append(Problem(name, "required", message))
        elif not _fits(facts[name], spec["type"]):
            message = _("“%(label)s”应为%(type)s。") % {"label": spec["label"], "type": TYPES[spec["type"]]}
            problems.append(Problem(name, "type", message))
    for name in facts.keys() - declared.keys():
        problems.append(Problem(str(name)[:60], "unknown", _("规则没有用到“%(name)s”。") % {"name": str(name)[:60]}))
    if not problems:
        try:
            size = len(canonical_bytes(facts))
        except ValueError:  # half of a character
            problems.append(Problem("", "type", _("提供的情况里有残缺的字符，请检查后重试。")))
        else:
            if size > LARGEST:
                problems.append(Problem("", "too-large", _("提供的情况太多，超过了规则能处理的大小。")))
    if problems:
        raise Invalid(_("规则所需的情况不齐全或不正确。"), code="facts", problems=problems)


def for_engine(declared: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """``facts`` as the engine takes them: every declared name is there (null when not known), decimals are numbers."""
    ready: dict[str, Any] = {}
    for name, spec in declared.items():
        value = facts.get(name)
        if spec["type"] == "number" and isinstance(value, str):
            value = float(Decimal(value))  # the engine reads the shortest decimal that means this float: the same one
        ready[name] = value
    return ready


def from_engine(value: Any) -> Any:
    """What the engine put out, without floats: whole numbers are integers, others decimal strings."""
    if isinstance(value, float):
        if value.is_integer() and abs(value) <= _LARGEST_INTEGER:
            return int(value)
        return format(Decimal(repr(value)), "f")
    if isinstance(value, dict):
        return {key: from_engine(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_engine(item) for item in value]
    return value
