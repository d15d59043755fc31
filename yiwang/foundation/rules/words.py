"""Cells and values of a table in words, for people who do not read expressions."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _

_QUOTED = re.compile(r"'([^'\\]*)'|\"([^\"\\]*)\"")
_COMPARED = re.compile(r"(>=|<=|!=|==|>|<)\s*(.+)")
_BETWEEN = re.compile(r"([\[(])\s*(-?[\d.]+)\s*\.\.\s*(-?[\d.]+)\s*([\])])")
_LISTED = re.compile(r"(?:'[^'\\]*'|\"[^\"\\]*\"|-?[\d.]+)(?:\s*,\s*(?:'[^'\\]*'|\"[^\"\\]*\"|-?[\d.]+))+")


def _signs() -> dict[str, str]:
    return {">=": "≥", "<=": "≤", "!=": _("不是"), "==": "", ">": ">", "<": "<"}


def value(found: Any, words: dict[str, str]) -> str:
    """A value in words: those that the table declares for it, 是, 否, a list with 、, nothing as 不详."""
    if found is None or found == "":
        return _("不详")
    if found is True:
        return _("是")
    if found is False:
        return _("否")
    if isinstance(found, list):
        return "、".join(value(item, words) for item in found) or _("无")
    return words.get(str(found), str(found))


def _literal(text: str, words: dict[str, str]) -> str | None:
    text = text.strip()
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        found = quoted[1] or quoted[2]
        return words.get(found, found) or _("空")
    if text in {"true", "false"}:
        return value(text == "true", words)
    if re.fullmatch(r"-?[\d.]+", text):
        return text
    return None


def cell(text: str, words: dict[str, str]) -> tuple[str, bool]:
    """A cell in words, and whether it could be said in words (else it is the expression itself)."""
    text = text.strip()
    if not text:
        return _("任意"), True
    literal = _literal(text, words)
    if literal is not None:
        return literal, True
    compared = _COMPARED.fullmatch(text)
    if compared and (literal := _literal(compared[2], words)) is not None:
        return f"{_signs()[compared[1]]} {literal}".strip(), True
    between = _BETWEEN.fullmatch(text)
    if between:
        low = _("含") if between[1] == "[" else _("不含")
        high = _("含") if between[4] == "]" else _("不含")
        return f"{between[2]}（{low}）– {between[3]}（{high}）", True
    if _LISTED.fullmatch(text):
        return _("、").join(_literal(part, words) or part for part in text.split(",")), True
    return text, False
