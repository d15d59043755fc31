"""Rows of an edition: filtered, sorted, some fields, page by page; always bounded, always by parameters, never by text of the caller in SQL."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from django.utils.translation import gettext as _

from yiwang.data.engine.queries import limited
from yiwang.kernel.refusals import Invalid, Problem, Refusal

from . import store
from .models import Edition
from .treatments import quoted, text

LARGEST = 1000  # rows of a page
MOST_FILTERS = 20
SECONDS = 20.0
OPERATORS = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "has": "", "in": "", "null": ""}
_CAST = {
    "integer": "BIGINT", "money": "BIGINT", "decimal": "DOUBLE", "date": "DATE", "time": "TIMESTAMP", "boolean": "BOOLEAN",
}  # fmt: skip


class TooSlow(Refusal):
    """The question took too long and was broken off."""

    status = 503
    code = "too-slow"


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition: ``operator`` is a key of :data:`OPERATORS`; "in" takes several values, "null" takes "true" or "false"."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of an edition. ``sort`` is a field, "-" first for descending, "" for the order of the file."""

    filters: tuple[Filter, ...] = ()
    sort: str = ""
    fields: tuple[str, ...] = ()
    text: str = ""
    size: int = 100
    cursor: str = ""
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of rows. ``next`` continues it; ``total`` is counted only when it was asked for."""

    items: list[dict[str, Any]] = field(default_factory=list)
    next: str = ""
    total: int | None = None


def filter_of(given: str) -> Filter:
    """ "field:operator:value" as a condition; "in" separates its values by "|". Raises :class:`Invalid`."""
    parts = given.split(":", 2)
    if len(parts) != 3 or parts[1] not in OPERATORS:
        raise _wrong(
            "filter", "format", _("筛选条件应写成“数据项:比较:值”，比较用 %(known)s") % {"known": " ".join(OPERATORS)}
        )
    return Filter(parts[0], parts[1], tuple(parts[2].split("|")) if parts[1] == "in" else (parts[2],))


def _wrong(name: str, rule: str, words: str) -> Invalid:
    return Invalid(words, problems=[Problem(name, rule, words)])


class _Sql:
    """The parts of a statement over one edition, with its parameters."""

    def __init__(self, edition: Edition, path: Path, question: Question) -> None:
        self.types = {"_id": "integer", **{each["name"]: each["type"] for each in edition.fields}}
        self.edition, self.question = edition, question
        self.source = f"read_parquet({text(str(path))})"
        self.where: list[str] = []
        self.values: list[Any] = []
        self.names = self._names()
        if len(question.filters) > MOST_FILTERS:
            raise _wrong("filter", "max-items", _("筛选条件最多 %(n)d 个") % {"n": MOST_FILTERS})
        for each in question.filters:
            self._filter(each)
        if question.text.strip():
            self._text(question.text.strip()[:100])

    def _known(self, name: str, where: str) -> str:
        if name not in self.types:
            raise _wrong(where, "unknown", _("没有数据项“%(name)s”") % {"name": name[:60]})
        return quoted(name)

    def _names(self) -> list[str]:
        names = list(dict.fromkeys(self.question.fields)) or [*self.types]
        for name in names:
            self._known(name, "fields")
        return names

    def _value(self, name: str, value: str) -> Any:
        """A value as the column's type; one that is none matches nothing, and says so."""
        kind = self.types[name]
        try:
            if kind in ("integer", "money"):
                number = int(value)
                if abs(number) >= 2**63:
                    raise ValueError(value)
                return number
            if kind == "decimal":
                return float(value)
            if kind == "boolean":
                return {"true": True, "false": False, "1": True, "0": False}[value.lower()]
        except (ValueError, KeyError):
            raise _wrong(
                "filter", "type", _("“%(value)s”不是“%(name)s”能用的值") % {"value": value[:40], "name": name}
            ) from None
        if kind == "date" and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", value):
            raise _wrong("filter", "type", _("日期应写成 2026-01-31 这样"))
        return value

    def _filter(self, each: Filter) -> None:
        column = self._known(each.field, "filter")
        kind = self.types[each.field]
        if each.operator == "null":
            self.where.append(f"{column} IS {'NOT ' if each.values[0] == 'false' else ''}NULL")
        elif each.operator == "has":
            self.where.append(f"contains(lower(CAST({column} AS VARCHAR)), lower(?))")
            self.values.append(each.values[0][:200])
        elif each.operator == "in":
            if len(each.values) > 200:
                raise _wrong("filter", "max-items", _("一个条件最多 %(n)d 个值") % {"n": 200})
            marks = ", ".join(self._mark(kind) for _value in each.values)
            self.where.append(f"{column} IN ({marks})")
            self.values += [self._value(each.field, value) for value in each.values]
        else:
            self.where.append(f"{column} {OPERATORS[each.operator]} {self._mark(kind)}")
            self.values.append(self._value(each.field, each.values[0]))

    @staticmethod
    def _mark(kind: str) -> str:
        return f"CAST(? AS {_CAST[kind]})" if kind in _CAST else "?"

    def _text(self, wanted: str) -> None:
        columns = [quoted(name) for name, kind in self.types.items() if kind not in _CAST and kind != "geometry"]
        if not columns:
            self.where.append("false")
            return
        self.where.append("(" + " OR ".join(f"contains(lower({column}), lower(?))" for column in columns) + ")")
        self.values += [wanted] * len(columns)

    def condition(self) -> str:
        return f" WHERE {' AND '.join(self.where)}" if self.where else ""


def _decode(cursor: str) -> list[Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if (
            isinstance(found, list)
            and len(found) == 4
            and type(found[0]) is int
            and type(found[3]) is int
            and abs(found[3]) < 2**63
        ):
            return found
    except (ValueError, binascii.Error, UnicodeDecodeError, RecursionError):
        pass
    raise _wrong("cursor", "format", _("翻页位置无效，请从第一页重新开始。"))


def _encode(values: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).decode().rstrip("=")


def edition_of(cursor: str) -> int:
    """The number of the edition in which a cursor continues; 0 for none."""
    return int(_decode(cursor)[0]) if cursor else 0


def rows(edition: Edition, path: Path, question: Question, *, total: bool = False) -> Rows:
    """A page of an edition. A cursor continues in the edition in which it began, whatever was released since.

    Raises :class:`Invalid` for an unknown field, a value of another type, a foreign cursor; :class:`TooSlow` after some seconds.
    """
    sql = _Sql(edition, path, question)
    size = max(0, min(question.size, LARGEST))
    descending = question.sort.startswith("-")
    sort = question.sort.lstrip("-") or "_id"
    column = sql._known(sort, "sort")
    counted: int | None = None
    if total and sql.where:
        counted = _ask(f"SELECT count(*) FROM {sql.source}{sql.condition()}", sql.values)[0][0]  # noqa: S608
    conditions, values = list(sql.where), list(sql.values)
    offset = max(question.offset, 0)
    if question.cursor:
        number, name, last, row = _decode(question.cursor)
        if number != edition.number or name != question.sort or isinstance(last, (list, dict)):
            raise _wrong("cursor", "format", _("翻页位置无效，请从第一页重新开始。"))
        step = "<" if descending else ">"
        if sort == "_id":
            conditions.append(f"_id {step} ?")
            values.append(row)
        elif last is None:
            conditions.append(f"({column} IS NULL AND _id > ?)")
            values.append(row)
        else:
            mark = sql._mark(sql.types[sort])
            conditions.append(f"({column} {step} {mark} OR ({column} = {mark} AND _id > ?) OR {column} IS NULL)")
            values += [sql._value(sort, str(last)), sql._value(sort, str(last)), row]
    elif offset and not conditions and sort == "_id" and not descending:
        conditions.append("_id > ?")  # rows are numbered without gaps: no need to read those before
        values.append(min(offset, 2**62))
        offset = 0
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = f"{column} {'DESC' if descending else 'ASC'} NULLS LAST" + ("" if sort == "_id" else ", _id")
    wanted = list(dict.fromkeys([*sql.names, "_id", sort]))
    statement = (
        f"SELECT {', '.join(map(quoted, wanted))} FROM {sql.source}{where} ORDER BY {order} LIMIT {size + 1}"  # noqa: S608
        + (f" OFFSET {min(offset, 2**62)}" if offset else "")
    )
    found = [dict(zip(wanted, row, strict=True)) for row in _ask(statement, values)]
    more = ""
    if size and len(found) > size:
        found = found[:size]
        more = _encode([edition.number, question.sort, found[-1][sort], found[-1]["_id"]])
    items = [{name: _plain(row[name]) for name in sql.names} for row in found[:size]]
    return Rows(items, more, edition.rows if total and not sql.where else counted)


def _ask(statement: str, values: Sequence[Any]) -> list[Any]:
    cursor = store.cursor()
    try:
        with limited(cursor, SECONDS):
            return cursor.execute(statement, list(values)).fetchall()
    except duckdb.InterruptException:
        raise TooSlow(_("这个查询太慢了，请缩小范围，或者下载整个文件。")) from None
    except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException):
        raise _wrong("filter", "type", _("筛选条件里有不能用的值")) from None


def _plain(value: Any) -> Any:
    """A value as JSON has it: days and times in ISO, everything else as it is."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def batches(
    edition: Edition, path: Path, question: Question, *, batch: int = 20_000
) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """All rows that the question asks for, in the order of the file, a batch at a time, for a download.

    A connection of its own each: a download lasts, and its reader may go away in the middle.
    """
    sql = _Sql(edition, path, question)
    names = [name for name in sql.names if name != "_id"]
    statement = f"SELECT {', '.join(map(quoted, names))} FROM {sql.source}{sql.condition()}"  # noqa: S608
    cursor = store.cursor().cursor()
    relation = cursor.sql(statement, params=sql.values)
    assert relation is not None
    reader = relation.to_arrow_reader(batch)

    def each() -> Iterator[pa.RecordBatch]:
        try:
            yield from reader
        finally:
            cursor.close()

    return reader.schema, each()


def question_of(address: Mapping[str, Any], filters: Sequence[str], **more: Any) -> Question:
    """A question as an address asks it."""
    names = tuple(name for name in str(address.get("fields") or "").split(",") if name)
    return Question(
        tuple(filter_of(given) for given in filters),
        str(address.get("sort") or ""),
        names,
        str(address.get("q") or ""),
        **more,
    )
