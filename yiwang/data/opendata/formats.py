"""Editions as files: CSV, XLSX, JSON, GeoJSON, streamed a batch at a time; Parquet is the edition's own file."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from yiwang.kernel.refusals import TooLarge

from .profile import place_fields

BOM = "﻿"
MOST_SHEET_ROWS = 200_000  # more does not open on an office computer
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe(value: Any) -> Any:
    """A text that a spreadsheet does not take for a formula (OWASP CSV injection): an apostrophe stands before it. Numbers stay."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _words(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return safe(value)


def csv_file(header: Sequence[str], batches: Iterator[pa.RecordBatch], *, bom: bool = True) -> Iterator[bytes]:
    """RFC 4180, UTF-8; with ``bom`` spreadsheets see that it is UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    if bom:
        buffer.write(BOM)
    writer.writerow([safe(name) for name in header])
    yield _taken(buffer)
    for batch in batches:
        columns = [column.to_pylist() for column in batch.columns]
        writer.writerows([_words(value) for value in row] for row in zip(*columns, strict=True))
        yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def json_file(batches: Iterator[pa.RecordBatch]) -> Iterator[bytes]:
    """An array of objects, one on each line."""
    yield b"[\n"
    first = True
    for batch in batches:
        lines = [json.dumps(row, ensure_ascii=False, default=str) for row in batch.to_pylist()]
        if lines:
            yield (("" if first else ",\n") + ",\n".join(lines)).encode()
            first = False
    yield b"\n]\n"


def geojson_file(batches: Iterator[pa.RecordBatch], names: Sequence[str]) -> Iterator[bytes]:
    """RFC 7946 points; the coordinates are those of the data (CGCS2000, which differs from WGS 84 by centimetres)."""
    pair = place_fields([{"name": name} for name in names])
    assert pair is not None
    yield b'{"type": "FeatureCollection", "features": [\n'
    first = True
    for batch in batches:
        lines = []
        for row in batch.to_pylist():
            x, y = row.pop(pair[0]), row.pop(pair[1])
            shape = {"type": "Point", "coordinates": [float(x), float(y)]} if x is not None and y is not None else None
            lines.append(
                json.dumps({"type": "Feature", "geometry": shape, "properties": row}, ensure_ascii=False, default=str)
            )
        if lines:
            yield (("" if first else ",\n") + ",\n".join(lines)).encode()
            first = False
    yield b"\n]}\n"


def xlsx_file(title: str, header: Sequence[str], batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[bytes]:
    """One sheet; texts stay texts, whatever they begin with. Raises :class:`TooLarge` for more rows than an office computer opens."""
    if rows > MOST_SHEET_ROWS:
        raise TooLarge(
            _("有 %(rows)d 行，XLSX 最多 %(most)d 行。请下载 CSV，或者先筛选。")
            % {"rows": rows, "most": MOST_SHEET_ROWS}
        )
    book = Workbook(write_only=True)
    sheet = book.create_sheet("".join(mark for mark in title if mark not in "[]:*?/\\")[:31] or "data")

    def cell(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        made = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value)[:32_000])
        made.data_type = "s"
        return made

    sheet.append([cell(name) for name in header])
    for batch in batches:
        columns = [column.to_pylist() for column in batch.columns]
        for row in zip(*columns, strict=True):
            sheet.append([cell(value) for value in row])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(1 << 16):
            yield piece
