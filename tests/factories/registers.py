"""Registers with people and firms in them."""

from __future__ import annotations

import copy
from typing import Any

from yiwang.data.registries.actions import declare, load
from yiwang.data.registries.models import Register
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.accounts.models import Party

from .people import agency, city

_POPULATION: dict[str, Any] = {
    "code": "population",
    "name": "人口基础库",
    "owner": "gaj",
    "subject": "person",
    "key": "identity_number",
    "elements": [
        {"name": "identity_number", "label": "公民身份号码", "type": "identity_number", "level": 3, "mask": "identity", "required": True},
        {"name": "name", "label": "姓名", "type": "text", "level": 2, "mask": "name", "required": True, "longest": 60},
        {"name": "sex", "label": "性别", "type": "code", "codes": {"1": "男性", "2": "女性"}, "level": 2},
        {"name": "birth_date", "label": "出生日期", "type": "date", "level": 2},
        {"name": "residence", "label": "住址", "type": "text", "level": 3, "mask": "address"},
        {"name": "residence_region", "label": "住址区划", "type": "region", "level": 2},
        {"name": "phone", "label": "手机号码", "type": "phone", "level": 3, "mask": "phone"},
        {"name": "health", "label": "健康状况", "type": "text", "level": 4, "mask": "middle"},
    ],
    "prefill": {
        "source": "person",
        "paths": {"name": "name", "identity_number": "identity_number", "sex": "sex", "address": "residence"},
    },
    "facts": {
        "age": {"element": "birth_date", "derive": "age"},
        "working_age": {"element": "birth_date", "derive": "working_age"},
        "resident": {"element": "residence_region", "starts_with": ["9901"], "missing": False},
        "sex": {"element": "sex"},
    },
    "readers": ["window-clerk"],
}  # fmt: skip

_FIRMS: dict[str, Any] = {
    "code": "firms",
    "name": "法人基础库",
    "owner": "scjg",
    "subject": "organisation",
    "key": "uscc",
    "elements": [
        {"name": "uscc", "label": "统一社会信用代码", "type": "uscc", "level": 1, "required": True},
        {"name": "name", "label": "名称", "type": "text", "level": 1, "required": True, "longest": 120},
        {"name": "legal_representative", "label": "法定代表人", "type": "text", "level": 2},
        {"name": "capital", "label": "注册资本", "type": "money", "level": 1},
        {"name": "founded", "label": "成立日期", "type": "date", "level": 1},
        {"name": "active", "label": "是否存续", "type": "boolean", "level": 1},
    ],
    "prefill": {"source": "firm", "paths": {"name": "name", "uscc": "uscc", "capital": "capital"}},
    "facts": {"active": {"element": "active", "in": [True], "missing": False}},
}


def population_body(**changes: Any) -> dict[str, Any]:
    """A declaration of 人口基础库, to be changed at will."""
    return {**copy.deepcopy(_POPULATION), **changes}


def firms_body(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(_FIRMS), **changes}


def population() -> Register:
    """人口基础库, kept by the police."""
    city()
    agency("gaj", "云州市公安局")
    return declare(system(), population_body())


def firms() -> Register:
    """法人基础库, kept by the market authority."""
    city()
    agency()
    return declare(system(), firms_body())


def person_row(identity_number: str, name: str = "林晓梅", **more: Any) -> dict[str, Any]:
    return {
        "identity_number": identity_number, "name": name, "sex": "2", "birth_date": "1980-01-01",
        "residence": "云州市云山区钟楼街道东门社区柳荫路18号", "residence_region": "990102001001", "phone": "16400000001", **more,
    }  # fmt: skip


def registered(actor: Actor, **more: Any) -> dict[str, Any]:
    """Enter the natural person behind ``actor`` into 人口基础库, which must be declared; returns the row."""
    person = Party.objects.get(id=next(pid for pid, _n, _k, ground in actor.parties if ground == "self"))
    row = person_row(person.code.plain(), person.name, **more)
    load(system(), "population", [row])
    return row
