"""Two types of licence, an agency with a seal, and people who issue and hold."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.factories import agency, citizen, firm_of, official
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.licences import actions
from yiwang.foundation.licences.models import Licence
from yiwang.foundation.orgs.models import Agency
from yiwang.foundation.seals import actions as seals

FOOD: dict[str, Any] = {
    "code": "food-business",
    "name": "食品经营许可证",
    "type_code": "11100000MB0143028R007",
    "kind": "licence",
    "holders": ["organisation"],
    "issuer": "县级以上地方市场监督管理部门",
    "validity": {"years": 5},
    "number": "JY2{region}{serial:6}{check}",
    "number_label": "许可证编号",
    "template": "licence-landscape",
    "tone": "green",
    "fields": [
        {"name": "holder", "label": "经营者名称", "from": "party.name", "public": True},
        {"name": "uscc", "label": "统一社会信用代码", "from": "party.code", "public": True},
        {"name": "legal_representative", "label": "法定代表人", "from": "form.legal_representative", "kind": "name"},
        {"name": "address", "label": "住所", "from": "form.address"},
        {"name": "premises", "label": "经营场所", "from": "form.premises", "public": True},
        {"name": "business", "label": "主体业态", "from": "form.business", "values": {"catering": "餐饮服务经营者（中型餐饮）"}, "public": True},
        {"name": "scope", "label": "经营项目", "from": "form.scope", "values": {"hot": "热食类食品制售", "cold": "冷食类食品制售"}, "public": True},
        {"name": "complaints", "label": "投诉举报电话", "value": "12315"},
    ],
    "notes": ["食品经营者应当在经营场所的显著位置悬挂、摆放纸质食品经营许可证正本或者展示其电子证书。"],
    "basis": "《中华人民共和国食品安全法》第三十五条",
}  # fmt: skip

UNEMPLOYMENT: dict[str, Any] = {
    "code": "unemployment-registration",
    "name": "失业登记凭证",
    "kind": "voucher",
    "holders": ["person"],
    "issuer": "公共就业服务机构",
    "validity": {"open": True},
    "number": "云失登〔{year}〕{serial:6}号",
    "template": "voucher",
    "fields": [
        {"name": "name", "label": "姓名", "from": "party.name", "kind": "name"},
        {"name": "identity", "label": "身份证号码", "from": "party.code", "kind": "identity", "on_paper": "masked"},
        {"name": "phone", "label": "联系电话", "from": "form.phone", "kind": "phone", "on_paper": "masked", "required": False},
        {"name": "since", "label": "失业日期", "from": "form.since", "kind": "date"},
        {"name": "reason", "label": "失业原因", "from": "form.reason", "values": {"contract-ended": "劳动合同期满"}},
    ],
    "notes": ["凭本凭证可以享受免费职业介绍、职业培训等公共就业服务。", "已就业、已满法定退休年龄的，登记自行失效。"],
}  # fmt: skip

FOOD_FACTS: dict[str, Any] = {
    "party": {"name": "云州市晓梅餐饮有限公司", "code": "91990102MA0000001X"},
    "form": {
        "legal_representative": "林晓梅",
        "address": "云州市云岭区东湖街道望湖路 18 号",
        "premises": "云州市云岭区东湖街道望湖路 18 号 1 层 101、102 室",
        "business": "catering",
        "scope": ["hot", "cold"],
    },
}
START = dt.date(2026, 11, 21)


@pytest.fixture
def issuer() -> Actor:
    """The chief of the market authority, whose seal is made and whose types are declared."""
    chief = official("chief", ["licences.*", "seals.*"])
    Agency.objects.filter(code=agency().code).update(uscc="11990100MB00000010")
    seals.make(chief, "scjg")
    declare(FOOD)
    return chief


def declare(body: dict[str, Any]) -> None:
    from yiwang.foundation.access.queries import system

    actions.declare_type(system(), body)


@pytest.fixture
def holder() -> Actor:
    return firm_of(citizen())


@pytest.fixture
def licence(issuer: Actor, holder: Actor) -> Licence:
    return issue(issuer, holder)


def issue(issuer: Actor, holder: Actor, **changes: Any) -> Licence:
    """A food licence for the holder, from the facts of a case."""
    from yiwang.foundation.licences.queries import gather

    assert holder.party_id is not None
    facts = {**FOOD_FACTS, "party": {**FOOD_FACTS["party"], "name": holder.party_name}}
    wanted: dict[str, Any] = {
        "party_id": holder.party_id,
        "agency_code": "scjg",
        "fields": gather("food-business", facts),
        "case_number": "990100202611210001",
        "valid_from": START,
    }
    return actions.issue(issuer, "food-business", **{**wanted, **changes})
