"""What an entry may say, and every fault in it, told at once with its field. Private to this room.

The elements are the core metadata of GB/T 21063.3 and the 《政务信息资源目录编制指南（试行）》, the fields those of
:class:`~yiwang.data.catalogue.resources.Field`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.orgs.queries import Agency
from yiwang.foundation.standards import queries as standards
from yiwang.foundation.standards.slots import Use
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Missing, Problem

from .models import System
from .resources import FieldType, ShareKind

# 类 1 digit, 项 2, 目 3, 细目 any, then the serial number (《编制指南》 §4). The guide's "/" before the serial is written "-" in addresses.
CODE = re.compile(r"[1-3]\d{2}\d{3}\d{0,8}-\d{3,8}")
SYSTEM_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
PLACE = re.compile(r"[a-z][a-z0-9-]{0,19}:[A-Za-z0-9][A-Za-z0-9._/-]{0,170}")
LAW = re.compile(r"《.+?》|[〔\[]\d{4}[〕\]]\d+号")
LARGEST = 512 * 1024
MOST_FIELDS = 500
TYPES = get_args(FieldType)
KINDS = get_args(ShareKind)
PERIODS, FORMATS, MODES = "catalogue.period", "catalogue.format", "catalogue.mode"  # code sets of the standards library
CLASSES = "catalogue.class"

# The elements of the core metadata: name -> what people call it, how long it may be, whether it must be there.
TEXTS: dict[str, tuple[Any, int, bool]] = {
    "code": (gettext_lazy("信息资源代码"), 60, True), "name": (gettext_lazy("信息资源名称"), 200, True),
    "provider": (gettext_lazy("提供方"), 40, True), "abstract": (gettext_lazy("摘要"), 1000, True),
    "format": (gettext_lazy("格式"), 20, True), "format_detail": (gettext_lazy("格式说明"), 100, False),
    "share": (gettext_lazy("共享类型"), 14, True), "share_reason": (gettext_lazy("不予共享的依据"), 500, False),
    "share_conditions": (gettext_lazy("共享条件"), 500, False), "share_mode": (gettext_lazy("共享方式"), 20, False),
    "open": (gettext_lazy("开放类型"), 14, True), "open_conditions": (gettext_lazy("开放条件"), 500, False),
    "update_period": (gettext_lazy("更新周期"), 20, True), "released_on": (gettext_lazy("发布日期"), 10, False),
    "system": (gettext_lazy("来源系统"), 60, False), "place": (gettext_lazy("数据位置"), 200, False),
    "item": (gettext_lazy("关联事项"), 60, False), "contact": (gettext_lazy("联系方式"), 100, False),
}  # fmt: skip
FIELD_TEXTS: dict[str, tuple[Any, int]] = {
    "name": (gettext_lazy("英文名"), 60), "label": (gettext_lazy("信息项"), 120), "type": (gettext_lazy("类型"), 20),
    "element": (gettext_lazy("数据元"), 60), "codes": (gettext_lazy("代码集"), 60), "mask": (gettext_lazy("遮盖方式"), 20),
    "share": (gettext_lazy("共享类型"), 14), "open": (gettext_lazy("开放类型"), 14), "class": (gettext_lazy("数据分类"), 60),
}  # fmt: skip
FIELD_NUMBERS: dict[str, Any] = {"length": gettext_lazy("长度"), "level": gettext_lazy("级别")}
FIELD_FLAGS: dict[str, Any] = {"key": gettext_lazy("主键"), "required": gettext_lazy("必填")}
SHARES: dict[str, Any] = {
    "unconditional": gettext_lazy("无条件共享"), "conditional": gettext_lazy("有条件共享"), "refused": gettext_lazy("不予共享"),
}  # fmt: skip
OPENS: dict[str, Any] = {
    "unconditional": gettext_lazy("无条件开放"), "conditional": gettext_lazy("有条件开放"), "refused": gettext_lazy("不予开放"),
}  # fmt: skip


def problems(body: Any) -> list[Problem]:
    """Every fault of a body, each with its field ("fields.3.length"); an empty list when it may be reviewed."""
    wrong = shape_problems(body)
    if wrong:
        return wrong
    return [*_whole(body), *_duties(body), *_references(body), *_fields(body)]


def shape_problems(body: Any) -> list[Problem]:
    """What keeps a body from being kept at all, as a draft that may still be wrong in every other way."""
    if not isinstance(body, dict):
        return [Problem("", "type", _("内容应为一个对象。"))]
    try:
        written = canonical_bytes(body)
    except (TypeError, ValueError, RecursionError):
        return [Problem("", "type", _("里面有不能保存的内容：小数类型的数值、残缺的字符，或者嵌套太深。"))]
    if len(written) > LARGEST or b"\\u0000" in written:
        return [Problem("", "too-large", _("内容太大，或者里面有空字符。最多 %(n)d KB。") % {"n": LARGEST // 1024})]
    return list(_shape(body))


def _shape(body: Mapping[str, Any]) -> Iterator[Problem]:
    known = {*TEXTS, "fields", "keywords"}
    for name in sorted(set(map(str, body)) - known):
        yield Problem(name[:60], "unknown", _("目录没有“%(name)s”这一项。") % {"name": name[:60]})
    for name, (label, longest, _needed) in TEXTS.items():
        value = body.get(name, "")
        if not isinstance(value, str):
            yield Problem(name, "type", _("“%(label)s”应为文字。") % {"label": label})
        elif len(value) > longest:
            yield Problem(name, "max-length", _("“%(label)s”最多 %(n)d 个字。") % {"label": label, "n": longest})
    keywords = body.get("keywords", [])
    if (
        not isinstance(keywords, list)
        or len(keywords) > 20
        or any(not isinstance(k, str) or len(k) > 40 for k in keywords)
    ):
        yield Problem("keywords", "type", _("关键词最多 20 个，每个最多 40 个字。"))
    code = body.get("code")
    if isinstance(code, str) and not CODE.fullmatch(code):
        yield Problem("code", "format", _("代码应为“类1位 项2位 目3位 细目若干位-顺序号”，例如 306001-000012。"))
    fields = body.get("fields", [])
    if not isinstance(fields, list) or len(fields) > MOST_FIELDS:
        yield Problem("fields", "type", _("信息项应为一张表，最多 %(n)d 行。") % {"n": MOST_FIELDS})
        return
    for number, field in enumerate(fields):
        yield from _field_shape(field, number)


def _field_shape(field: Any, number: int) -> Iterator[Problem]:
    here = f"fields.{number}"
    if not isinstance(field, dict):
        yield Problem(here, "type", _("第 %(n)d 个信息项应为一个对象。") % {"n": number + 1})
        return
    for name in sorted(set(map(str, field)) - {*FIELD_TEXTS, *FIELD_NUMBERS, *FIELD_FLAGS}):
        yield Problem(f"{here}.{name[:60]}", "unknown", _("信息项没有“%(name)s”这一项。") % {"name": name[:60]})
    for name, (label, longest) in FIELD_TEXTS.items():
        value = field.get(name, "")
        if not isinstance(value, str) or len(value) > longest:
            yield Problem(
                f"{here}.{name}", "max-length",
                _("第 %(n)d 个信息项的“%(label)s”应为不超过 %(longest)d 个字的文字。")
                % {"n": number + 1, "label": label, "longest": longest},
            )  # fmt: skip
    for name, label in FIELD_NUMBERS.items():
        value = field.get(name, 0)
        if type(value) is not int or not 0 <= value <= 1_000_000:
            yield Problem(
                f"{here}.{name}",
                "type",
                _("第 %(n)d 个信息项的“%(label)s”应为整数。") % {"n": number + 1, "label": label},
            )
    for name, label in FIELD_FLAGS.items():
        if type(field.get(name, False)) is not bool:
            yield Problem(
                f"{here}.{name}",
                "type",
                _("第 %(n)d 个信息项的“%(label)s”应为是或否。") % {"n": number + 1, "label": label},
            )


def _whole(body: Mapping[str, Any]) -> Iterator[Problem]:
    for name, (label, _longest, needed) in TEXTS.items():
        if needed and not body.get(name, "").strip():
            yield Problem(name, "required", _("请填写“%(label)s”。") % {"label": label})
    for name, words in (("share", SHARES), ("open", OPENS)):
        if body.get(name) and body[name] not in words:
            yield Problem(name, "choice", _("请选择%(label)s。") % {"label": TEXTS[name][0]})
    if body.get("released_on"):
        try:
            dt.date.fromisoformat(body["released_on"])
        except ValueError:
            yield Problem("released_on", "format", _("发布日期应写成 2026-11-21 这样。"))
    if body.get("place") and not PLACE.fullmatch(body["place"]):
        yield Problem("place", "format", _("数据位置应写成“方式:位置”，例如 register:population。"))


def _duties(body: Mapping[str, Any]) -> Iterator[Problem]:
    """What the share and open kinds ask for (国发〔2016〕51号 第九、十条)."""
    share, opened = body.get("share"), body.get("open")
    reason = body.get("share_reason", "").strip()
    if share == "refused" and not reason:
        yield Problem("share_reason", "required", _("不予共享的，请写明法律、行政法规或党中央、国务院政策的依据。"))
    elif share == "refused" and not LAW.search(reason):
        yield Problem(
            "share_reason", "basis", _("不予共享的依据要写出法规名称（用《》）或文号，例如《保密法》第九条。")
        )
    if share == "conditional" and not body.get("share_conditions", "").strip():
        yield Problem("share_conditions", "required", _("有条件共享的，请写明共享条件：给谁用、用来做什么。"))
    if share in ("unconditional", "conditional") and not body.get("share_mode"):
        yield Problem("share_mode", "required", _("请选择共享方式。"))
    if opened == "conditional" and not body.get("open_conditions", "").strip():
        yield Problem("open_conditions", "required", _("有条件开放的，请写明开放条件。"))
    if share == "refused" and opened in ("unconditional", "conditional"):
        yield Problem("open", "share", _("不予共享的数据不能向社会开放。"))


def _references(body: Mapping[str, Any]) -> Iterator[Problem]:
    if body.get("provider") and not Agency.objects.filter(code=body["provider"], until=None).exists():
        yield Problem(
            "provider", "reference", _("没有代码为“%(code)s”的机构，或者它已经撤销。") % {"code": body["provider"]}
        )
    system = body.get("system")
    if system and not System.objects.filter(code=system).exists():
        yield Problem("system", "reference", _("系统清单里没有“%(code)s”，请先登记这个系统。") % {"code": system})
    for name, code_set in (("update_period", PERIODS), ("format", FORMATS), ("share_mode", MODES)):
        if body.get(name) and not _among(code_set, body[name]):
            yield Problem(name, "choice", _("“%(label)s”不在标准库的代码集里。") % {"label": TEXTS[name][0]})


def _among(code_set: str, code: str) -> bool:
    try:
        return code in standards.codes(code_set)
    except Missing:
        return True  # a node without the library of the guide takes what it is given


def _fields(body: Mapping[str, Any]) -> Iterator[Problem]:
    fields: Sequence[Mapping[str, Any]] = body.get("fields", [])
    if not fields:
        yield Problem("fields", "required", _("请至少列出一个信息项。"))
    known = standards.elements({field["element"] for field in fields if field.get("element")})
    sets = {field["codes"] for field in fields if field.get("codes")}
    there = {code for code in sets if _exists(code)}
    seen: set[str] = set()
    for number, field in enumerate(fields):
        here, words = f"fields.{number}", {"n": number + 1, "label": field.get("label") or field.get("name", "")}

        def wrong(part: str, rule: str, why: str, here: str = here, words: Mapping[str, Any] = words) -> Problem:
            return Problem(f"{here}.{part}", rule, _("第 %(n)d 个信息项“%(label)s”：%(why)s") % {**words, "why": why})

        name = field.get("name", "")
        if not NAME.fullmatch(name):
            yield wrong("name", "format", _("英文名只能用小写字母、数字和下划线，以字母开头。"))
        elif name in seen:
            yield wrong("name", "unique", _("英文名“%(name)s”用了两次。") % {"name": name})
        seen.add(name)
        if not field.get("label", "").strip():
            yield wrong("label", "required", _("请写名称。"))
        if field.get("type") not in TYPES:
            yield wrong("type", "choice", _("请选择类型。"))
        if field.get("level") not in (1, 2, 3, 4):
            yield wrong("level", "choice", _("请选择数据级别，1 至 4（GB/T 43697）。"))
        if field.get("share", "conditional") not in SHARES or field.get("open", "refused") not in OPENS:
            yield wrong("share", "choice", _("共享类型或开放类型不对。"))
        if field.get("mask") and field["mask"] not in standards.MASKS:
            yield wrong("mask", "choice", _("没有这种遮盖方式。"))
        if field.get("type") == "code" and not field.get("codes"):
            yield wrong("codes", "required", _("代码类型要写明用哪个代码集。"))
        if field.get("codes") and field["codes"] not in there:
            yield wrong("codes", "reference", _("标准库里没有代码集“%(code)s”。") % {"code": field["codes"]})
        use = Use(
            "", "", name, "", field.get("element", ""), field.get("codes", ""), field.get("type", ""), field.get("length", 0),
            field.get("level", 0),
        )  # fmt: skip
        for why in standards.departs(use, known):
            yield wrong("element", "standard", why)
    if fields and body.get("place") and not any(field.get("key") for field in fields):
        yield Problem("fields", "key", _("有数据位置的资源要标出主键，才能按键查询。"))


def _exists(code: str) -> bool:
    try:
        standards.codes(code)
    except Missing:
        return False
    return True


def label_of(path: str) -> str:
    """What people call a part of a body: "fields.name.level" is 信息项 name 的级别."""
    first, _dot, rest = path.partition(".")
    if first == "fields" and rest:
        name, _dot, part = rest.partition(".")
        words = FIELD_TEXTS.get(part, (FIELD_NUMBERS.get(part) or FIELD_FLAGS.get(part) or part,))[0]
        return (
            _("信息项“%(name)s”的%(part)s") % {"name": name, "part": words}
            if part
            else _("信息项“%(name)s”") % {"name": name}
        )
    if first == "keywords":
        return _("关键词")
    return str(TEXTS[first][0]) if first in TEXTS else first
