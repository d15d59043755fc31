"""Cells as people type them and as the engine reads them: 不予登记 is 'refuse', 是 is true, ≥ 16 is >= 16.

What cannot be said in words is typed as an expression and kept as it is.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.utils.translation import gettext as _

from . import words

_SIGNS = {"≥": ">=", "≤": "<=", "≠": "!=", "不是": "!=", "大于": ">", "小于": "<", "不小于": ">=", "不大于": "<="}
_QUOTED = re.compile(r"'[^'\\]*'|\"[^\"\\]*\"")
_SIGNED = re.compile(r"(>=|<=|!=|==|>|<|≥|≤|≠|不小于|不大于|不是|大于|小于)\s*(.+)")
_RANGE = re.compile(r"(-?[\d.]+)\s*(?:\.\.|~|～|至|到|to)\s*(-?[\d.]+)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def shown(expression: str, said: dict[str, str], kind: str = "") -> str:
    """A cell as it stands in the editor: in words when typing those words gives the same cell again."""
    if not expression.strip():
        return ""
    text, plain = words.cell(expression, said)
    return text if plain and typed(text, said, kind) == expression.strip() else expression


def typed(text: str, said: dict[str, str], kind: str = "") -> str:
    """The expression of a typed cell. ``kind`` is the type of the fact that the column asks ("" for a result)."""
    text = text.strip()
    if not text or text in {"-", "任意", _("任意")} or _QUOTED.fullmatch(text):
        return "" if not _QUOTED.fullmatch(text) else text
    signed = _SIGNED.fullmatch(text)
    if signed:
        value = _literal(signed[2], said, kind)
        return f"{_SIGNS.get(signed[1], signed[1])} {value if value is not None else signed[2]}"
    span = _RANGE.fullmatch(text)
    if span:
        return f"[{span[1]}..{span[2]}]"
    literal = _literal(text, said, kind)
    if literal is not None:
        return literal
    if "、" in text:
        values = [_literal(part.strip(), said, kind) for part in text.split("、")]
        if all(value is not None for value in values):
            return ", ".join(str(value) for value in values)
    return text


def _literal(text: str, said: dict[str, str], kind: str) -> str | None:
    """A value as an expression: one of the declared words, 是, 否, a number, a quoted text; None for anything else."""
    if _QUOTED.fullmatch(text):
        return text
    known = {label: name for name, label in said.items()}
    if text in known:
        return _quote(known[text])
    if text in {"是", "否", _("是"), _("否")}:
        return "true" if text in {"是", _("是")} else "false"
    if text in {"true", "false"}:
        return text
    narrow = unicodedata.normalize("NFKC", text)
    if kind not in {"text", "texts", "date"} and _NUMBER.fullmatch(narrow):
        return narrow
    if not text.isascii() and not re.search(r"[<>=()\[\]'\"，,、]", narrow):
        return _quote(text)
    if text in said or (kind in {"text", "date"} and re.fullmatch(r"[\w-]+", text)):
        return _quote(text)
    return None


def _quote(text: str) -> str:
    return f"'{text}'" if "'" not in text else f'"{text}"'


def value_shown(value: Any, said: dict[str, str]) -> str:
    """A value of an example as it stands in the editor."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "、".join(value_shown(item, said) for item in value)
    return said.get(str(value), str(value)) if isinstance(value, str) else str(value)


def value_typed(text: str, said: dict[str, str], kind: str = "") -> Any:
    """A typed value of an example; None when nothing was typed. Without ``kind`` it is guessed: a result may be anything."""
    text = text.strip()
    if not text:
        return None
    if kind == "texts":
        return [value_typed(part, said, "text") for part in re.split(r"[、,，]", text) if part.strip()]
    known = {label: name for name, label in said.items()}
    if kind in {"", "boolean"} and text in {"true", "false", "是", "否", _("是"), _("否")}:
        return text in {"true", "是", _("是")}
    narrow = unicodedata.normalize("NFKC", text)
    if kind in {"", "integer"} and re.fullmatch(r"-?\d{1,15}", narrow):
        return int(narrow)
    if kind == "number" and _NUMBER.fullmatch(narrow):
        return int(narrow) if "." not in narrow else narrow
    return known.get(text, text)
