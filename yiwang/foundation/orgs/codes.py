"""Identity numbers (GB 11643-1999) and unified social credit codes (GB 32100-2015).

Each check returns the reason as a sentence for the person who typed it, or an empty string when the code holds.
"""

from __future__ import annotations

import csv
import datetime as dt
import time
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _
from stdnum.cn import uscc as stdnum_uscc
from stdnum.exceptions import ValidationError

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


@cache
def divisions() -> dict[str, str]:
    """The six-digit division codes in force, with their names (GB/T 2260)."""
    with (Path(__file__).parent / "data" / "divisions.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


@cache
def _provinces() -> frozenset[str]:
    return frozenset(code[:2] for code in divisions())


_own: tuple[float, frozenset[str]] | None = None
_OWN_LIFE = 60.0  # seconds; another process may have entered a province


def _own_provinces() -> frozenset[str]:
    """Provinces that this node has loaded and GB/T 2260 does not list: a demo city lies in an invented one."""
    global _own
    known = _own
    if known is None or time.monotonic() - known[0] > _OWN_LIFE:
        from .models import Region

        codes = Region.objects.filter(level="province").values_list("code", flat=True)
        _own = known = (time.monotonic(), frozenset(code[:2] for code in codes))
    return known[1]


def forget_divisions() -> None:
    """Read the node's divisions again at the next check."""
    global _own
    _own = None


def identity_check_digit(first17: str) -> str:
    """The 18th character for 17 digits (ISO 7064 MOD 11-2)."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True)) % 11]


def identity_number_error(text: str, today: dt.date | None = None) -> str:
    """Why ``text`` is not an identity number, or "".

    The county part is only checked by its province: numbers keep the code of a county that was later abolished.
    """
    if len(text) != 18:
        return _("身份证号码应为 18 位，现在是 %(n)s 位。请对照证件重新填写。") % {"n": len(text)}
    if not (
        text[:17].isascii() and text[:17].isdigit() and ((text[17].isascii() and text[17].isdigit()) or text[17] == "X")
    ):
        return _("身份证号码前 17 位应为数字，最后一位为数字或大写字母 X。")
    if text[:2] not in _provinces() and text[:2] not in _own_provinces():
        return _("身份证号码开头的地区代码不存在，请对照证件检查前 6 位。")
    try:
        born = dt.date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return _("身份证号码第 7 至 14 位的出生日期不存在，请对照证件检查。")
    if not dt.date(1880, 1, 1) <= born <= (today or dt.date.today()):
        return _("身份证号码中的出生日期不合理，请对照证件检查第 7 至 14 位。")
    if identity_check_digit(text[:17]) != text[17]:
        return _("身份证号码的校验位不对，可能有一位写错了，请对照证件检查。")
    return ""


def born_on(identity_number: str) -> dt.date:
    """The date of birth in a valid identity number."""
    return dt.date(int(identity_number[6:10]), int(identity_number[10:12]), int(identity_number[12:14]))


def uscc_error(text: str) -> str:
    """Why ``text`` is not a unified social credit code, or ""."""
    if len(text) != 18:
        return _("统一社会信用代码应为 18 位，现在是 %(n)s 位。请对照营业执照填写。") % {"n": len(text)}
    try:
        if stdnum_uscc.validate(text) != text:
            return _("统一社会信用代码应为大写字母和数字，中间没有空格。")
    except ValidationError:
        return _("统一社会信用代码不正确，可能有一位写错了（不含字母 I、O、S、V、Z），请对照营业执照检查。")
    return ""


def uscc_check_character(first17: str) -> str:
    """The 18th character for 17 (GB 32100)."""
    return str(stdnum_uscc.calc_check_digit(first17))
