"""Writing many new rows of several tables in one statement.

A round trip and the building of a statement cost more than the row itself. On PostgreSQL the rows of all tables go in one statement (common
table expressions); foreign keys between them hold because they are checked at the end of it. On the embedded store there is no round trip to
save, and each table gets its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import AutoField, Field, Model

MOST = 200  # rows in one statement: a protocol message stays small


def insert_together(instances: Sequence[Model]) -> None:
    """Insert new instances in their order. Like ``bulk_create``: no signals, and automatic keys are not read back."""
    for start in range(0, len(instances), MOST):
        batch = instances[start : start + MOST]
        groups: list[tuple[type[Model], list[Model]]] = [
            (model, list(rows)) for model, rows in groupby(batch, key=type)
        ]
        if connection.vendor == "postgresql":
            _one_statement(groups)
        else:
            for model, rows in groups:
                model._base_manager.bulk_create(rows)
        for instance in batch:
            instance._state.adding, instance._state.db = False, connection.alias


@lru_cache(maxsize=256)
def _fields(model: type[Model]) -> tuple[Field[Any, Any], ...]:
    return tuple(field for field in model._meta.local_concrete_fields if not isinstance(field, AutoField))


@lru_cache(maxsize=1024)
def _statement(shape: tuple[tuple[type[Model], int], ...]) -> str:
    """The statement for so many rows of these tables."""
    inserts = []
    for model, count in shape:
        fields = _fields(model)
        columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
        rows = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * count)
        table = connection.ops.quote_name(model._meta.db_table)
        inserts.append(f"INSERT INTO {table} ({columns}) VALUES {rows}")  # noqa: S608  # names of our own tables and columns
    named = [f"w{number} AS ({insert})" for number, insert in enumerate(inserts[:-1])]
    return f"WITH {', '.join(named)} {inserts[-1]}" if named else inserts[-1]


def _one_statement(groups: Iterable[tuple[type[Model], list[Model]]]) -> None:
    shape, values = [], []
    for model, rows in groups:
        shape.append((model, len(rows)))
        fields = _fields(model)
        for row in rows:
            values += [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(_statement(tuple(shape)), values)
