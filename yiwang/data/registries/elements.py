"""Elements of a register: how a value of each type is read from a source, and how it is shown to people."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from yiwang.foundation.crypto.queries import mask
from yiwang.foundation.orgs.queries import identity_number_error, uscc_error

LONGEST = 500


class Wrong(ValueError):
    """A value that is not of its type; the message says why, for the one who must mend the source."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element: ``level`` is its GB/T 43697 level (1 … 4), ``mask`` how it is hidden when no purpose was stated."""

    name: str
    label: str
    type: str
    level: int
    mask: str = ""
    required: bool = False
    longest: int = LONGEST
    codes: dict[str, str] = field(default_factory=dict)

    def read(self, raw: Any) -> Any:
        """The JSON value of ``raw``, or None when it is empty. Raises :class:`Wrong`."""
        if isinstance(raw, str):
            raw = raw.strip()
        if raw is None or raw == "":
            return None
        value = _READERS[self.type](raw)
        if self.type == "text" and len(value) > self.longest:
            raise Wrong(_("最长 %(n)s 个字，现在是 %(m)s 个") % {"n": self.longest, "m": len(value)})
        if self.codes and value not in self.codes:
            raise Wrong(
                _("应为以下代码之一：%(codes)s") % {"codes": "、".join(f"{c}（{w}）" for c, w in self.codes.items())}
            )
        return value

    def words(self, value: Any) -> str:
        """``value`` in words, whole."""
        if value is None:
            return ""
        if self.codes:
            return self.codes.get(value, str(value))
        if self.type == "boolean":
            return _("是") if value else _("否")
        if self.type == "money":
            return f"¥{value / 100:,.2f}"
        if self.type == "geometry":
            longitude, latitude = json.loads(value)["coordinates"]
            return _("东经 %(x).5f° 北纬 %(y).5f°") % {"x": longitude, "y": latitude}
        if self.type == "date":
            day = dt.date.fromisoformat(value)
            return f"{day.year}年{day.month}月{day.day}日"
        return str(value)

    def shown(self, value: Any) -> str:
        """``value`` in words, with its telling part hidden."""
        words = self.words(value)
        return mask(self.mask, words) if self.mask else words


def _text(raw: Any) -> str:
    if not isinstance(raw, str):
        raise Wrong(_("应为文字"))
    return raw


def _integer(raw: Any) -> int:
    if isinstance(raw, bool):
        raise Wrong(_("应为整数"))
    try:
        value = int(raw) if isinstance(raw, str) else raw
    except ValueError:
        raise Wrong(_("应为整数")) from None
    if not isinstance(value, int):
        raise Wrong(_("应为整数"))
    return value


def _money(raw: Any) -> int:
    value = _integer(raw)
    if value < 0:
        raise Wrong(_("金额以分为单位，不能为负数"))
    return value


def _date(raw: Any) -> str:
    try:
        return (raw if isinstance(raw, dt.date) else dt.date.fromisoformat(raw)).isoformat()
    except (ValueError, TypeError):
        raise Wrong(_("应为存在的日期，写成 2026-11-21 的样子")) from None


def _boolean(raw: Any) -> bool:
    known = {"true": True, "1": True, "是": True, "false": False, "0": False, "否": False}
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in known:
        return known[raw.lower()]
    raise Wrong(_("应为“是”或“否”"))


def _region(raw: Any) -> str:
    text = str(raw)
    if not (text.isascii() and text.isdigit() and len(text) in (6, 9, 12, 15)):
        raise Wrong(_("区划代码应为 6、9、12 或 15 位数字"))
    return text


def _phone(raw: Any) -> str:
    text = str(raw)
    if not (text.isascii() and text.isdigit() and len(text) == 11 and text[0] == "1"):
        raise Wrong(_("手机号码应为以 1 开头的 11 位数字"))
    return text


def _identity_number(raw: Any) -> str:
    text = str(raw).upper()
    if error := identity_number_error(text):
        raise Wrong(error)
    return text


def _uscc(raw: Any) -> str:
    text = str(raw).upper()
    if error := uscc_error(text):
        raise Wrong(error)
    return text


def _decimal(raw: Any) -> str:
    """A number in its shortest form: what was sent as 12.50 and as "12.5" is the same."""
    try:
        value = Decimal(str(raw)) if not isinstance(raw, bool) else None
    except InvalidOperation:
        value = None
    if value is None or not value.is_finite():
        raise Wrong(_("应为数字"))
    return f"{value.normalize():f}" if value else "0"


def _geometry(raw: Any) -> str:
    """A point as GeoJSON text (RFC 7946, CGCS2000), from GeoJSON or "longitude,latitude"; five decimals are a metre."""
    try:
        point = json.loads(raw) if isinstance(raw, str) and raw.startswith("{") else raw
        if isinstance(point, dict):
            if point.get("type") != "Point":
                raise Wrong(_("应为 GeoJSON 的点（Point）"))
            longitude, latitude = (float(part) for part in point["coordinates"])
        else:
            longitude, latitude = (float(part) for part in str(point).split(","))
    except (ValueError, TypeError, KeyError) as error:
        if isinstance(error, Wrong):
            raise
        raise Wrong(_("应为坐标，写成 104.07410,26.99588 的样子")) from None
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise Wrong(_("经度应在 -180 到 180 之间，纬度在 -90 到 90 之间"))
    return f'{{"type":"Point","coordinates":[{longitude:.5f},{latitude:.5f}]}}'


_READERS: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "integer": _integer,
    "money": _money,
    "date": _date,
    "boolean": _boolean,
    "code": lambda raw: str(raw),
    "region": _region,
    "phone": _phone,
    "identity_number": _identity_number,
    "uscc": _uscc,
    "decimal": _decimal,
    "geometry": _geometry,
}
