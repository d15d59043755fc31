"""Forms for tests: a whole one with every widget, to be filled in or spoilt."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.factories.people import identity_number, social_credit_code
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.forms.actions import publish
from yiwang.foundation.forms.queries import CompiledForm
from yiwang.foundation.forms.queries import form as published
from yiwang.foundation.forms.slots import Prefilled, prefill_sources

IDENTITY = identity_number(1)
USCC = social_credit_code(1)

_OPTIONS = [{"const": "owned", "title": "自有"}, {"const": "rented", "title": "租赁", "description": "需要租赁合同"}]
_SALES = [{"const": "hot", "title": "热食"}, {"const": "cold", "title": "冷食"}, {"const": "drinks", "title": "饮品"}]
_BODY: dict[str, Any] = {
    "title": "食品经营许可申请",
    "schema": {
        "type": "object",
        "required": ["name", "identity", "phone", "firm", "uscc", "premises", "lease_until", "area", "sales", "has_alcohol",
                     "alcohol_until", "staff", "opening", "agreed"],
        "properties": {
            "name": {"type": "string", "maxLength": 60},
            "identity": {"type": "string", "format": "cn-identity"},
            "phone": {"type": "string", "format": "cn-mobile"},
            "firm": {"type": "string", "maxLength": 120},
            "uscc": {"type": "string", "format": "cn-uscc"},
            "address": {"type": "string", "minLength": 5},
            "premises": {"type": "string", "oneOf": _OPTIONS},
            "lease_until": {"type": "string", "format": "date"},
            "area": {"type": "integer", "minimum": 5, "maximum": 100000},
            "height": {"type": "string", "format": "decimal"},
            "capital": {"type": "integer"},
            "sales": {"type": "array", "minItems": 1, "items": {"type": "string", "oneOf": _SALES}},
            "main": {"type": "string", "enum": ["热食", "冷食"]},
            "has_alcohol": {"type": "boolean"},
            "alcohol_until": {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$"},
            "staff": {
                "type": "array", "minItems": 1, "maxItems": 5,
                "items": {"type": "object", "required": ["name", "identity"], "properties": {
                    "name": {"type": "string"}, "identity": {"type": "string", "format": "cn-identity"},
                    "since": {"type": "string", "format": "date"},
                }},
            },
            "opening": {"type": "string", "format": "date"},
            "plan": {"type": "string", "format": "uuid"},
            "note": {"type": "string"},
            "agreed": {"type": "boolean", "const": True},
        },
    },
    "layout": {
        "parts": [
            {"code": "applicant", "title": "申请人", "help": "已经替您填好的，核对一下就行。", "fields": [
                {"name": "name", "label": "姓名", "widget": "text", "prefill": "person.name", "readonly": True},
                {"name": "identity", "label": "身份证号码", "widget": "identity", "prefill": "person.identity", "readonly": True},
                {"name": "phone", "label": "联系电话", "widget": "phone", "prefill": "person.phone", "help": "办理进度会发到这里。"},
            ]},
            {"code": "firm", "title": "经营者", "fields": [
                {"name": "firm", "label": "企业名称", "widget": "text", "prefill": "firm.name"},
                {"name": "uscc", "label": "统一社会信用代码", "widget": "uscc", "prefill": "firm.code"},
                {"name": "address", "label": "经营地址", "widget": "address"},
            ]},
            {"code": "place", "title": "场所", "fields": [
                {"name": "premises", "label": "场所来源", "widget": "choice"},
                {"name": "lease_until", "label": "租期到哪天", "widget": "date", "when": {"premises": ["rented"]}},
                {"name": "area", "label": "经营面积", "widget": "number", "unit": "平方米"},
                {"name": "height", "label": "层高", "widget": "number", "unit": "米"},
                {"name": "capital", "label": "投入资金", "widget": "money"},
            ]},
            {"code": "trade", "title": "经营内容", "fields": [
                {"name": "sales", "label": "卖什么", "widget": "choices"},
                {"name": "main", "label": "主要卖什么", "widget": "select"},
                {"name": "has_alcohol", "label": "卖酒吗", "widget": "yes-no"},
                {"name": "alcohol_until", "label": "酒卖到几点", "widget": "text", "when": {"has_alcohol": [True]}},
                {"name": "staff", "label": "从业人员", "widget": "repeat", "help": "一人一行。", "columns": [
                    {"name": "name", "label": "姓名", "widget": "text"},
                    {"name": "identity", "label": "身份证号码", "widget": "identity"},
                    {"name": "since", "label": "入职日期", "widget": "date"},
                ]},
            ]},
            {"code": "kitchen", "title": "厨房", "when": {"situation.kitchen": ["open"]}, "fields": [
                {"name": "plan", "label": "布局图", "widget": "file"},
            ]},
            {"code": "end", "title": "承诺", "fields": [
                {"name": "opening", "label": "计划开业日期", "widget": "date"},
                {"name": "note", "label": "还想说的", "widget": "textarea"},
                {"name": "agreed", "label": "以上属实", "widget": "yes-no"},
            ]},
        ]
    },
    "messages": {"alcohol_until": {"pattern": "“酒卖到几点”请写成 22:30 的样子。"}, "area": {"minimum": "面积小于 5 平方米的不用申请。"}},
}  # fmt: skip

OPEN_KITCHEN = {"situation": {"kitchen": "open"}}


class Register:
    """A register that knows a few values about everybody."""

    def __init__(self, **values: Any) -> None:
        self.known = {name: Prefilled(value, "人口基础库", dt.date(2026, 11, 20)) for name, value in values.items()}

    def values(self, actor: Actor) -> dict[str, Prefilled]:
        return self.known


@contextmanager
def registers() -> Iterator[None]:
    """Registers that know 林晓梅 and her firm."""
    person = Register(name="林晓梅", identity=IDENTITY, phone="13800000001")
    firm = Register(name="云州市晓梅餐饮有限公司", code=USCC)
    with prefill_sources.plugged("person", person), prefill_sources.plugged("firm", firm):
        yield


def form_body() -> dict[str, Any]:
    """A copy of the body, to be spoilt by tests."""
    return copy.deepcopy(_BODY)


def answers() -> dict[str, Any]:
    """Answers that hold."""
    return {
        "name": "林晓梅", "identity": IDENTITY, "phone": "13800000001", "firm": "云州市晓梅餐饮有限公司", "uscc": USCC,
        "address": "云州市东城区幸福路 8 号", "premises": "rented", "lease_until": "2028-05-31", "area": 80, "height": "2.85",
        "capital": 12345050, "sales": ["hot", "drinks"], "main": "热食", "has_alcohol": True, "alcohol_until": "22:30",
        "staff": [{"name": "王五", "identity": identity_number(2), "since": "2026-10-01"}], "opening": "2027-01-02",
        "note": "盼早日开张", "agreed": True,
    }  # fmt: skip


def published_form(body: dict[str, Any] | None = None, code: str = "food-permit") -> CompiledForm:
    """The form, published and compiled."""
    with registers():
        row = publish(system("command"), code, body or form_body())
    return published(code, row.version)
