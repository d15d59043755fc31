"""The stages of a batch: what each computes, where its files lie. Nothing here changes the store; :mod:`.running` does, between them.

Each stage reads finished files and writes new ones under their own names when they are whole, so that a stage that was killed is simply run again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import sqlglot
from sqlglot import exp

from yiwang.data.engine.queries import Written, connect, lake, runner

from . import declarations, merge_sql, rule_sql
from .declarations import RuleSpec, Spec
from .models import Batch, Table
from .standard_sql import ident, standard, text

STAGES = ("land", "standardise", "check", "publish")


def folder(batch: Batch) -> Path:
    """Where the files of a batch lie."""
    return lake().path("batches", batch.pipeline_id, f"{batch.number:06d}")


def file(batch: Batch, name: str) -> Path:
    """ "landed", "refused", "standard", "marks", "held"."""
    return folder(batch) / f"{name}.parquet"


def sql(words: str) -> exp.Query:
    """Our own SQL, parsed so that it can be said in Spark's words too."""
    found = sqlglot.parse_one(words, dialect="duckdb")
    assert isinstance(found, exp.Query)
    return found


def standardise(spec: Spec, batch: Batch) -> Written:
    """Read the landed text into standard form."""
    return runner().make(
        file(batch, "standard"),
        sql(standard(spec)),
        {"landed": [file(batch, "landed")]},
        source=batch.source,
        kept=False,
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What the check found. ``results``: rule, values looked at, wrong ones."""

    rows: int
    held: int
    warned: int
    results: tuple[tuple[RuleSpec, int, int], ...]
    stop: tuple[RuleSpec, ...]  # rules for which the whole batch is held
    marked: bool


def references(spec: Spec) -> dict[str, list[Path]]:
    """The theme tables that rules refer to, as SQL calls them. Raises :class:`LookupError` for one that holds nothing yet."""
    found = {}
    for rule in spec.rules:
        if rule.kind == "reference":
            table = Table.objects.filter(code=rule.body["table"]).exclude(current="").first()
            if table is None:
                raise LookupError(rule.body["table"])
            found[rule_sql.reference_name(rule)] = [lake().path(table.current)]
    return found


def check(spec: Spec, batch: Batch, before: int) -> Found:
    """Mark each row by the rules that it breaks, and judge the batch. ``before``: rows of the last batch, for a rule on their number."""
    tables = {"standard": [file(batch, "standard")], **references(spec)}
    marked = runner().make(file(batch, "marks"), sql(rule_sql.marks(spec)), tables, source=batch.source, kept=False)
    with connect() as connection:
        for name in ("standard", "marks"):
            connection.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM read_parquet({text(str(file(batch, name)))})")
        rows, there = _present(file(batch, "standard"))
        *failed, held, warned = connection.execute(rule_sql.failed_sql(spec)).fetchone() or ()
        unread = {rule.field: failed[rule.bit] for rule in spec.rules if rule.kind == "read"}
        results, stop = [], []
        for rule in spec.rules:
            if rule.of_batch:
                checked, wrong = 1, int(_batch_wrong(connection, rule, batch, rows, before))
            else:
                checked = rows if not rule.field or rule.kind == "required" else there[rule.field]
                checked += unread.get(rule.field, 0) if rule.kind == "read" else 0
                wrong = failed[rule.bit]
            results.append((rule, checked, wrong))
            if (
                rule.does == "hold_batch"
                and wrong
                and (rule.of_batch or wrong * 100 > rows * rule.body.get("percent", 0))
            ):
                stop.append(rule)
        lake().remove(file(batch, "held"))  # of a run before this one
    return Found(rows, held, warned, tuple(results), tuple(stop), bool(marked.rows))


def _batch_wrong(connection: Any, rule: RuleSpec, batch: Batch, rows: int, before: int) -> bool:
    if rule.kind == "rows":
        return bool(before) and rows * 100 < before * (100 - rule.body["percent"])
    if not rule.field:
        return False
    newest = connection.execute(f"SELECT CAST(max({ident(rule.field)}) AS DATE) FROM standard").fetchone()[0]
    return newest is None or newest < batch.as_of - dt.timedelta(days=int(rule.body["days"]))


def _present(path: Path) -> tuple[int, dict[str, int]]:
    """(rows, how many of them have a value, by column), from what the file says of itself."""
    meta = pq.read_metadata(path)
    there: dict[str, int] = {}
    for group in (meta.row_group(n) for n in range(meta.num_row_groups)):
        for column in (group.column(n) for n in range(group.num_columns)):
            empty = column.statistics.null_count if column.statistics is not None else 0
            there[column.path_in_schema] = there.get(column.path_in_schema, 0) + group.num_rows - empty
    for name in meta.schema.to_arrow_schema().names:
        there.setdefault(name, 0)
    return meta.num_rows, there


def _wrong(batch: Batch) -> Path | None:
    """The file of the rows that broke a rule, as they came, with the marks, those that are held first; made when somebody first asks for it."""
    path, marked = file(batch, "held"), lake().find(file(batch, "marks"))
    if marked is None or not marked.rows:
        return None
    if lake().find(path) is None:
        hold = declarations.of(batch.pipeline).hold_mask
        with connect() as connection, lake().draft(path) as draft:
            connection.execute(
                f"COPY (SELECT l.*, m._mask FROM read_parquet({text(str(file(batch, 'landed')))}) AS l JOIN read_parquet({text(str(marked.path))}) AS m "
                f"ON m._row = l._row ORDER BY (m._mask & {hold}) = 0, l._row) TO {text(str(draft))} (FORMAT parquet, COMPRESSION zstd)"
            )
        lake().enter(path, source=batch.source)
    return path


@dataclass(frozen=True, slots=True)
class Merged:
    """A new version of a theme table, written but not yet in force."""

    version: int
    current: Path
    history: Path | None
    rows: int
    new: int
    changed: int
    same: int
    ended: int


def merge(spec: Spec, batch: Batch, table: Table | None, *, holds_all: bool) -> Merged:
    """Write the next version of the theme table: its rows in force, and those that ended by this batch."""
    version = (table.version if table else 0) + 1
    marked = lake().find(file(batch, "marks"))
    before = bool(table and table.current)
    tables: dict[str, list[Path]] = {"standard": [file(batch, "standard")], "marks": [file(batch, "marks")]}
    if before and table:
        tables["current"] = [lake().path(table.current)]
    into = lake().path("tables", spec.table, f"current-{version:06d}-{batch.number:06d}.parquet")
    run = runner()
    written = run.make(
        into,
        sql(merge_sql.current(
            spec, marked=bool(marked and marked.rows), before=before, holds_all=holds_all, as_of=batch.as_of, version=version, batch=batch.number,
            late=batch.kind == Batch.Kind.BACKFILL,
        )),
        tables, source=batch.source, batch=str(batch.id),
    )  # fmt: skip
    if not before:
        return Merged(version, into, None, written.rows, written.rows, 0, 0, 0)
    over = into.with_name(f"ended-{version:06d}-{batch.number:06d}.parquet")
    past = run.make(
        over,
        sql(merge_sql.ended(spec, as_of=batch.as_of, version=version)),
        {"current": tables["current"], "next": [into]},
        source=batch.source,
    )
    with connect() as connection:
        came = _one(connection, f"SELECT count(*) FROM read_parquet({text(str(into))}) WHERE _version = {version}")
        gone = _one(connection, f"SELECT count(*) FROM read_parquet({text(str(over))}) WHERE _gone")
        own = _one(connection, f"SELECT count(*) FROM read_parquet({text(str(tables['standard'][0]))})")
    changed = past.rows - gone
    if not past.rows:
        lake().remove(over)
    return Merged(
        version,
        into,
        over if past.rows else None,
        written.rows,
        came - changed,
        changed,
        max(own - batch.held - came, 0),
        gone,
    )


def _one(connection: Any, words: str) -> int:
    return int(connection.execute(words).fetchone()[0])


def good_rows(spec: Spec, batch: Batch) -> Any:
    """The rows that may be published, as mappings of those values that are there; for a register."""
    names = [item.name for item in spec.fields]
    with connect() as connection:
        for name in ("standard", "marks"):
            connection.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM read_parquet({text(str(file(batch, name)))})")
        reader = connection.sql(
            f"SELECT {', '.join(map(ident, names))} FROM ({merge_sql.good(spec, marked=True)}) AS g ORDER BY _row"
        ).to_arrow_reader(10_000)
        for part in reader:
            for row in part.to_pylist():
                yield {name: value for name, value in row.items() if value is not None}


def reasons(spec: Spec, mask: int) -> list[str]:
    """Every reason for which a row is marked, in words."""
    return [rule.label for rule in spec.rule_at(mask)]


def wrong_rows(batch: Batch, start: int = 0, limit: int = 50, only: int = 0) -> list[Mapping[str, Any]]:
    """Rows that broke a rule, as they came, with _row and _mask; ``only``: those with one of these bits."""
    path = _wrong(batch)
    if path is None:
        return []
    where = f"WHERE (_mask & {only}) <> 0" if only else ""
    with connect(ordered=True) as connection:
        found = connection.execute(
            f"SELECT * FROM read_parquet({text(str(path))}) {where} LIMIT {int(limit)} OFFSET {int(start)}"
        )
        names = [item[0] for item in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def refused_rows(batch: Batch, limit: int = 1000) -> list[tuple[int, str, str]]:
    """What could not be read as rows: (number, text, reason)."""
    path = file(batch, "refused")
    if lake().find(path) is None:
        return []
    with connect(ordered=True) as connection:
        return connection.execute(
            f"SELECT number, text, reason FROM read_parquet({text(str(path))}) LIMIT {int(limit)}"
        ).fetchall()
