# ruff: noqa: E501, S311  # tables of words and numbers, drawn by a seed
"""Invented tables of a demo city for its open data: places with coordinates, figures by month and district. The same seed gives the same tables."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from yiwang.data.opendata.slots import NodeTable, tables

DISTRICTS = {"990102": "云山区", "990103": "翠湖区", "990104": "南屏区", "990121": "望溪县"}
_STREETS = ("文庙街", "东风路", "学府路", "滨江路", "云山路", "新民街", "望溪大道", "建设路", "桥头街", "北门路")
_CENTRES = {"990102": (110.30, 30.40), "990103": (110.38, 30.36), "990104": (110.34, 30.45), "990121": (110.55, 30.30)}


def _place(dice: random.Random) -> dict[str, Any]:
    district = dice.choice(list(DISTRICTS))
    x, y = _CENTRES[district]
    return {
        "district": district, "address": f"{DISTRICTS[district]}{dice.choice(_STREETS)}{dice.randint(1, 220)}号",
        "longitude": round(dice.gauss(x, 0.025), 6), "latitude": round(dice.gauss(y, 0.02), 6),
    }  # fmt: skip


def _places(seed: int, count: int, names: Sequence[str], **columns: Any) -> Any:
    """Points of one kind. ``columns`` map to a function of the dice."""

    def rows() -> Iterator[Mapping[str, Any]]:
        dice = random.Random(seed)
        for number in range(1, count + 1):
            place = _place(dice)
            name = f"{DISTRICTS[place['district']][:2]}{dice.choice(names)}" + (
                "" if number <= 4 else f"（{number}号）"
            )
            yield {"place_name": name, **place, **{column: make(dice) for column, make in columns.items()}}

    return rows


_PLACE: dict[str, Any] = {
    "place_name": "text",
    "district": "region",
    "address": "text",
    "longitude": "decimal",
    "latitude": "decimal",
}


def _air() -> Iterator[Mapping[str, Any]]:
    dice = random.Random(17)
    for station in ("文庙站", "滨江站", "南屏站", "望溪站"):
        level = 45.0
        for day in range(365):
            level = max(12, min(160, level + dice.gauss(0, 9) + (48 - level) * 0.12))
            yield {
                "station": station, "measured_on": (dt.date(2025, 11, 1) + dt.timedelta(days=day)).isoformat(), "aqi": round(level),
                "pm25": round(level * 0.6, 1), "ozone": round(70 + dice.gauss(0, 20)), "grade": "优" if level <= 50 else "良" if level <= 100 else "轻度污染" if level <= 150 else "中度污染",
            }  # fmt: skip


def _months(year: int = 2026, count: int = 24) -> list[str]:
    return [f"{year - 2 + (9 + n) // 12}-{(9 + n) % 12 + 1:02d}" for n in range(count)]


def _water() -> Iterator[Mapping[str, Any]]:
    dice = random.Random(23)
    for section in ("云江上游断面", "云江城区断面", "云江下游断面", "望溪河断面", "云湖湖心"):
        for month in _months():
            yield {"section": section, "month": month, "grade": dice.choice(("Ⅰ类", "Ⅱ类", "Ⅱ类", "Ⅲ类")), "oxygen": round(dice.uniform(6, 10), 1), "phosphorus": round(dice.uniform(0.02, 0.19), 3)}  # fmt: skip


def _allowances() -> Iterator[Mapping[str, Any]]:
    dice = random.Random(31)
    kinds = {"最低生活保障": 800, "残疾人两项补贴": 500, "特困人员供养": 60, "孤儿基本生活": 6}
    for month in _months(count=12):
        for district in DISTRICTS:
            for kind, size in kinds.items():
                yield {
                    "month": month,
                    "district": district,
                    "kind": kind,
                    "people": max(0, round(dice.gauss(size, size * 0.2 + 2))),
                }


def _housing() -> Iterator[Mapping[str, Any]]:
    dice = random.Random(37)
    for month in _months():
        for district in DISTRICTS:
            sold = dice.randint(60, 420)
            yield {
                "month": month,
                "district": district,
                "sold": sold,
                "area": sold * dice.randint(92, 118),
                "price": dice.randint(580_000, 980_000),
            }


def _ridership() -> Iterator[Mapping[str, Any]]:
    dice = random.Random(41)
    for line in range(1, 31):
        base = dice.randint(2_000, 18_000)
        for day in range(90):
            on = dt.date(2026, 8, 1) + dt.timedelta(days=day)
            yield {
                "line": f"{line}路",
                "day": on.isoformat(),
                "rides": round(base * (0.72 if on.weekday() > 4 else 1) * dice.uniform(0.9, 1.1)),
            }


def _follow_ups() -> Iterator[Mapping[str, Any]]:
    """People with a chronic disease, without names: open on conditions, and only widened."""
    dice = random.Random(43)
    for number in range(3_000):
        yield {
            "visit": f"F{number:06d}", "born_on": dt.date(dice.randint(1955, 1974), dice.randint(1, 12), dice.randint(1, 28)).isoformat(), "sex": dice.choice(("1", "2")),
            "district": dice.choice(list(DISTRICTS)), "disease": dice.choice(("高血压", "糖尿病", "高血压合并糖尿病")), "controlled": dice.random() < 0.68,
        }  # fmt: skip


def _firms() -> Iterator[Mapping[str, Any]]:
    dice = random.Random(47)
    for month in _months():
        for district in DISTRICTS:
            for industry in ("批发和零售业", "住宿和餐饮业", "制造业", "建筑业", "信息技术服务业", "居民服务业"):
                yield {
                    "month": month,
                    "district": district,
                    "industry": industry,
                    "opened": dice.randint(8, 160),
                    "closed": dice.randint(5, 60),
                }


def _yes(share: float) -> Any:
    return lambda dice: dice.random() < share


def _one(*values: str) -> Any:
    return lambda dice: dice.choice(values)


def _number(least: int, most: int) -> Any:
    return lambda dice: dice.randint(least, most)


TABLES: dict[str, NodeTable] = {
    "demo-parks": NodeTable({**_PLACE, "area": "integer", "kind": "text", "all_day": "boolean"}, _places(1, 86, ("云湖公园", "江滨公园", "文庙广场", "口袋公园", "湿地公园"), area=_number(800, 420_000), kind=_one("综合公园", "社区公园", "游园", "湿地公园"), all_day=_yes(0.7))),
    "demo-toilets": NodeTable({**_PLACE, "seats": "integer", "accessible": "boolean", "all_day": "boolean"}, _places(2, 240, ("公厕",), seats=_number(4, 24), accessible=_yes(0.6), all_day=_yes(0.5))),
    "demo-bus-stops": NodeTable({**_PLACE, "lines": "integer", "shelter": "boolean"}, _places(3, 620, ("学府路口站", "市医院站", "文庙站", "滨江公园站", "客运站"), lines=_number(1, 12), shelter=_yes(0.7))),
    "demo-parking": NodeTable({**_PLACE, "spaces": "integer", "charging": "boolean", "fee": "money"}, _places(4, 180, ("停车场", "地下停车场", "路边停车区"), spaces=_number(20, 800), charging=_yes(0.4), fee=_number(0, 8))),
    "demo-chargers": NodeTable({**_PLACE, "fast": "integer", "slow": "integer"}, _places(5, 130, ("充电站",), fast=_number(0, 20), slow=_number(2, 30))),
    "demo-schools": NodeTable({**_PLACE, "kind": "text", "public": "boolean"}, _places(6, 150, ("实验小学", "第一中学", "中心幼儿园", "职业学校"), kind=_one("幼儿园", "小学", "初中", "高中"), public=_yes(0.8))),
    "demo-clinics": NodeTable({**_PLACE, "kind": "text", "emergency": "boolean", "beds": "integer"}, _places(7, 95, ("人民医院", "社区卫生服务中心", "中医院", "卫生院"), kind=_one("综合医院", "专科医院", "社区卫生服务中心", "乡镇卫生院"), emergency=_yes(0.3), beds=_number(0, 900))),
    "demo-pharmacies": NodeTable({**_PLACE, "insured": "boolean", "all_day": "boolean"}, _places(8, 260, ("大药房", "便民药店"), insured=_yes(0.8), all_day=_yes(0.2))),
    "demo-culture": NodeTable({**_PLACE, "kind": "text", "free": "boolean"}, _places(9, 48, ("图书馆", "文化馆", "博物馆", "体育馆"), kind=_one("图书馆", "文化馆", "博物馆", "体育场馆"), free=_yes(0.8))),
    "demo-shelters": NodeTable({**_PLACE, "capacity": "integer", "kind": "text"}, _places(10, 70, ("应急避难场所",), capacity=_number(200, 9_000), kind=_one("室内", "室外"))),
    "demo-markets": NodeTable({**_PLACE, "stalls": "integer"}, _places(11, 64, ("农贸市场", "便民菜场"), stalls=_number(12, 260))),
    "demo-air": NodeTable({"station": "text", "measured_on": "date", "aqi": "integer", "pm25": "decimal", "ozone": "integer", "grade": "text"}, _air),
    "demo-water": NodeTable({"section": "text", "month": "text", "grade": "text", "oxygen": "decimal", "phosphorus": "decimal"}, _water),
    "demo-allowances": NodeTable({"month": "text", "district": "region", "kind": "text", "people": "integer"}, _allowances),
    "demo-housing": NodeTable({"month": "text", "district": "region", "sold": "integer", "area": "integer", "price": "money"}, _housing),
    "demo-ridership": NodeTable({"line": "text", "day": "date", "rides": "integer"}, _ridership),
    "demo-firms": NodeTable({"month": "text", "district": "region", "industry": "text", "opened": "integer", "closed": "integer"}, _firms),
    "demo-follow-ups": NodeTable({"visit": "text", "born_on": "date", "sex": "code", "district": "region", "disease": "text", "controlled": "boolean"}, _follow_ups),
}  # fmt: skip

for _key, _table in TABLES.items():
    tables.plug(_key, _table)
