"""Outlines of divisions as an SVG picture: no tiles, no outside server. Longitude is shrunk by the cosine of the latitude."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from yiwang.foundation.orgs.queries import Region

WIDTH = 720.0  # units of the picture
MARGIN = 8.0

Ring = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Area:
    """One division on the picture: its outline as an SVG path, and where its name stands."""

    region: Region
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Picture:
    width: float
    height: float
    outline: str
    areas: list[Area]


def _rings(region: Region) -> list[Ring]:
    shape = region.shape
    if shape is None:
        return []
    polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
    return [[(float(x), float(y)) for x, y in ring] for polygon in polygons for ring in polygon]


def picture(region: Region, children: Sequence[Region]) -> Picture | None:
    """``region`` with the divisions directly inside it; None when nothing has an outline."""
    rings = {found.code: _rings(found) for found in (region, *children)}
    points = [point for found in rings.values() for ring in found for point in ring]
    if not points:
        return None
    west, east = min(x for x, _y in points), max(x for x, _y in points)
    south, north = min(y for _x, y in points), max(y for _x, y in points)
    narrow = math.cos(math.radians((south + north) / 2))
    scale = (WIDTH - 2 * MARGIN) / max((east - west) * narrow, 1e-6)

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return round(MARGIN + (point[0] - west) * narrow * scale, 1), round(MARGIN + (north - point[1]) * scale, 1)

    def path(code: str) -> str:
        drawn = ["M" + "L".join(f"{x} {y}" for x, y in map(place, ring)) + "Z" for ring in rings[code]]
        return "".join(drawn)

    areas = []
    for child in children:
        if rings[child.code]:
            ring = [place(point) for point in rings[child.code][0][:-1]]
            x, y = sum(x for x, _y in ring) / len(ring), sum(y for _x, y in ring) / len(ring)
            areas.append(Area(child, path(child.code), round(x, 1), round(y, 1)))
    height = round((north - south) * scale + 2 * MARGIN, 1)
    return Picture(WIDTH, height, path(region.code), areas)
