"""The work of a batch, part by part: each part is matched or written, masked, counted and kept with its trace in one act. Private to this room."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Invalid, Problem, TooLarge

from .shapes import Shape

PART = 5_000  # keys in a part
MOST_KEYS = 2_000_000


def keys_of(shape: Shape, text: Iterable[str], format: str) -> Iterator[dict[str, str]]:
    """The keys of a file: CSV with the key fields in its head, or JSON lines. Raises :class:`Invalid` with the line that is wrong."""
    names = [part.name for part in shape.keys]
    rows: Iterable[tuple[int, Mapping[str, Any]]]
    if format == "csv":
        reader = csv.DictReader(text)
        if reader.fieldnames is None or [name for name in names if name not in reader.fieldnames]:
            message = _("文件第一行应是列名，并包含：%(names)s") % {"names": "、".join(names)}
            raise Invalid(message, problems=[Problem("file", "header", message)])
        rows = enumerate(reader, start=2)
    else:
        rows = _lines(text)
    count = 0
    for line, row in rows:
        count += 1
        if count > MOST_KEYS:
            raise TooLarge(_("一次最多比对 %(n)d 条，请分几次提交。") % {"n": MOST_KEYS})
        try:
            yield shape.key({name: row.get(name) for name in names})
        except Invalid as wrong:
            message = _("第 %(line)d 行：%(why)s") % {"line": line, "why": wrong.problems[0].message}
            raise Invalid(message, problems=[Problem(f"file.{line}", "key", message)]) from None
    if not count:
        message = _("文件里没有要比对的数据。")
        raise Invalid(message, problems=[Problem("file", "empty", message)])


def _lines(text: Iterable[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text, start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            message = _("第 %(line)d 行不是 JSON 对象") % {"line": number}
            raise Invalid(message, problems=[Problem(f"file.{number}", "json", message)])
        yield number, found


def parts(keys: Iterable[dict[str, str]], names: Sequence[str]) -> Iterator[list[list[str]]]:
    """The keys in parts, each key as a list in the order of ``names``."""
    part: list[list[str]] = []
    for key in keys:
        part.append([key[name] for name in names])
        if len(part) == PART:
            yield part
            part = []
    if part:
        yield part


def masked(shape: Shape, names: Sequence[str], rows: Sequence[Mapping[str, Any] | None]) -> list[list[Any] | None]:
    """Rows as they may be seen, in the order of ``names``; None where nothing was found. Columns are masked whole, so that they can be shuffled."""
    there = [row for row in rows if row is not None]
    columns = [shape.mask(name).column([row.get(name) for row in there]) for name in names]
    made = iter(zip(*columns, strict=True)) if columns else iter(() for _row in there)
    return [None if row is None else list(next(made)) for row in rows]


def subjects_hash(subjects: Iterable[str]) -> str:
    """The hash over the subjects of a part, in their order: by it the ledger's entry speaks for every one of them."""
    return hashlib.sha256("\n".join(subjects).encode()).hexdigest()


def as_csv(head: Sequence[str], rows: Iterable[Sequence[Any]], *, first: bool = True) -> str:
    """Rows as CSV. A cell that a spreadsheet would take for a formula is led by an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    if first:
        writer.writerow(head)
    writer.writerows([[_cell(value) for value in row] for row in rows])
    return out.getvalue()


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def as_parquet(head: Sequence[str], rows: Iterable[Sequence[Sequence[Any]]], metadata: Mapping[str, str]) -> bytes:
    """Parts of rows as one Parquet file; every column is text, for masked values of any type are. ``metadata`` goes into its foot."""
    schema = pa.schema([(name, pa.string()) for name in head]).with_metadata(dict(metadata))
    out = io.BytesIO()
    with pq.ParquetWriter(out, schema) as writer:
        for part in rows:
            columns: list[tuple[Any, ...]] = list(zip(*part, strict=True)) if part else [() for _name in head]
            texts = [[None if value is None else str(value) for value in column] for column in columns]
            writer.write_table(pa.table([pa.array(column, pa.string()) for column in texts], schema=schema))
    return out.getvalue()
