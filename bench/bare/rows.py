"""The rows that one act wrote, read back from the store, and copies of their tables without keys to other tables or triggers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from psycopg import Connection, sql


@dataclass(frozen=True, slots=True)
class Written:
    """The rows of one table: ``columns`` with their PostgreSQL types, and the values of each row."""

    table: str
    columns: dict[str, str]
    rows: list[list[Any]] = field(default_factory=list)

    @property
    def copy(self) -> str:
        return f"bare_{self.table}"


def written(connection: Connection[Any], wheres: dict[str, tuple[str, Any]]) -> list[Written]:
    """Read the rows that match in each table: table -> (condition, parameter)."""
    found = []
    for table, (condition, value) in wheres.items():
        types = connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position",
            [table],
        ).fetchall()
        query = sql.SQL("SELECT * FROM {} WHERE " + condition).format(sql.Identifier(table))
        rows = [list(row) for row in connection.execute(query, [value]).fetchall()]
        assert rows, f"the act wrote nothing into {table}"
        found.append(Written(table, dict(types), rows))
    return found


def make_copies(connection: Connection[Any], tables: list[Written]) -> None:
    """Empty tables with the same columns, checks and indexes."""
    for each in tables:
        names = {"copy": sql.Identifier(each.copy), "table": sql.Identifier(each.table)}
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {copy}").format(**names))
        connection.execute(sql.SQL("CREATE TABLE {copy} (LIKE {table} INCLUDING ALL)").format(**names))


def as_json(tables: list[Written]) -> str:
    """The rows for another process."""
    return json.dumps(
        [{"table": t.table, "columns": t.columns, "rows": [[_plain(v) for v in row] for row in t.rows]} for t in tables]
    )


def _plain(value: Any) -> Any:
    if isinstance(value, (bytes, memoryview)):
        return {"hex": bytes(value).hex()}
    if value is None or isinstance(value, (bool, int, str, dict, list)):
        return value
    return str(value)


def from_json(text: str) -> list[Written]:
    return [
        Written(
            t["table"],
            t["columns"],
            [[_value(v, kind) for v, kind in zip(row, t["columns"].values(), strict=True)] for row in t["rows"]],
        )
        for t in json.loads(text)
    ]


def _value(value: Any, kind: str) -> Any:
    if kind == "bytea" and value is not None:
        return bytes.fromhex(value["hex"])
    if kind == "uuid" and value is not None:
        return UUID(value)
    return value
