"""Invented places, licences on paper and figures of the economy."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from typing import Any

from yiwang.foundation.orgs.queries import Region

from .firms import firms
from .people import NOW, villages
from .words import ROADS

KINDS = ("residence", "residence", "residence", "shop", "office", "school", "clinic", "factory")
PERMITS = (
    ("食品经营许可证", "云州市市场监督管理局", 5), ("公共场所卫生许可证", "云州市卫生健康委员会", 4), ("道路运输经营许可证", "云州市交通运输局", 4),
    ("排水许可证", "云州市住房和城乡建设局", 5), ("特种设备使用登记证", "云州市市场监督管理局", 6),
)  # fmt: skip
# Base values of 2024 by quarter: thousands of millions of yuan, persons, or an index.
INDICATORS = (
    ("gdp", "地区生产总值", "亿元", 310.5, 0.052), ("industry", "规模以上工业增加值", "亿元", 96.2, 0.061), ("investment", "固定资产投资", "亿元", 142.8, 0.034),
    ("retail", "社会消费品零售总额", "亿元", 118.4, 0.047), ("revenue", "一般公共预算收入", "亿元", 24.6, 0.028), ("trade", "进出口总额", "亿元", 31.7, 0.073),
    ("jobs", "城镇新增就业", "万人", 0.92, 0.011), ("cpi", "居民消费价格指数", "上年同期=100", 100.4, 0.001),
)  # fmt: skip


def _middles() -> dict[str, tuple[float, float]]:
    """The middle of each county's shape: longitude, latitude."""
    found = {}
    shapes: Any = Region.objects.filter(level="county").exclude(shape=None).values_list("code", "shape")
    for code, shape in shapes:
        ring = shape["coordinates"][0]
        ring = ring[0] if shape["type"] == "MultiPolygon" else ring
        found[code] = (sum(point[0] for point in ring) / len(ring), sum(point[1] for point in ring) / len(ring))
    return found


def places(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Standard addresses as the police number them, each with a point near the middle of its county."""
    random_ = random.Random(f"places:{seed}")  # noqa: S311  # not a secret: the same city must come again
    homes, middles = villages(), _middles()
    for number in range(1, count + 1):
        code, county, address = random_.choice(homes)
        road, house = random_.choice(ROADS), random_.randrange(1, 260)
        x, y = middles.get(county, (104.0, 26.5))
        yield {
            "place_code": f"{code}{number:06d}", "address": f"{address}{road}{house}号", "road": road, "house": f"{house}号",
            "region": code, "kind": random_.choice(KINDS), "floors": random_.choice((1, 2, 3, 6, 6, 7, 11, 18, 33)),
            "point": f"{x + random_.uniform(-0.05, 0.05):.5f},{y + random_.uniform(-0.05, 0.05):.5f}",
        }  # fmt: skip


def surveyed_places(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Every second of them as the housing survey measured it: floors counted otherwise, points to the metre, built when."""
    random_ = random.Random(f"surveyed_places:{seed}")  # noqa: S311  # not a secret: the same city must come again
    for row in islice(places(seed, count * 2), 0, None, 2):
        floors = row["floors"] + (random_.choice((-1, 1, 2)) if random_.random() < 0.12 else 0)
        x, y = (float(part) for part in row["point"].split(","))
        kind = row["kind"] if random_.random() > 0.06 else random_.choice(KINDS)
        yield {
            "place_code": row["place_code"], "kind": kind, "floors": max(floors, 1), "built": random_.randrange(1978, 2026),
            "point": f"{x + random_.uniform(-0.0004, 0.0004):.5f},{y + random_.uniform(-0.0004, 0.0004):.5f}",
        }  # fmt: skip


def paper_licences(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Licences issued on paper before this platform, from the books of the offices."""
    random_ = random.Random(f"paper_licences:{seed}")  # noqa: S311  # not a secret: the same city must come again
    for number, firm in enumerate(islice(firms(seed, max(count, 1)), count), start=1):
        name, authority, years = random_.choice(PERMITS)
        begun = NOW.replace(
            year=random_.randrange(2021, 2026), month=random_.randrange(1, 13), day=random_.randrange(1, 29)
        )
        until = begun.replace(year=begun.year + years)
        yield {
            "number": f"YZ{seed}{number:06d}", "type": name, "holder": firm["name"], "holder_code": firm["uscc"], "authority": authority,
            "issued": begun.isoformat(), "valid_from": begun.isoformat(), "valid_until": until.isoformat(),
            "state": "valid" if until > NOW else "expired",
        }  # fmt: skip


def reported_licences(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Every second of them as the province lists it: some run until another day, some were annulled and nobody said so."""
    random_ = random.Random(f"reported_licences:{seed}")  # noqa: S311  # not a secret: the same city must come again
    for row in islice(paper_licences(seed, count * 2), 0, None, 2):
        told = {key: row[key] for key in ("number", "type", "holder", "state", "valid_until")}
        if random_.random() < 0.08:
            told["valid_until"] = f"{int(row['valid_until'][:4]) + 1}{row['valid_until'][4:]}"
        if random_.random() < 0.05:
            told["state"] = "annulled"
        yield told


def economy(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """``count`` quarters of each indicator up to the last whole quarter, as the statistical bureau publishes them."""
    random_ = random.Random(f"economy:{seed}")  # noqa: S311  # not a secret: the same city must come again
    last = NOW.year * 4 + (NOW.month - 1) // 3 - 1
    for code, name, unit, base, growth in INDICATORS:
        for step in range(count):
            quarter = last - step
            year, part = divmod(quarter, 4)
            season = 1 + (0.06, -0.02, 0.01, 0.08)[part] if code != "cpi" else 1
            value = base * season * (1 + growth) ** (year - 2024) * random_.uniform(0.985, 1.015)
            yield {
                "figure": f"{code}:{year}Q{part + 1}", "indicator": code, "name": name, "period": f"{year}Q{part + 1}",
                "region": "990100", "value": f"{value:.2f}", "unit": unit, "growth": f"{(growth + random_.uniform(-0.01, 0.01)) * 100:.1f}",
                "status": "preliminary" if step == 0 else "final",
            }  # fmt: skip


def economy_monitor(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """The same from the monitoring of the reform commission: early figures, off by a little in one of six."""
    random_ = random.Random(f"economy_monitor:{seed}")  # noqa: S311  # not a secret: the same city must come again
    for row in economy(seed, count):
        value = float(row["value"])
        if random_.random() < 0.16:
            value *= random_.uniform(0.98, 1.02)
        yield {
            "figure": row["figure"], "indicator": row["indicator"], "period": row["period"], "value": f"{value:.2f}", "status": row["status"],
        }  # fmt: skip
