"""The formats that a schema may name beyond those of JSON Schema, each with the sentence that says what is wrong."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from uuid import UUID

from django.utils.translation import gettext as _

from yiwang.foundation.orgs.queries import identity_number_error, uscc_error

from .places import region_error

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[0-9]{9,11}|[2-9][0-9]{6,7}|400[0-9]{7}|1[0-9]{4}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")


def _mobile_error(text: str) -> str:
    if _MOBILE.fullmatch(text):
        return ""
    return _("手机号应为 11 位数字，以 1 开头，例如 13800000000。")


def _phone_error(text: str) -> str:
    if _MOBILE.fullmatch(text) or _LANDLINE.fullmatch(text):
        return ""
    return _("电话应为 11 位手机号，或者区号加座机号，例如 087112345678。")


def _date_error(text: str) -> str:
    try:
        if dt.date.fromisoformat(text).isoformat() == text:
            return ""
    except ValueError:
        pass
    return _("日期不存在或写法不对，请按“2026-11-21”的样子填写。")


def _decimal_error(text: str) -> str:
    return "" if _DECIMAL.fullmatch(text) else _("请只填数字，最多 6 位小数，例如 12.5。")


def _uuid_error(text: str) -> str:
    try:
        return "" if str(UUID(text)) == text.lower() else _("请重新选择文件。")
    except ValueError:
        return _("请重新选择文件。")


# format -> the sentence about a text that does not fit, "" for one that does
FORMATS: dict[str, Callable[[str], str]] = {
    "cn-identity": identity_number_error,
    "cn-uscc": uscc_error,
    "cn-mobile": _mobile_error,
    "cn-phone": _phone_error,
    "cn-region": region_error,
    "date": _date_error,
    "decimal": _decimal_error,
    "uuid": _uuid_error,
}


def checkers() -> dict[str, Callable[[str], bool]]:
    """The formats as the validator wants them."""

    def checker(error: Callable[[str], str]) -> Callable[[str], bool]:
        return lambda text: not error(text)

    return {name: checker(error) for name, error in FORMATS.items()}
