"""From the rows of a resource to the file that would be released, with the check's report and the figures of its columns.

Raw rows stream from their holder through the treatments; nothing untreated is written anywhere. Heavy: runs in a job, in no transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import duckdb
import pyarrow as pa

from yiwang.data.catalogue.resources import Resource
from yiwang.data.catalogue.slots import holders
from yiwang.data.engine.queries import connect, lake

from . import disclosure, profile, store
from .treatments import COUNT, SUPPRESS, Treated, quoted, secret_of, select, text

MOST_ROUNDS = 20  # of hiding a further cell where a single one could be worked out


@dataclass(frozen=True, slots=True)
class Prepared:
    """What came of preparing: the finished file, in figures."""

    sha256: str
    rows: int
    size: int
    as_of: dt.date | None
    report: dict[str, Any]
    profile: dict[str, Any]


def prepare(
    dataset_code: str, preparation_id: UUID, resource: Resource, fields: Sequence[Treated], *, subject: str, threshold: int,
    others: Sequence[disclosure.Opened] = (),
) -> Prepared:  # fmt: skip
    """Treat all rows of ``resource``, check them, and write the file of the preparation.

    Raises :class:`LookupError` for a place that no holder knows, and what the engine raises when memory or disk do not suffice
    (``engine.queries.explain`` has words for it).
    """
    scheme = resource.place.partition(":")[0]
    holder = holders[scheme]
    wanted = list(dict.fromkeys([*resource.key, *(each.name for each in fields if each.kept)]))
    path = store.path_of(dataset_code, preparation_id)
    with connect(ordered=True) as connection:
        connection.register("source", _reader(holder.scan(resource.place, wanted), wanted))
        secret = secret_of(dataset_code)
        connection.execute(
            f"CREATE TEMP TABLE treated AS {select(fields, resource.key, secret, subject=subject)}"  # names are quoted
        )
        connection.unregister("source")
        _hide_small_cells(connection, fields)
        report = disclosure.report(connection, "treated", fields, subject=subject, threshold=threshold, others=others)
        figures = profile.of(connection, "treated", [each for each in fields if each.kept])
        with lake().draft(path) as draft:
            connection.execute(
                f"COPY (SELECT * FROM treated ORDER BY _id) TO {text(str(draft))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"  # noqa: S608
            )
    written = lake().enter(path, source=resource.place, resource=resource.code, version=resource.version)
    held = holder.holding(resource.place)
    return Prepared(written.manifest.sha256, written.rows, written.manifest.bytes, held.as_of, report, figures)


def _reader(batches: Iterator[pa.RecordBatch], names: Sequence[str]) -> pa.RecordBatchReader:
    """The batches as DuckDB takes them; with no row at all, a table with the right columns."""
    first = next(iter(batches), None)
    if first is None:
        return pa.RecordBatchReader.from_batches(pa.schema([(name, pa.string()) for name in names]), iter(()))

    def all_of_them() -> Iterator[pa.RecordBatch]:
        yield first
        yield from batches

    return pa.RecordBatchReader.from_batches(first.schema, all_of_them())


def _hide_small_cells(connection: duckdb.DuckDBPyConnection, fields: Sequence[Treated]) -> None:
    """Leave out counts that are too small, and one more where a single hidden one could be worked out from the sum of its line."""
    measures = {each.name for each in fields if each.role == COUNT or each.type in ("integer", "decimal", "money")}
    lines = [quoted(each.name) for each in fields if each.kept and each.name not in measures]
    for each in fields:
        if each.treatment != SUPPRESS:
            continue
        column = quoted(each.name)
        connection.execute(f"UPDATE treated SET {column} = NULL WHERE {column} > 0 AND {column} < {int(each.option)}")  # noqa: S608
        for _round in range(MOST_ROUNDS):
            if not sum(_hide_one_more(connection, column, lines, line) for line in [*lines, ""]):
                break


def _hide_one_more(connection: duckdb.DuckDBPyConnection, column: str, lines: Sequence[str], line: str) -> int:
    """Hide the smallest count in each line of cells along ``line`` ("" is the whole table) that has a single hidden one; how many."""
    others = [name for name in lines if name != line] if line else []
    part = f"PARTITION BY {', '.join(others)}" if others else ""
    sql = (
        f"UPDATE treated SET {column} = NULL WHERE _id IN (SELECT _id FROM (SELECT _id, {column} AS n, "  # noqa: S608  # names are quoted
        f"sum(CASE WHEN {column} IS NULL THEN 1 ELSE 0 END) OVER ({part}) AS hidden, "
        f"row_number() OVER ({part} ORDER BY {column} NULLS LAST, _id) AS place FROM treated) "
        "WHERE hidden = 1 AND place = 1 AND n IS NOT NULL)"
    )
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0
