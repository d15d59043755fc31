"""Tables of an invented city, datasets that open them, and the people who do it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from yiwang.data.catalogue.resources import FieldType, Resource
from yiwang.data.opendata import actions, jobs
from yiwang.data.opendata.actions.preparing import Plan
from yiwang.data.opendata.models import Dataset, Edition, Preparation
from yiwang.data.opendata.slots import NodeTable, tables
from yiwang.foundation.access.queries import Actor, system

from .catalogue import offices, published_resource
from .people import agency, official

PARKS = "306001-000101"
PROVIDER = [
    "opendata.prepare", "opendata.check", "opendata.submit", "opendata.staff", "opendata.withdraw", "cases.read", "cases.complete", "cases.claim",
]  # fmt: skip
BUREAU = [*PROVIDER, "opendata.release", "opendata.send_back", "opendata.withdraw_edition", "opendata.revoke_access"]
PARK_FIELDS: list[dict[str, Any]] = [
    {"name": "park_name", "label": "公园名称", "type": "text", "length": 60, "level": 1, "key": True},
    {"name": "district", "label": "所在区", "type": "region", "level": 1},
    {"name": "area", "label": "面积（平方米）", "type": "integer", "level": 1},
    {"name": "opened_on", "label": "建成日期", "type": "date", "level": 1},
    {"name": "longitude", "label": "经度", "type": "decimal", "level": 1},
    {"name": "latitude", "label": "纬度", "type": "decimal", "level": 1},
    {"name": "free", "label": "是否免费", "type": "boolean", "level": 1},
]
DISTRICTS = ("990102", "990103", "990104", "990121")


def parks(count: int = 40) -> Iterator[Mapping[str, Any]]:
    """Parks of the city; the seventh has a name like a formula, and one has no area."""
    for number in range(1, count + 1):
        yield {
            "park_name": "=1+1号公园" if number == 7 else f"第{number}公园", "district": DISTRICTS[number % 4],
            "area": None if number == 5 else number * 1000, "opened_on": f"20{number % 20:02d}-05-{number % 28 + 1:02d}",
            "longitude": 110.1 + number / 100, "latitude": 30.2 + number / 200, "free": number % 3 != 0,
        }  # fmt: skip


PEOPLE_FIELDS: list[dict[str, Any]] = [
    {"name": "identity_number", "label": "身份证号", "type": "identity_number", "length": 18, "level": 3, "key": True},
    {"name": "born_on", "label": "出生日期", "type": "date", "level": 2},
    {"name": "sex", "label": "性别", "type": "code", "length": 1, "codes": "gbt2261.1", "level": 1},
    {"name": "district", "label": "居住区", "type": "region", "level": 2},
    {"name": "income", "label": "年收入", "type": "integer", "level": 2},
    {"name": "disease", "label": "慢性病", "type": "text", "length": 30, "level": 2},
]


class Tables:
    """Plugs tables for the length of a test."""

    def __init__(self) -> None:
        self.stack = ExitStack()

    def plug(self, key: str, columns: Mapping[str, FieldType], rows: Sequence[Mapping[str, Any]]) -> str:
        self.stack.enter_context(tables.plugged(key, NodeTable(columns, lambda: iter(rows))))
        return f"node:{key}"


def steward(name: str = "数据管理员") -> Actor:
    """Who prepares what the urban management authority opens."""
    return official(
        "open-data-steward", PROVIDER, at=agency("cgj", "云州市城市管理局", agency("gov", "云州市人民政府")), name=name
    )


def bureau(name: str = "数据局审核员") -> Actor:
    """Who reviews and releases for the whole city."""
    return official("open-data-reviewer", BUREAU, at=agency("gov", "云州市人民政府"), name=name)


def table_resource(
    held: Tables,
    key: str,
    fields: list[dict[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    *,
    code: str = PARKS,
    **changes: Any,
) -> Resource:
    """A published resource of the urban management authority, whose rows are ``rows``."""
    offices()
    agency("cgj", "云州市城市管理局", agency("gov", "云州市人民政府"))
    place = held.plug(key, {each["name"]: each["type"] for each in fields}, rows)
    body = {"name": "城市公园", "provider": "cgj", "abstract": "城市公园的名称、位置和面积。", "open": "unconditional",
            "share": "unconditional", "share_conditions": None, "update_period": "yearly", "place": place, "fields": fields, "format": "sheet",
            "keywords": ["公园", "绿地"]}  # fmt: skip
    return published_resource(code, **{**body, **changes})


def plan(**changes: Any) -> Plan:
    """How the parks are opened."""
    return Plan(**{"code": "city-parks", "resource": PARKS, "theme": "culture", "subject": "thing", **changes})


def checked(actor: Actor, wanted: Plan) -> Preparation:
    """A preparation, checked by the node."""
    preparation = actions.prepare(actor, wanted)
    actions.check(actor, preparation.id)
    jobs.check_now(str(preparation.id))
    preparation.refresh_from_db()
    return preparation


def released(wanted: Plan, by: Actor | None = None) -> Edition:
    """An edition that is open, entered by the node itself."""
    by = by or system("command")
    preparation = checked(by, wanted)
    assert preparation.state == Preparation.State.CHECKED, preparation.report or preparation.failure
    actions.submit(by, preparation.id)
    return actions.release(by, preparation.id)


def open_parks(held: Tables, count: int = 40, **changes: Any) -> Dataset:
    """The parks, open."""
    kind = {"open": "conditional", "open_conditions": "写明用途"} if changes.pop("conditional", False) else {}
    table_resource(held, "parks", PARK_FIELDS, list(parks(count)), **kind)
    more = {"licence": "conditional-use"} if kind else {}
    return released(plan(**more, **changes)).dataset
