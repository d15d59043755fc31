"""The bare limit of an act: the rows that it wrote, written again by the bare driver in one transaction, with keys of their own."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

_INSERTS = re.compile(r"^\s*(INSERT|WITH w0 AS \(INSERT)", re.I)
_CHANGES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|WITH w0 AS \(INSERT)", re.I)
_UUID = re.compile(r"^[0-9a-f]{32}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


@dataclass
class Statements:
    """What was asked of the store: all statements, and those that change something with their parameters."""

    began_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    count: int = 0
    changes: list[tuple[str, list[Any]]] = field(default_factory=list)

    def fresh(self) -> list[tuple[str, list[Any]]]:
        """The changes again, with other keys in the place of those that the act made."""
        new: dict[str, UUID] = {}
        named = {str(value) for sql, values in self.changes if not _INSERTS.match(sql) for value in values}

        def other(value: Any) -> Any:
            if isinstance(value, list):  # PostgreSQL takes the rows of a statement by columns
                return [other(each) for each in value]
            text = str(value)
            if not isinstance(value, (UUID, str)) or not _UUID.match(text):
                return value
            made_at = int(text.replace("-", "")[:12], 16)  # of a UUID of version 7, in ms
            if made_at < self.began_ms or (UUID(text).version != 7 and text in named):
                return value
            found = new.setdefault(text, uuid4())
            return found if isinstance(value, UUID) else found.hex if len(text) == 32 else str(found)

        return [(sql, [other(value) for value in values]) for sql, values in self.changes]


@contextmanager
def watched() -> Iterator[Statements]:
    """Count the statements of the block and keep those that change something."""
    from django.db import connection

    found = Statements()

    def look(execute: Callable[..., Any], sql: str, values: Any, many: bool, context: Any) -> Any:
        found.count += 1
        if _CHANGES.match(sql):
            found.changes.append((sql, list(values or ())))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(look):
        yield found


def write(changes: list[tuple[str, list[Any]]]) -> None:
    """Perform the changes in one durable transaction by the driver's own cursor."""
    from django.db import connection

    connection.ensure_connection()
    raw = connection.connection
    if connection.vendor == "sqlite":
        raw.execute("BEGIN IMMEDIATE")
        for sql, values in changes:
            raw.execute(sql.replace("%s", "?"), values)
        raw.execute("COMMIT")
        return
    with raw.transaction(), raw.cursor() as cursor:
        for sql, values in changes:
            cursor.execute(sql, values)
