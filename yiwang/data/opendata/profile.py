"""Figures of the columns of an edition, from which its page draws charts and a map: made once, when it is prepared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from .treatments import Treated, quoted
from .words import NUMBERS

MOST_VALUES = 12  # values that a chart shows
MOST_DISTINCT = 200  # of a column that is worth a chart
BINS = 12
MOST_POINTS = 1_500  # of the map


def of(connection: duckdb.DuckDBPyConnection, table: str, fields: Sequence[Treated]) -> dict[str, Any]:
    """{"columns": {name: {"nulls", "distinct", "least", "most", "top" or "bins"}}, "points": [[longitude, latitude, words]], "has_points"}."""
    columns = {each.name: _column(connection, table, each) for each in fields}
    points = _points(connection, table, fields)
    return {"columns": columns, "points": points, "has_points": bool(points)}


def _plain(value: Any) -> Any:
    return value if isinstance(value, (int, str, bool)) or value is None else str(value)


def _column(connection: duckdb.DuckDBPyConnection, table: str, each: Treated) -> dict[str, Any]:
    name = quoted(each.name)
    row = connection.execute(
        f"SELECT count(*) - count({name}), approx_count_distinct({name}), min({name}), max({name}) FROM {table}"  # noqa: S608
    ).fetchone() or (0, 0, None, None)
    found: dict[str, Any] = {
        "nulls": int(row[0]), "distinct": int(row[1]), "least": _plain(row[2]), "most": _plain(row[3]),
    }  # fmt: skip
    if each.opened_type in NUMBERS and found["distinct"] > MOST_VALUES:
        found["bins"] = _bins(connection, table, name, row[2], row[3])
    elif 1 < found["distinct"] <= MOST_DISTINCT and each.opened_type not in ("geometry", "phone"):
        rows = connection.execute(
            f"SELECT CAST({name} AS VARCHAR), count(*) AS n FROM {table} WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 LIMIT {MOST_VALUES}"  # noqa: S608
        ).fetchall()
        if rows[0][1] > 1:  # all different: nothing to compare
            found["top"] = [[value, int(count)] for value, count in rows]
    return found


def _bins(connection: duckdb.DuckDBPyConnection, table: str, name: str, least: Any, most: Any) -> list[list[Any]]:
    low, high = float(least), float(most)
    if high <= low:
        return []
    step = (high - low) / BINS
    rows = connection.execute(
        f"SELECT CAST(least(floor(({name} - {low}) / {step}), {BINS - 1}) AS INTEGER) AS bin, count(*) FROM {table} WHERE {name} IS NOT NULL GROUP BY bin"  # noqa: S608
    ).fetchall()
    counts = {int(place): int(count) for place, count in rows}
    return [
        [f"{low + step * place:.6g}", f"{low + step * (place + 1):.6g}", counts.get(place, 0)] for place in range(BINS)
    ]


def place_fields(fields: Sequence[Treated] | Sequence[dict[str, str]]) -> tuple[str, str] | None:
    """The names of the columns that hold longitude and latitude (CGCS2000, degrees), if there are any."""
    names = {each["name"] if isinstance(each, dict) else each.name for each in fields}
    for pair in (("longitude", "latitude"), ("lng", "lat"), ("lon", "lat")):
        if set(pair) <= names:
            return pair
    return None


def _points(connection: duckdb.DuckDBPyConnection, table: str, fields: Sequence[Treated]) -> list[list[Any]]:
    pair = place_fields(fields)
    if pair is None:
        return []
    words = next((quoted(each.name) for each in fields if each.name.endswith("name")), "''")
    longitude, latitude = map(quoted, pair)
    rows = connection.execute(
        f"SELECT CAST({longitude} AS DOUBLE), CAST({latitude} AS DOUBLE), CAST({words} AS VARCHAR) FROM {table} "  # noqa: S608
        f"WHERE {longitude} IS NOT NULL AND {latitude} IS NOT NULL ORDER BY _id LIMIT {MOST_POINTS}"
    ).fetchall()
    return [[f"{x:.6f}", f"{y:.6f}", name or ""] for x, y, name in rows]
