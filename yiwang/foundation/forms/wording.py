"""From what the validator finds to one plain sentence that names the field and says what to do."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from .formats import FORMATS
from .widgets import WIDGETS

# keyword of JSON Schema -> our stable code of the rule, under which a form may give its own sentence
_CODES = {
    "required": "required",
    "type": "type",
    "format": "format",
    "minLength": "min-length",
    "maxLength": "max-length",
    "pattern": "pattern",
    "minimum": "minimum",
    "maximum": "maximum",
    "enum": "choice",
    "oneOf": "choice",
    "const": "agree",
    "minItems": "min-items",
    "maxItems": "max-items",
    "uniqueItems": "unique",
    "additionalProperties": "unknown",
}
RULES = frozenset(_CODES.values()) | {"depth"}


def rule(keyword: str) -> str:
    """Our code of a keyword."""
    return _CODES.get(keyword, "type")


def missing(label: str, ask: str) -> str:
    """A required answer is not there."""
    if ask == "choose":
        return _("请选择“%(label)s”。") % {"label": label}
    if ask == "upload":
        return _("请上传“%(label)s”。") % {"label": label}
    return _("请填写“%(label)s”。") % {"label": label}


def unknown(name: str) -> str:
    """An answer to a question that the form does not ask."""
    return _("这份表单没有“%(name)s”这一栏，请删去。") % {"name": name}


def _type(label: str, widget: str) -> str:
    example = {
        "number": _("请只填数字，例如 12"),
        "money": _("请填金额（元），最多两位小数，例如 1234.50"),
        "date": _("请填日期，例如 2026-11-21"),
        "yes-no": _("请选“是”或“否”"),
        "choice": _("请从列出的选项中选一项"),
        "select": _("请从列出的选项中选一项"),
        "choices": _("请从列出的选项中选择"),
        "region": _("请从列出的地方中选择"),
        "file": _("请重新选择文件"),
        "repeat": _("请逐行填写"),
    }.get(widget, _("请填文字"))
    return _("“%(label)s”填写的内容不对，%(example)s。") % {"label": label, "example": example}


def sentence(keyword: str, details: dict[str, Any], value: Any, *, label: str, widget: str, unit: str = "") -> str:
    """What is wrong with one answer.

    ``keyword`` and ``details`` are the validator's; ``value`` is the answer (a row or the whole list for rows).
    """
    words: dict[str, Any] = {"label": label, "unit": unit}
    if keyword == "required":
        return missing(label, WIDGETS[widget].ask)
    if keyword == "format":
        error = FORMATS[details["format"]](value)
        return _("“%(label)s”：%(error)s") % {"label": label, "error": error}
    if keyword == "minLength":
        return _("“%(label)s”太短，至少写 %(n)d 个字。") % {**words, "n": details["limit"]}
    if keyword == "maxLength":
        return _("“%(label)s”太长，最多 %(n)d 个字，现在有 %(m)d 个，请缩短。") % {
            **words, "n": details["limit"], "m": len(value),
        }  # fmt: skip
    if keyword in {"minimum", "maximum"}:
        limit = details["limit"]
        words["limit"] = WIDGETS["money"].show(limit) if widget == "money" else f"{limit}{unit}"
        if keyword == "minimum":
            return _("“%(label)s”不能小于 %(limit)s，请检查。") % words
        return _("“%(label)s”不能大于 %(limit)s，请检查。") % words
    if keyword in {"enum", "oneOf"}:
        return _("“%(label)s”选的不在列出的选项里，请重新选择。") % words
    if keyword == "const":
        return _("“%(label)s”需要选“是”才能继续。") % words
    if keyword == "minItems":
        return _("“%(label)s”至少要有 %(n)d 项。") % {**words, "n": details["limit"]}
    if keyword == "maxItems":
        return _("“%(label)s”最多 %(n)d 项，现在有 %(m)d 项，请减少。") % {
            **words,
            "n": details["limit"],
            "m": len(value),
        }
    if keyword == "uniqueItems":
        return _("“%(label)s”里有重复的，请去掉。") % words
    if keyword == "additionalProperties":
        names = "、".join(str(name)[:40] for name in details["unexpected"][:5])
        return _("“%(label)s”里有表单没有的内容（%(names)s），请删去。") % {**words, "names": names}
    return _type(label, widget)
