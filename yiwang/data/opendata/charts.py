"""Charts and the map of a dataset as plain SVG, drawn by the node: they work without script, in print and on an old phone (docs/adr/0071)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from .models import Edition
from .words import NUMBERS

MOST = 4  # charts on a page
WIDTH, BAR, GAP = 320, 20, 8
MAP_WIDTH, MAP_HEIGHT, MARGIN = 640, 400, 16


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with its words; ``share`` is of the longest one, in SVG units."""

    words: str
    count: int
    y: int
    width: int


@dataclass(frozen=True, slots=True)
class Chart:
    """How often the values of a field occur, as bars; the same figures stand in a table."""

    field: str
    label: str
    bars: list[Bar]
    height: int
    binned: bool


def charts(edition: Edition, words: dict[str, dict[str, str]] | None = None) -> list[Chart]:
    """The charts of an edition: its columns with few values, and the spread of its numbers. ``words`` maps codes to words by field."""
    found = []
    columns = edition.profile.get("columns", {})
    for each in edition.fields:
        figures = columns.get(each["name"], {})
        known = (
            {"true": _("是"), "false": _("否")} if each["type"] == "boolean" else (words or {}).get(each["name"], {})
        )
        if "top" in figures and each["type"] not in ("geometry",):
            rows = [(known.get(value, value), count) for value, count in figures["top"]]
            found.append(_chart(each, rows, binned=False))
        elif (
            figures.get("bins")
            and each["type"] in NUMBERS
            and each["name"] not in ("longitude", "latitude", "lng", "lat", "lon")
        ):
            found.append(
                _chart(each, [(f"{low} – {high}", count) for low, high, count in figures["bins"]], binned=True)
            )
    found.sort(key=lambda chart: chart.binned)
    return found[:MOST]


def _chart(each: dict[str, Any], rows: Sequence[tuple[str, int]], *, binned: bool) -> Chart:
    most = max(count for _words, count in rows) or 1
    bars = [
        Bar(str(words), count, place * (BAR + GAP), max(round(count / most * WIDTH), 1 if count else 0))
        for place, (words, count) in enumerate(rows)
    ]
    return Chart(each["name"], each["label"], bars, len(bars) * (BAR + GAP), binned)


@dataclass(frozen=True, slots=True)
class Map:
    """Points in a frame, north up; ``points`` are (x, y, words) in SVG units. ``west`` … ``north`` are degrees."""

    points: list[tuple[str, str, str]]
    west: str
    south: str
    east: str
    north: str


def map_of(edition: Edition) -> Map | None:
    """The places of an edition in their true proportions; None when it has none."""
    points = [(float(x), float(y), words) for x, y, words in edition.profile.get("points", [])]
    if not points:
        return None
    west, east = min(x for x, _y, _w in points), max(x for x, _y, _w in points)
    south, north = min(y for _x, y, _w in points), max(y for _x, y, _w in points)
    # A degree of longitude is shorter than one of latitude by the cosine of the latitude; 0.86 at 30° is near enough for a sketch.
    scale = min(
        (MAP_WIDTH - 2 * MARGIN) / max((east - west) * 0.86, 1e-6), (MAP_HEIGHT - 2 * MARGIN) / max(north - south, 1e-6)
    )
    left = (MAP_WIDTH - (east - west) * 0.86 * scale) / 2
    top = (MAP_HEIGHT - (north - south) * scale) / 2
    drawn = [
        (f"{left + (x - west) * 0.86 * scale:.1f}", f"{top + (north - y) * scale:.1f}", words) for x, y, words in points
    ]
    return Map(drawn, f"{west:.4f}", f"{south:.4f}", f"{east:.4f}", f"{north:.4f}")
