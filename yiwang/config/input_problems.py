"""What is wrong with a field of an API request, in the reader's words. Pydantic says it in English only."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Problem


def problem(error: dict[str, Any]) -> Problem:
    """One error of pydantic as a problem: where, a stable code, and a sentence with the way out."""
    place = [str(part) for part in error["loc"]]
    # ninja puts "body", "query" or "path" and the name of the parameter in front of the field itself
    field = ".".join(place[2:] or place[1:])
    kind = str(error["type"])
    return Problem(
        field, kind, _("“%(field)s”：%(what)s") % {"field": field, "what": _what(kind, error.get("ctx") or {})}
    )


def _what(kind: str, facts: dict[str, Any]) -> str:
    if kind == "missing":
        return _("没有填写，请补上。")
    if kind == "extra_forbidden":
        return _("接口没有这一项，请去掉。")
    if kind in {"string_too_long", "too_long"}:
        return _("太长，最多 %(n)s 个。") % {"n": facts.get("max_length", "")}
    if kind in {"string_too_short", "too_short"}:
        return _("太短，至少 %(n)s 个。") % {"n": facts.get("min_length", "")}
    if kind.startswith("greater_than"):
        return _("太小，应当大于或等于 %(n)s。") % {"n": facts.get("ge", facts.get("gt", ""))}
    if kind.startswith("less_than"):
        return _("太大，应当小于或等于 %(n)s。") % {"n": facts.get("le", facts.get("lt", ""))}
    if kind in {"enum", "literal_error"}:
        return _("只能是 %(choices)s。") % {"choices": facts.get("expected", "")}
    if kind.startswith("uuid"):
        return _("不是有效的编号。")
    if kind.startswith("datetime"):
        return _("不是有效的时间，请写成 2026-11-21T09:00:00+08:00。")
    if kind.startswith("date"):
        return _("不是有效的日期，请写成 2026-11-21。")
    if kind.startswith(("int", "float", "decimal")):
        return _("应当是数字。")
    if kind.startswith("bool"):
        return _("应当是 true 或 false。")
    if kind.startswith("string"):
        return _("应当是符合格式的文字。")
    if kind.startswith(("list", "dict", "model")):
        return _("结构不对，请对照接口说明。")
    return _("格式不对，请对照接口说明。")
