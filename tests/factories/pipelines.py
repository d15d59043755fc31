"""Pipelines with messy files."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from yiwang.data.pipelines.actions import declare, drop
from yiwang.data.pipelines.models import Batch, Pipeline
from yiwang.data.pipelines.running import run
from yiwang.foundation.access.models import Role
from yiwang.foundation.access.queries import Actor, system

from .people import agency, city, identity_number, official

STEWARD = [
    "pipelines.read", "pipelines.rows", "pipelines.start", "pipelines.cancel", "pipelines.release", "pipelines.rerun", "pipelines.drop", "pipelines.pause",
    "pipelines.push", "pipelines.return_rows", "pipelines.declare", "cases.read", "cases.claim", "cases.complete",
]  # fmt: skip
HEADER = ("登记号", "男方姓名", "男方身份证号", "登记日期", "登记类别", "手续费")
_MARRIAGES: dict[str, Any] = {
    "code": "marriages",
    "name": "婚姻登记",
    "owner": "mzj",
    "source": {"slot": "file", "format": "csv"},
    "fields": [
        {"name": "number", "label": "登记号", "length": 20},
        {"name": "groom", "label": "男方姓名", "form": "name", "required": True, "level": 3},
        {"name": "groom_id", "label": "男方身份证号", "type": "identity_number", "level": 3},
        {"name": "registered_on", "label": "登记日期", "type": "date", "required": True},
        {"name": "kind", "label": "登记类别", "codes": {"1": "结婚", "2": "离婚"}},
        {"name": "fee", "label": "手续费", "type": "money", "wrong": "warn"},
    ],
    "rules": [
        {
            "code": "not_future",
            "label": "登记日期不能在 2026 年以后",
            "kind": "range",
            "field": "registered_on",
            "most": "2026-12-31",
        },
        {
            "code": "fee_small",
            "label": "手续费不超过 9 元",
            "kind": "range",
            "field": "fee",
            "least": 0,
            "most": 9,
            "does": "warn",
        },
        {
            "code": "divorce_free",
            "label": "离婚登记不收费",
            "kind": "cross",
            "sql": "kind <> '2' OR fee = 0",
            "does": "warn",
        },
    ],
    "target": {"table": "marriages", "key": ["number"]},
}


def marriages_body(**changes: Any) -> dict[str, Any]:
    """A declaration of 婚姻登记, to be changed at will."""
    return {**copy.deepcopy(_MARRIAGES), **changes}


def declared(**changes: Any) -> Pipeline:
    """婚姻登记, gathered from the civil affairs bureau's files."""
    city()
    agency("mzj", "云州市民政局")
    return declare(system(), marriages_body(**changes))


def steward(code: str = "mzj", permissions: Sequence[str] = STEWARD) -> Actor:
    """The data steward of an agency."""
    Role.objects.get_or_create(
        code="gathering-steward", defaults={"name": "数据归集管理员", "permissions": list(permissions), "data_level": 3}
    )
    return official("gathering-steward", list(permissions), at=agency(code, "云州市民政局"))


def line(number: int, **more: str) -> list[str]:
    """A row that is right, in the order of HEADER."""
    row = (
        dict(zip(HEADER, (f"M{number:05d}", "张三", identity_number(number), "2026-03-05", "结婚", "9"), strict=True))
        | more
    )
    return [row[name] for name in HEADER]


def csv_of(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER, encoding: str = "utf-8") -> bytes:
    return "".join(",".join(row) + "\r\n" for row in [list(header), *rows]).encode(encoding)


def gathered(content: bytes, name: str = "a.csv", *, code: str = "marriages", as_of: str = "") -> Batch:
    """Hand a file over and run it to its end."""
    return run(str(drop(system(), code, name, BytesIO(content), as_of=as_of).id))
