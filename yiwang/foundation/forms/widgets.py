"""How each kind of answer is typed, stored and shown.

What people type is forgiving (full-width digits, spaces, 2026年11月21日, 1,234.50); what is stored is strict. A typed text that
cannot be understood is kept as it is, so that the person sees it again beside the problem.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from yiwang.foundation.crypto.queries import mask

from . import places

LONGEST_TYPED = 20_000  # characters that are kept of one typed answer; no field allows more
LARGEST_INTEGER = 10**15  # what every reader of JSON holds exactly

_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,6})?")


@dataclass(frozen=True, slots=True)
class Widget:
    """One kind of answer.

    ``schema`` is what its property in the schema must say. ``clean`` turns a typed text into the value, or leaves the text.
    ``show`` says a value in words. ``mask`` names how it is masked when it came from a register, "" for not at all.
    """

    name: str
    schema: tuple[dict[str, Any], ...]
    clean: Callable[[str], Any]
    show: Callable[[Any], str] = str
    mask: str = ""
    ask: str = "fill"  # how a missing answer is asked for: fill, choose, upload
    input_type: str = "text"
    attributes: tuple[tuple[str, str], ...] = ()
    size: str = ""


def one_line(text: str) -> str:
    """A text without line breaks, control characters and outer spaces."""
    return re.sub(r"\s+", " ", _printable(text)).strip()


def many_lines(text: str) -> str:
    """A text with its line breaks (as \\n), without other control characters."""
    text = _printable(text.replace("\r\n", "\n").replace("\r", "\n"))
    return re.sub(r"[^\S\n]+\n", "\n", text).strip()


def _printable(text: str) -> str:
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs", "Co", "Cn"})


def _narrow(text: str) -> str:
    """Full-width letters and digits as half-width, no spaces at all."""
    together = re.sub(r"\s", "", unicodedata.normalize("NFKC", _printable(text)))
    return unicodedata.normalize("NFKC", together)  # a mark may now stand beside its letter


def _code(text: str) -> str:
    return "".join(letter.upper() if letter.isascii() else letter for letter in _narrow(text))


def _phone(text: str) -> str:
    text = re.sub(r"[()\-–—]", "", _narrow(text))
    return text.removeprefix("+86") if text.startswith("+86") else text


def _integer(text: str) -> Any:
    narrow = _narrow(text).replace(",", "")
    return int(narrow) if re.fullmatch(r"-?[0-9]{1,16}", narrow) else one_line(text)


def _decimal(text: str) -> str:
    narrow = _narrow(text).replace(",", "")
    return narrow if _DECIMAL.fullmatch(narrow) else one_line(text)


def _money(text: str) -> Any:
    """Yuan as typed, cents as stored."""
    narrow = _narrow(text).replace(",", "").removeprefix("¥").removeprefix("￥").removesuffix("元")
    try:
        cents = Decimal(narrow) * 100
    except InvalidOperation:
        return one_line(text)
    if not re.fullmatch(r"-?[0-9]{1,13}(\.[0-9]{1,2})?", narrow):
        return one_line(text)
    return int(cents)


def _date(text: str) -> str:
    narrow = _narrow(text)
    found = _DATE.fullmatch(narrow) or _COMPACT_DATE.fullmatch(narrow)
    if not found:
        return one_line(text)
    year, month, day = (int(part) for part in found.groups())
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return one_line(text)


def _yes_no(text: str) -> Any:
    return {"true": True, "false": False}.get(text.strip(), one_line(text))


def _show_date(value: Any) -> str:
    try:
        day = dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        return str(value)
    return _("%(y)s年%(m)s月%(d)s日") % {"y": day.year, "m": day.month, "d": day.day}


def _show_money(value: Any) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return str(value)
    sign, cents = ("-" if value < 0 else ""), abs(value)
    return f"{sign}¥{cents // 100:,}.{cents % 100:02d}"


def _show_number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _show_yes_no(value: Any) -> str:
    return _("是") if value is True else _("否") if value is False else str(value)


def typed(widget: str, value: Any) -> str:
    """A stored value as a person would type it, for an input."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if widget == "money" and isinstance(value, int):
        sign, cents = ("-" if value < 0 else ""), abs(value)
        return f"{sign}{cents // 100}" + (f".{cents % 100:02d}" if cents % 100 else "")
    return str(value)


def masked(widget: str, value: Any) -> str:
    """A value as it is shown when it must not be read in full."""
    return mask(WIDGETS[widget].mask, str(value))


_STRING: dict[str, Any] = {"type": "string"}
WIDGETS = {
    widget.name: widget
    for widget in (
        Widget("text", (_STRING,), one_line),
        Widget("textarea", (_STRING,), many_lines),
        Widget("address", (_STRING,), one_line, attributes=(("autocomplete", "street-address"),)),
        Widget(
            "number", ({"type": "integer"}, {"type": "string", "format": "decimal"}), _integer, _show_number,
            attributes=(("inputmode", "decimal"), ("autocomplete", "off")), size="short",
        ),
        Widget(
            "money", ({"type": "integer"},), _money, _show_money,
            attributes=(("inputmode", "decimal"), ("autocomplete", "off")), size="short",
        ),
        Widget("date", ({"type": "string", "format": "date"},), _date, _show_date, input_type="date", size="short"),
        Widget("choice", (_STRING,), one_line, ask="choose"),
        Widget("select", (_STRING,), one_line, ask="choose", size="medium"),
        Widget("choices", ({"type": "array"},), one_line, ask="choose"),
        Widget("yes-no", ({"type": "boolean"},), _yes_no, _show_yes_no, ask="choose"),
        Widget(
            "identity", ({"type": "string", "format": "cn-identity"},), _code, mask="identity",
            attributes=(("autocomplete", "off"), ("autocapitalize", "characters"), ("spellcheck", "false")), size="medium",
        ),
        Widget(
            "uscc", ({"type": "string", "format": "cn-uscc"},), _code,
            attributes=(("autocomplete", "off"), ("autocapitalize", "characters"), ("spellcheck", "false")), size="medium",
        ),
        Widget(
            "phone", ({"type": "string", "format": "cn-mobile"}, {"type": "string", "format": "cn-phone"}), _phone, mask="phone",
            input_type="tel", attributes=(("inputmode", "tel"), ("autocomplete", "tel")), size="medium",
        ),
        Widget("region", ({"type": "string", "format": "cn-region"},), one_line, places.in_words, ask="choose"),
        Widget("file", ({"type": "string", "format": "uuid"}, {"type": "array"}), one_line, ask="upload"),
        Widget("repeat", ({"type": "array"},), one_line),
    )
}  # fmt: skip
CHOOSING = frozenset({"choice", "select", "choices"})
IN_ROWS = frozenset(WIDGETS) - {"repeat", "region"}


def cleaner(widget: str, schema: dict[str, Any]) -> Callable[[str], Any]:
    """How a typed text becomes a value of a property with this schema."""
    if widget == "number" and schema.get("type") == "string":
        return _decimal
    return WIDGETS[widget].clean
