"""The SQL that publishes into a theme table with its history. Portable to Spark.

A row in force has no valid_to. A row whose content is the same keeps its valid_from, its batch and its line, so that lineage leads to where
the value came from first. A row that came wrong in this batch ends nothing: the source still has it, we only could not read it.
"""

from __future__ import annotations

import datetime as dt

from .declarations import Spec
from .standard_sql import ident

OWN = ("_key", "valid_from", "valid_to", "_version", "_batch", "_row")


def _key(spec: Spec, of: str = "") -> str:
    names = [f"CAST({of}{ident(name)} AS TEXT)" for name in spec.key]
    return names[0] if len(names) == 1 else f"concat_ws('|', {', '.join(names)})"


def good(spec: Spec, marked: bool) -> str:
    """SQL over ``standard`` and ``marks``: the rows that may be published."""
    if not marked:
        return "SELECT * FROM standard"
    return f"SELECT s.* FROM standard AS s WHERE NOT EXISTS (SELECT 1 FROM marks AS m WHERE m._row = s._row AND (m._mask & {spec.hold_mask}) <> 0)"


def _changed(spec: Spec) -> str:
    return " OR ".join(f"g.{ident(item.name)} IS DISTINCT FROM c.{ident(item.name)}" for item in spec.fields)


def current(
    spec: Spec,
    *,
    marked: bool,
    before: bool,
    holds_all: bool,
    as_of: dt.date,
    version: int,
    batch: int,
    late: bool = False,
) -> str:
    """The rows in force after this batch. ``before``: there is a table ``current`` already; ``late``: what came since then is newer and stays."""
    names = ", ".join(f"g.{ident(item.name)}" for item in spec.fields)
    rows = good(spec, marked)
    day = f"CAST('{as_of.isoformat()}' AS DATE)"
    if before and late:
        newer = f"SELECT 1 FROM current AS w WHERE w._key = {_key(spec, 'b.')} AND w.valid_from > {day}"
        rows = f"SELECT b.* FROM ({rows}) AS b WHERE NOT EXISTS ({newer})"
    if not before:
        return (
            f"SELECT {names}, {_key(spec, 'g.')} AS _key, {day} AS valid_from, CAST(NULL AS DATE) AS valid_to, "
            f"CAST({version} AS BIGINT) AS _version, CAST({batch} AS BIGINT) AS _batch, g._row AS _row FROM ({rows}) AS g"
        )
    same = f"c._key IS NOT NULL AND NOT ({_changed(spec)})"
    picked = (
        f"SELECT {names}, g._key AS _key, CASE WHEN {same} THEN c.valid_from ELSE {day} END AS valid_from, CAST(NULL AS DATE) AS valid_to, "
        f"CASE WHEN {same} THEN c._version ELSE CAST({version} AS BIGINT) END AS _version, "
        f"CASE WHEN {same} THEN c._batch ELSE CAST({batch} AS BIGINT) END AS _batch, "
        f"CASE WHEN {same} THEN c._row ELSE g._row END AS _row "
        f"FROM (SELECT *, {_key(spec)} AS _key FROM ({rows}) AS q) AS g LEFT JOIN current AS c ON g._key = c._key"
    )
    columns = ", ".join(f"c.{ident(item.name)}" for item in spec.fields)
    own = ", ".join(f"c.{name}" for name in OWN)
    stays = f"SELECT {columns}, {own} FROM current AS c WHERE NOT EXISTS (SELECT 1 FROM ({_keys(spec, rows)}) AS k WHERE k._key = c._key)"
    if holds_all:  # only what came, but could not be published, stays as it was
        stays += f" AND EXISTS (SELECT 1 FROM ({_keys(spec, 'SELECT * FROM standard')}) AS a WHERE a._key = c._key)"
    return f"{picked} UNION ALL {stays}"


def _keys(spec: Spec, rows: str) -> str:
    return f"SELECT {_key(spec)} AS _key FROM ({rows}) AS r"


def ended(spec: Spec, *, as_of: dt.date, version: int) -> str:
    """Over ``current`` (before) and ``next`` (after): the rows that ended by this batch, changed ones (_gone false) and those that went."""
    columns = ", ".join(f"c.{ident(item.name)}" for item in spec.fields)
    return (
        f"SELECT {columns}, c._key, c.valid_from, CAST('{as_of.isoformat()}' AS DATE) AS valid_to, c._version, c._batch, c._row, "
        f"CAST({version} AS BIGINT) AS _ended, n._key IS NULL AS _gone FROM current AS c LEFT JOIN next AS n ON n._key = c._key "
        f"WHERE n._key IS NULL OR n._version = {version}"
    )
