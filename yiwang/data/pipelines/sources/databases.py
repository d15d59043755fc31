"""Pulling from a department's database: PostgreSQL, MySQL and MariaDB, SQLite; all of a table, or what is new by a time stamp or a key.

Only SELECT is sent, in a transaction that may only read. Rows are streamed: a table need not fit into memory.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pymysql
import pymysql.cursors
import sqlglot
from django.utils.translation import gettext as _
from sqlglot import exp
from sqlglot.errors import SqlglotError

from yiwang.config.environment import environment
from yiwang.data.pipelines import formats
from yiwang.data.pipelines.slots import Asked, Pulled, Row
from yiwang.kernel.refusals import Invalid, Problem

AT_ONCE = 5_000
SECONDS = 10
_DIALECTS = {"postgres": "postgres", "postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite"}


class Unreachable(Invalid):
    """The database does not answer, or not as it did."""

    code = "source-unreachable"


def _query(options: Mapping[str, Any], dialect: str) -> exp.Select:
    if options.get("query"):
        found = sqlglot.parse_one(str(options["query"]), dialect=dialect)
        if not isinstance(found, exp.Query):
            raise ValueError("no SELECT")
        return exp.select("*").from_(found.subquery("asked"))
    return exp.select("*").from_(exp.to_table(str(options["table"]), dialect=dialect))


class DatabaseSource:
    """``url`` (postgres://, mysql://, sqlite:///file), ``table`` or ``query``, ``by`` (all, time, key) with its ``column``.

    The password is no part of a declaration: it is read from the environment variable that ``password`` names.
    """

    def check(self, options: Mapping[str, Any]) -> list[Problem]:
        found = []
        parts = urlsplit(str(options.get("url", "")))
        dialect = _DIALECTS.get(parts.scheme, "")
        if not dialect:
            found.append(Problem("url", "format", _("数据库地址应以 postgres://、mysql:// 或 sqlite:/// 开头。")))
        if parts.password:
            found.append(Problem("url", "password", _("密码不要写在声明里，请写进环境变量，再用 password 写变量名。")))
        if bool(options.get("table")) == bool(options.get("query")):
            found.append(Problem("table", "required", _("请写表名（table）或查询语句（query），只写一个。")))
        elif dialect:
            try:
                _query(options, dialect)
            except (SqlglotError, ValueError):
                found.append(Problem("query", "select", _("只能写一条 SELECT 语句。")))
        by = options.get("by", "all")
        if by not in ("all", "time", "key"):
            found.append(Problem("by", "choice", _("取数方式可以写 all、time、key。")))
        elif by != "all" and not options.get("column"):
            found.append(Problem("column", "required", _("请写按哪一列取新数据。")))
        return found

    def pull(self, asked: Asked) -> Pulled:
        url = str(asked.options["url"])
        parts = urlsplit(url)
        dialect = _DIALECTS[parts.scheme]
        query, values = _query(asked.options, dialect), []
        by, column = asked.options.get("by", "all"), str(asked.options.get("column", ""))
        if by != "all":
            place = exp.column(column, quoted=True)
            bounds = [("since", exp.GTE), ("until", exp.LT)]
            if not asked.wanted.get("since") and asked.cursor:
                # By time the last moment is asked for again: a row may have been written in it after we looked. By key it is not.
                query = query.where((exp.GTE if by == "time" else exp.GT)(this=place, expression=exp.Placeholder()))
                values.append(asked.cursor)
            for name, sign in bounds:
                if asked.wanted.get(name):
                    query = query.where(sign(this=place.copy(), expression=exp.Placeholder()))
                    values.append(str(asked.wanted[name]))
            query = query.order_by(place.copy())
        lines = _stream(dialect, parts, query, values, os.environ.get(str(asked.options.get("password", "")), ""))
        try:
            names = next(lines)
        except (psycopg.Error, pymysql.Error, sqlite3.Error, OSError) as error:
            raise Unreachable(_("数据库没有答复：%(why)s") % {"why": _safe(error)}) from None
        last = {"at": asked.cursor}
        index = list(names).index(column) if by != "all" and column in names else -1

        def rows() -> Iterator[Row]:
            try:
                for line in lines:
                    row = [formats.words(value) for value in line]
                    if index >= 0 and row[index] is not None:
                        last["at"] = str(row[index])
                    yield row
            except (psycopg.Error, pymysql.Error, sqlite3.Error, OSError) as error:
                raise Unreachable(_("读取数据库时中断：%(why)s") % {"why": _safe(error)}) from None

        where = f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
        back = bool(asked.wanted.get("since") or asked.wanted.get("until"))
        return Pulled(
            f"{where} · {asked.options.get('table') or _('查询')}"[:200], columns=formats.columns_of(names), rows=rows(),
            cursor=lambda: asked.cursor if back else last["at"],
        )  # fmt: skip


def _safe(error: Exception) -> str:
    """The first line of what the database said, without the values of rows."""
    return str(error.args[-1] if isinstance(error, pymysql.Error) and error.args else error).splitlines()[0][:160]


def _stream(dialect: str, parts: Any, query: exp.Select, values: list[str], password: str) -> Iterator[Any]:
    """The names of the columns, then the rows."""
    if dialect == "sqlite":
        yield from _sqlite(parts, query, values)
    elif dialect == "postgres":
        yield from _postgres(parts, query, values, password)
    else:
        yield from _mysql(parts, query, values, password)


def _with_places(query: exp.Select, dialect: str) -> str:
    """The text for drivers that write places as %s, where a per cent sign stands twice."""
    text = query.transform(lambda node: exp.Var(this="\x00") if isinstance(node, exp.Placeholder) else node).sql(
        dialect=dialect
    )
    return text.replace("%", "%%").replace("\x00", "%s")


def _sqlite(parts: Any, query: exp.Select, values: list[str]) -> Iterator[Any]:
    path = Path(unquote(parts.path.removeprefix("/")) if not parts.path.startswith("//") else unquote(parts.path[1:]))
    path = path if path.is_absolute() else environment.data_dir / path
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=SECONDS)) as connection:
        cursor = connection.execute(query.sql(dialect="sqlite"), values)
        yield [item[0] for item in cursor.description]
        yield from cursor


def _postgres(parts: Any, query: exp.Select, values: list[str], password: str) -> Iterator[Any]:
    with (
        psycopg.connect(
            host=parts.hostname, port=parts.port or 5432, user=unquote(parts.username or ""), password=password or None,
            dbname=parts.path.strip("/"), connect_timeout=SECONDS, options="-c default_transaction_read_only=on",
        ) as connection,
        connection.cursor(name="yiwang_pull") as cursor,
    ):  # fmt: skip
        cursor.itersize = AT_ONCE
        cursor.execute(_with_places(query, "postgres"), values or None) if values else cursor.execute(
            query.sql(dialect="postgres")
        )
        yield [item.name for item in cursor.description or ()]
        yield from cursor


def _mysql(parts: Any, query: exp.Select, values: list[str], password: str) -> Iterator[Any]:
    with closing(  # noqa: SIM117  # the cursor is of the connection
        pymysql.connect(
            host=parts.hostname or "127.0.0.1", port=parts.port or 3306, user=unquote(parts.username or ""), password=password,
            database=parts.path.strip("/"), charset="utf8mb4", connect_timeout=SECONDS, cursorclass=pymysql.cursors.SSCursor,
        )
    ) as connection:  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("START TRANSACTION READ ONLY")
            cursor.execute(_with_places(query, "mysql") if values else query.sql(dialect="mysql"), values or None)
            yield [item[0] for item in cursor.description or ()]
            yield from cursor
