"""What is doubtful about a row of a list of items, and whether it is listed all the same.

A row is **refused** only when nothing could be shown or addressed: no name, no code, no department, a code that cannot stand in an
address, a code that another row of the file already has with other contents, or a row that cannot be read. Everything else is
**listed with its doubts**: a citizen must find the item even while its department's code fails the check of GB 32100. The doubts stay
with the item and staff see them until a version of theirs replaces it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from yiwang.foundation.orgs.queries import divisions, uscc_error

from .codes import Parts, parse
from .sheet import Row
from .standard import ITEM_TYPES

_ADDRESSABLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,59}")
_OLD_ORGANISATION_CODE = re.compile(r"([0-9A-Z]{8})-?([0-9X])")
_NO_GROUP = {"", "未分类", "无", "-"}
_ABOVE_COUNTY = re.compile(r"\d{6}0{6}|\d{6}")


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason to look again. ``code`` is stable, for counting; ``message`` says what and, where it helps, what to do."""

    code: str
    message: str

    def as_dict(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class Examined:
    """A row as it was understood. ``refused`` says why it is not listed; "" when it is."""

    row: Row
    refused: str = ""
    doubts: tuple[Doubt, ...] = ()
    type: str = ""
    region: str = ""  # six digits; "" when the area is not known
    group: str = ""
    uscc: str = ""  # of the department, where a valid one can be taken from the row
    parts: Parts = field(default_factory=lambda: Parts(""))

    @property
    def code(self) -> str:
        return self.row.values.get("item_code", "")

    @property
    def name(self) -> str:
        return self.row.values.get("name", "")

    @property
    def department(self) -> str:
        return self.row.values.get("department", "")


@dataclass(slots=True)
class Examiner:
    """Examines the rows of one file in order; remembers what it must compare."""

    own_regions: frozenset[str] = frozenset()  # divisions of this node beyond GB/T 2260
    usual: Mapping[str, str] = field(default_factory=dict)  # department -> the code that most of its rows have
    _codes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _names: dict[tuple[str, str], str] = field(default_factory=dict)

    def examine(self, row: Row) -> Examined | None:
        """What is to be done with a row; None when the same row stood there before."""
        values = row.values
        refused = row.fault or self._refusal(values)
        if refused:
            return Examined(row, refused)
        code = values["item_code"]
        if code in self._codes:
            if self._codes[code] == values:
                return None
            return Examined(row, _("编码“%(code)s”在表里出现过，内容不同。保留先出现的一行，请核对。") % {"code": code})
        self._codes[code] = values
        parts = parse(code)
        doubts: list[Doubt] = []
        type_code = self._type(values, doubts)
        uscc = self._agency(values, parts, doubts)
        region = self._area(values, parts, doubts)
        self._form(parts, doubts)
        self._same_name(values, doubts)
        group = values.get("group", "")
        return Examined(
            row, "", tuple(doubts), type_code, region, "" if group in _NO_GROUP else group[:200], uscc, parts
        )

    @staticmethod
    def _refusal(values: Mapping[str, str]) -> str:
        if not values.get("item_code"):
            return _("没有事项编码，无法列出。")
        if not _ADDRESSABLE.fullmatch(values["item_code"]):
            return _("事项编码“%(code)s”含有不能用的字符，或长度不在 3 至 60 位之间。") % {
                "code": values["item_code"][:80]
            }
        if len(values.get("name", "")) < 2:
            return _("没有事项名称，无法列出。")
        if len(values["name"]) > 200:
            return _("事项名称超过 200 个字(GB/T 39046)，请缩短。")
        if not values.get("department"):
            return _("没有部门名称，不知道由谁办理。")
        if len(values["department"]) > 100:
            return _("部门名称超过 100 个字(GB/T 39046)，请缩短。")
        return ""

    @staticmethod
    def _type(values: Mapping[str, str], doubts: list[Doubt]) -> str:
        given = values.get("task_type", "")
        padded = given.zfill(2) if given.isascii() and given.isdigit() else ""
        if padded in ITEM_TYPES:
            return padded
        named = next((code for code, name in ITEM_TYPES.items() if str(name) == given), "")
        if named:
            return named
        if given:
            doubts.append(
                Doubt(
                    "type-unknown",
                    _("事项类型“%(type)s”不在 GB/T 39046 表 A.1 中，暂列为其他类别。") % {"type": given[:40]},
                )
            )
        else:
            doubts.append(Doubt("type-missing", _("没有事项类型，暂列为其他类别。")))
        return "10"

    def _agency(self, values: Mapping[str, str], parts: Parts, doubts: list[Doubt]) -> str:
        """Doubts about both codes of the agency; the valid unified social credit code of the department, if the row has one."""
        given, inside = values.get("department_code", ""), parts.agency
        inside_error = _short(uscc_error(inside)) if inside else ""
        if inside_error:
            doubts.append(
                Doubt(
                    "code-agency",
                    _("事项编码里的实施主体代码“%(code)s”有误：%(why)s") % {"code": inside, "why": inside_error},
                )
            )
        if not given:
            doubts.append(Doubt("department-code-missing", _("没有部门代码。")))
            return ""
        usual = self.usual.get(values["department"], given)
        if usual != given:
            message = _("同一部门的其他行多用代码“%(other)s”，这一行是“%(code)s”。")
            doubts.append(Doubt("department-code-varies", message % {"other": usual, "code": given}))
        error = _short(uscc_error(given))
        if not error:
            if inside and inside != given:
                doubts.append(_mismatch(given, inside))
            return given
        old = _OLD_ORGANISATION_CODE.fullmatch(given)
        if old:
            error = _("是 9 位的旧组织机构代码，应换成 18 位统一社会信用代码。")
        doubts.append(
            Doubt("department-code", _("部门代码“%(code)s”不符合 GB 32100：%(why)s") % {"code": given, "why": error})
        )
        if old and inside[8:17] == "".join(
            old.groups()
        ):  # the old code is the ninth to the seventeenth character of the new one
            return "" if inside_error else inside
        if inside and inside != given:
            doubts.append(_mismatch(given, inside))
        return ""

    def _area(self, values: Mapping[str, str], parts: Parts, doubts: list[Doubt]) -> str:
        given = values.get("area_code", "") or parts.division
        if parts.division and values.get("area_code") and parts.division != values["area_code"]:
            doubts.append(
                Doubt(
                    "area-mismatch",
                    _("区划代码“%(area)s”和事项编码里的“%(inside)s”不一致。")
                    % {"area": values["area_code"], "inside": parts.division},
                )
            )
        if not given:
            doubts.append(Doubt("area-missing", _("没有区划代码，暂列在本地名下。")))
            return ""
        six = given[:6]
        if not _ABOVE_COUNTY.fullmatch(given) or (six not in divisions() and six not in self.own_regions):
            doubts.append(
                Doubt(
                    "area-unknown",
                    _("区划代码“%(area)s”不是 GB/T 2260 中的省、市、县，暂列在本地名下。") % {"area": given[:20]},
                )
            )
            return ""
        return six

    @staticmethod
    def _form(parts: Parts, doubts: list[Doubt]) -> None:
        if not parts.form:
            doubts.append(Doubt("code-form", _("事项编码不是已知的任何一种格式(24、31、33 位或各地的组合格式)。")))
        elif not parts.whole:
            doubts.append(Doubt("code-incomplete", _("事项编码不完整，缺少区划、业务办理项等部分。")))

    def _same_name(self, values: Mapping[str, str], doubts: list[Doubt]) -> None:
        first = self._names.setdefault((values["department"], values["name"]), values["item_code"])
        if first != values["item_code"]:
            doubts.append(
                Doubt("same-name", _("同一部门有同名的事项，编码“%(code)s”，请确认是不是同一项。") % {"code": first})
            )


def _short(error: str) -> str:
    """The first sentence: the rest tells a citizen to look at the business licence."""
    return error.split("。")[0] + "。" if error else ""


def _mismatch(given: str, inside: str) -> Doubt:
    return Doubt(
        "agency-mismatch",
        _("部门代码“%(given)s”和事项编码里的实施主体代码“%(inside)s”不一致。") % {"given": given, "inside": inside},
    )


def survey(rows: Iterable[Row]) -> tuple[int, dict[str, str]]:
    """How many rows there are, and the code that most rows of each department have (of equals, the one met first)."""
    count = 0
    seen: dict[str, Counter[str]] = {}
    for row in rows:
        count += 1
        if row.values.get("department_code"):
            seen.setdefault(row.values.get("department", ""), Counter())[row.values["department_code"]] += 1
    return count, {department: codes.most_common(1)[0][0] for department, codes in seen.items()}


def origin(values: Mapping[str, str]) -> dict[str, Any]:
    """The row as it was given, kept in the body so that nothing is lost."""
    return {name: value[:400] for name, value in values.items() if value}
