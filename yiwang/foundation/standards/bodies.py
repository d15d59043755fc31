"""What an entry may say, and every mistake in it. Private to this room.

::

    {"code": "person.sex", "name": "性别", "definition": "…", "type": "code", "length": 1, "codes": "gbt2261.1", "level": 2,
     "standard": "GB/T 2261.1-2003"}                                                                          # an element
    {"code": "gbt2261.1", "name": "人的性别代码", "standard": "GB/T 2261.1-2003", "values": [{"code": "1", "name": "男性"}, …]}
    {"code": "gbt2261.1-2003", "name": "个人基本信息分类与代码 第1部分", "number": "GB/T 2261.1-2003", "status": "in-force", "governs": "…"}
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Problem

from .models import Entry

CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
LARGEST = 512 * 1024  # bytes of one body
MOST_VALUES = 5_000
LONGEST_TEXT = 100_000  # characters of one value: GB/T 39046 has texts without a bound
LEVELS = (1, 2, 3, 4)  # GB/T 43697
MASKS = ("identity", "name", "phone", "address", "middle")  # ways of hiding that crypto.queries.mask knows
# The types that a value may have wherever it is kept: those of the catalogue's fields (docs/adr/0060).
TYPES: dict[str, Any] = {
    "text": gettext_lazy("文字"), "integer": gettext_lazy("整数"), "decimal": gettext_lazy("小数"), "money": gettext_lazy("金额（分）"),
    "date": gettext_lazy("日期"), "time": gettext_lazy("日期时间"), "boolean": gettext_lazy("是否"), "code": gettext_lazy("代码"),
    "region": gettext_lazy("行政区划"), "phone": gettext_lazy("手机号码"), "identity_number": gettext_lazy("公民身份号码"),
    "uscc": gettext_lazy("统一社会信用代码"), "geometry": gettext_lazy("空间图形"), "binary": gettext_lazy("二进制"),
}  # fmt: skip
STATUSES: dict[str, Any] = {
    "coming": gettext_lazy("即将实施"), "in-force": gettext_lazy("现行"), "abolished": gettext_lazy("废止"),
}  # fmt: skip
REGIONS = "regions"  # a code set whose values are the divisions that the node knows


def problems(kind: str, body: Any) -> list[Problem]:
    """Every mistake in a body of ``kind`` by itself; an empty list when it holds."""
    if not isinstance(body, dict):
        return [Problem("", "type", _("内容应为一个对象。"))]
    try:
        written = canonical_bytes(body)
    except (TypeError, ValueError, RecursionError):
        return [Problem("", "type", _("里面有不能保存的内容：小数类型的数值、残缺的字符，或者嵌套太深。"))]
    if len(written) > LARGEST or b"\\u0000" in written:
        return [Problem("", "too-large", _("内容太大，或者里面有空字符。最多 %(n)d KB。") % {"n": LARGEST // 1024})]
    return [*_common(kind, body), *_CHECKS[kind](body)]


_KNOWN = {
    Entry.Kind.ELEMENT: {
        "code", "name", "definition", "type", "length", "decimals", "codes", "level", "mask", "unit", "synonyms", "standard", "note",
    },
    Entry.Kind.CODE_SET: {"code", "name", "standard", "note", "source", "values"},
    Entry.Kind.NORM: {"code", "name", "standard", "number", "status", "governs", "in_force_on", "ended_on", "note"},
}  # fmt: skip
_LONGEST = {
    "name": 200, "definition": 1000, "standard": 120, "note": 1000, "unit": 20, "number": 60, "governs": 2000, "mask": 20,
    "codes": 60, "source": 20, "status": 20, "type": 20, "in_force_on": 10, "ended_on": 10,
}  # fmt: skip


def _common(kind: str, body: Mapping[str, Any]) -> Iterator[Problem]:
    code = body.get("code")
    if not isinstance(code, str) or not CODE.fullmatch(code):
        yield Problem("code", "format", _("代码只能用小写英文字母、数字、点、下划线和连字符，最长 60 个字符。"))
    name = body.get("name")
    if not isinstance(name, str) or not name.strip():
        yield Problem("name", "required", _("请写名称。"))
    for field in sorted(body.keys() - _KNOWN[Entry.Kind(kind)]):
        yield Problem(str(field)[:60], "unknown", _("没有“%(field)s”这一项。") % {"field": str(field)[:60]})
    for field, longest in _LONGEST.items():
        value = body.get(field, "")
        if not isinstance(value, str):
            yield Problem(field, "type", _("“%(field)s”应为文字。") % {"field": field})
        elif len(value) > longest:
            yield Problem(field, "max-length", _("最多写 %(n)d 个字。") % {"n": longest})


def _element(body: Mapping[str, Any]) -> Iterator[Problem]:
    kind = body.get("type")
    if kind not in TYPES:
        yield Problem("type", "choice", _("请选择数据类型。"))
    length = body.get("length", 0)
    if type(length) is not int or not 0 <= length <= LONGEST_TEXT:
        yield Problem("length", "range", _("长度应为 0 至 %(n)d 的整数，0 表示不限。") % {"n": LONGEST_TEXT})
    decimals = body.get("decimals", 0)
    if type(decimals) is not int or not 0 <= decimals <= 12:
        yield Problem("decimals", "range", _("小数位数应为 0 至 12 的整数。"))
    if body.get("level", 1) not in LEVELS or type(body.get("level", 1)) is not int:
        yield Problem("level", "choice", _("数据级别应为 1 至 4（GB/T 43697）。"))
    if body.get("mask") and body["mask"] not in MASKS:
        yield Problem("mask", "choice", _("没有“%(mask)s”这种遮盖方式。") % {"mask": str(body["mask"])[:20]})
    if body.get("codes") and kind not in ("code", "region", "text"):
        yield Problem("codes", "type", _("只有代码、行政区划和文字类型的数据元可以用代码集。"))
    synonyms = body.get("synonyms", [])
    if not isinstance(synonyms, list) or any(not isinstance(one, str) or len(one) > 60 for one in synonyms):
        yield Problem("synonyms", "type", _("别名应为一组不超过 60 字的文字。"))


def _code_set(body: Mapping[str, Any]) -> Iterator[Problem]:
    source, values = body.get("source", ""), body.get("values", [])
    if source:
        if source != REGIONS:
            yield Problem("source", "choice", _("代码的来源只能是“regions”（本系统的行政区划）。"))
        if values:
            yield Problem("values", "given", _("代码取自行政区划时不用再列代码。"))
        return
    if not isinstance(values, list) or not 1 <= len(values) <= MOST_VALUES:
        yield Problem("values", "count", _("请列出代码，1 至 %(n)d 个。") % {"n": MOST_VALUES})
        return
    seen: set[str] = set()
    for number, value in enumerate(values):
        place = f"values.{number}"
        if not isinstance(value, dict) or not _texts(value):
            yield Problem(
                place, "type", _("第 %(n)d 个代码应有代码（code）和名称（name），都是文字。") % {"n": number + 1}
            )
            continue
        if value["code"] in seen:
            yield Problem(f"{place}.code", "unique", _("代码“%(code)s”写了两次。") % {"code": value["code"]})
        seen.add(value["code"])
        if value.get("until") and not _is_day(value["until"]):
            yield Problem(f"{place}.until", "format", _("停用日期应写成 2026-11-21 这样。"))
    for number, value in enumerate(values):
        if isinstance(value, dict) and value.get("parent") and value["parent"] not in seen:
            yield Problem(
                f"values.{number}.parent",
                "missing",
                _("没有上级代码“%(code)s”。") % {"code": str(value["parent"])[:60]},
            )


def _texts(value: Mapping[str, Any]) -> bool:
    longest = {"code": 60, "name": 200, "parent": 60, "note": 300, "until": 10}
    return bool(
        value.get("code") and value.get("name") and not value.keys() - longest.keys()
        and all(isinstance(text, str) and len(text) <= longest[name] for name, text in value.items())
    )  # fmt: skip


def _is_day(text: Any) -> bool:
    try:
        dt.date.fromisoformat(text)
    except (TypeError, ValueError):
        return False
    return True


def _norm(body: Mapping[str, Any]) -> Iterator[Problem]:
    if not body.get("number"):
        yield Problem("number", "required", _("请写标准号或文号。"))
    if body.get("status") not in STATUSES:
        yield Problem("status", "choice", _("请选择状态：即将实施、现行或废止。"))
    for field in ("in_force_on", "ended_on"):
        if body.get(field) and not _is_day(body[field]):
            yield Problem(field, "format", _("日期应写成 2026-11-21 这样。"))


_CHECKS: dict[str, Callable[[Mapping[str, Any]], Iterator[Problem]]] = {
    Entry.Kind.ELEMENT: _element, Entry.Kind.CODE_SET: _code_set, Entry.Kind.NORM: _norm,
}  # fmt: skip


def against_former(kind: str, body: Mapping[str, Any], former: Mapping[str, Any]) -> list[Problem]:
    """What a new version of a code set takes back: a value that was published stays, and one that has ended keeps its meaning."""
    if kind != Entry.Kind.CODE_SET:
        return []
    found = []
    now = {value["code"]: value for value in body.get("values", [])}
    for value in former.get("values", []):
        same = now.get(value["code"])
        if same is None:
            message = _("代码“%(code)s %(name)s”发布过，不能删掉；不再用时请填停用日期。")
        elif value.get("until") and (not same.get("until") or same["name"] != value["name"]):
            message = _("代码“%(code)s %(name)s”已经停用，不能重新启用或换成别的意思。")
        else:
            continue
        found.append(Problem("values", "published", message % {"code": value["code"], "name": value["name"]}))
    return found
