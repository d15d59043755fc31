"""Landing: what the source gave, unchanged, as text in a Parquet file with a manifest, each row numbered as it came."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
from django.utils.translation import gettext as _

from yiwang.data.engine.queries import Written, connect, lake, sha256
from yiwang.kernel.ids import uuid7

from . import formats
from .slots import Pulled, Row
from .standard_sql import ident, text

AT_ONCE = 20_000
LARGEST_LINE = 1 << 20  # bytes; DuckDB takes sixteen times as much for each of its buffers


@dataclass(frozen=True, slots=True)
class Landed:
    """What was landed. ``refused`` are rows that were none, kept in a file of their own."""

    file: Written
    columns: tuple[str, ...]
    rows: int
    refused: int
    sha256: str
    bytes: int


class Hashing(threading.Thread):
    """The hash of the source's file, beside the work: both read the same pages of the disk's memory."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self.path, self.found = path, ""

    def run(self) -> None:
        self.found = sha256(self.path)


def land(pulled: Pulled, into: Path, wrong: Path, *, tell: Callable[[int], None]) -> Landed:
    """Land ``pulled`` at ``into``, and rows that are none at ``wrong``. ``tell`` hears how many rows are there, and may raise to stop."""
    if pulled.file is None:
        rows = _written(pulled.columns, pulled.rows, into, pulled.name, tell)
        return _done(
            rows, tuple(pulled.columns), pulled.refused, wrong, pulled.name, rows.manifest.sha256, rows.manifest.bytes
        )
    hashing = Hashing(pulled.file)
    hashing.start()
    size = pulled.file.stat().st_size
    if formats.format_of(pulled.name, str(pulled.form.get("format", ""))) == "csv":
        written, columns, refused = _csv(pulled, into)
        tell(written.rows)
    else:
        opened = formats.opened(pulled.file, pulled.name, pulled.form)
        written, columns, refused = (
            _written(opened.columns, opened.rows, into, pulled.name, tell),
            opened.columns,
            opened.refused,
        )
    hashing.join()
    return _done(written, columns, refused, wrong, pulled.name, hashing.found, size)


def _done(
    written: Written,
    columns: tuple[str, ...],
    refused: list[tuple[int, str, str]],
    wrong: Path,
    name: str,
    sha256: str,
    size: int,
) -> Landed:
    if refused:
        table = pa.table({
            "number": pa.array([item[0] for item in refused], pa.int64()),
            "text": pa.array([item[1] for item in refused], pa.string()),
            "reason": pa.array([item[2] for item in refused], pa.string()),
        })  # fmt: skip
        lake().write(wrong, table.to_reader(), source=name)
    else:
        lake().remove(wrong)
    return Landed(written, columns, written.rows, len(refused), sha256, size)


def _written(
    columns: Sequence[str], rows: Iterator[Row], into: Path, name: str, tell: Callable[[int], None]
) -> Written:
    schema = pa.schema([("_row", pa.int64()), *((column, pa.string()) for column in columns)])

    def batches() -> Iterator[pa.RecordBatch]:
        number, held = 0, []
        for row in rows:
            held.append(row)
            if len(held) == AT_ONCE:
                yield batch(number, held)
                number += len(held)
                tell(number)
                held = []
        if held:
            yield batch(number, held)

    def batch(number: int, held: list[Row]) -> pa.RecordBatch:
        cells = list(zip(*held, strict=True))
        numbers = pa.array(range(number + 1, number + len(held) + 1), pa.int64())
        return pa.RecordBatch.from_arrays(
            [numbers, *(pa.array(column, pa.string()) for column in cells)], schema=schema
        )

    return lake().write(into, pa.RecordBatchReader.from_batches(schema, batches()), source=name)


def _csv(pulled: Pulled, into: Path) -> tuple[Written, tuple[str, ...], list[tuple[int, str, str]]]:
    assert pulled.file is not None
    encoding = formats.encoding_of(pulled.file, str(pulled.form.get("encoding", "")))
    try:
        return _read_csv(pulled, into, encoding)
    except BadEncoding:
        # The first bytes were plain; what came later was not.
        if encoding != "utf-8-sig" or pulled.form.get("encoding"):
            raise formats.refusal("encoding", formats.BAD_ENCODING) from None
        return _read_csv(pulled, into, "gb18030")


class BadEncoding(Exception):
    """DuckDB met bytes that are no UTF-8."""


def _read_csv(pulled: Pulled, into: Path, encoding: str) -> tuple[Written, tuple[str, ...], list[tuple[int, str, str]]]:
    assert pulled.file is not None
    path, home = pulled.file, lake()
    home.ready()
    columns, delimiter = formats.csv_head(path, encoding, str(pulled.form.get("delimiter", "")))
    utf8 = path
    if encoding != "utf-8-sig":
        utf8 = home.spill / f"{uuid7()}.csv"
        formats.transcoded(path, encoding, utf8)
    try:
        with connect(also=[utf8], ordered=True) as connection, home.draft(into) as draft:
            described = ", ".join(f"{text(column)}: 'VARCHAR'" for column in columns)
            try:
                connection.execute(
                    f"COPY (SELECT row_number() OVER () AS _row, {', '.join(map(ident, columns))} FROM read_csv({text(str(utf8))}, header=true, "
                    f"auto_detect=false, columns={{{described}}}, delim={text(delimiter)}, quote='\"', escape='\"', strict_mode=true, "
                    f"max_line_size={LARGEST_LINE}, store_rejects=true, rejects_limit=0)) TO {text(str(draft))} (FORMAT parquet, COMPRESSION zstd)"
                )
                kinds = "error_type::VARCHAR, error_message"
                refused = connection.execute(
                    f"SELECT line, csv_line, {kinds} FROM reject_errors QUALIFY row_number() OVER (PARTITION BY line ORDER BY column_idx) = 1 ORDER BY line"
                ).fetchall()
            except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
                if "utf-8" in str(error).lower() or "unicode" in str(error).lower():
                    raise BadEncoding from None
                raise formats.refusal(
                    "damaged", _("CSV 文件读不出来：%(why)s") % {"why": str(error).splitlines()[0][:160]}
                ) from None
            if any(kind == "INVALID ENCODING" for _line, _text, kind, _why in refused):
                raise BadEncoding
        return (
            home.enter(into, source=pulled.name),
            columns,
            [(line - 1, (raw or "")[:2000], _words(kind)) for line, raw, kind, _why in refused],
        )
    finally:
        if utf8 is not path:
            utf8.unlink(missing_ok=True)


def _words(kind: str) -> str:
    return {
        "TOO MANY COLUMNS": _("比表头多出了单元格"),
        "MISSING COLUMNS": _("比表头少了单元格"),
        "UNQUOTED VALUE": _("引号没有成对"),
        "LINE SIZE OVER MAXIMUM": _("这一行太长"),
    }.get(kind, _("这一行读不出来"))
