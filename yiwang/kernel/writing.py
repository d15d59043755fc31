"""Writing many new and changed rows of several tables in one statement.

A round trip and the building of a statement cost more than the row itself. On PostgreSQL the rows of all tables go in one statement (common
table expressions); foreign keys between them hold because they are checked at the end of the transaction. On the embedded store there is
no round trip to save, and each table gets its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import AutoField, Field, Model

from .prepared import prepared_cursor

MOST = 200  # rows in one statement: a protocol message stays small
Change = tuple[Model, tuple[str, ...]]  # a row, and the names of the fields to write
_Fields = tuple[Field[Any, Any], ...]


def write_together(new: Sequence[Model], changed: Sequence[Change] = ()) -> None:
    """Write the changed fields of rows, and insert new instances in their order.

    Like ``bulk_create`` and ``update``: no signals, automatic keys are not read back. No row may be in ``changed`` twice. A new row may
    take a unique place that a changed one leaves.
    """
    if connection.vendor == "postgresql":
        # The parts of one statement come in no order, so a table with both kinds of rows has its changes first.
        both = {type(row) for row in new} & {type(row) for row, _names in changed}
        _in_statements((), [change for change in changed if type(change[0]) in both])
        _in_statements(new, [change for change in changed if type(change[0]) not in both])
    else:
        for row, names in changed:
            values = {field.attname: getattr(row, field.attname) for field in _updated(type(row), names)}
            type(row)._base_manager.filter(pk=row.pk).update(**values)
        model: type[Model]
        for model, rows in groupby(new, key=type):
            model._base_manager.bulk_create(list(rows), batch_size=MOST)
    for instance in new:
        instance._state.adding, instance._state.db = False, connection.alias


def _in_statements(new: Sequence[Model], changed: Sequence[Change]) -> None:
    while new or changed:
        _one_statement(new[:MOST], changed[:MOST])
        new, changed = new[MOST:], changed[MOST:]


@lru_cache(maxsize=256)
def _inserted(model: type[Model]) -> _Fields:
    return tuple(field for field in model._meta.local_concrete_fields if not isinstance(field, AutoField))


@lru_cache(maxsize=256)
def _updated(model: type[Model], names: tuple[str, ...]) -> _Fields:
    return tuple(model._meta.get_field(name) for name in names)  # type: ignore[misc]


@lru_cache(maxsize=1024)
def _statement(inserts: tuple[tuple[type[Model], int], ...], updates: tuple[tuple[type[Model], _Fields], ...]) -> str:
    """The statement that writes so many rows of these tables, and changes one row for each of ``updates``."""
    quoted = connection.ops.quote_name
    parts = []
    for model, count in inserts:
        fields = _inserted(model)
        columns = ", ".join(quoted(str(field.column)) for field in fields)
        rows = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * count)
        parts.append(f"INSERT INTO {quoted(model._meta.db_table)} ({columns}) VALUES {rows}")  # noqa: S608  # names of our own tables and columns
    for model, fields in updates:
        columns = ", ".join(f"{quoted(str(field.column))} = %s" for field in fields)
        key = quoted(str(model._meta.pk.column))
        parts.append(f"UPDATE {quoted(model._meta.db_table)} SET {columns} WHERE {key} = %s")  # noqa: S608
    named = [f"w{number} AS ({part})" for number, part in enumerate(parts[:-1])]
    return f"WITH {', '.join(named)} {parts[-1]}" if named else parts[-1]


def _one_statement(new: Sequence[Model], changed: Sequence[Change]) -> None:
    store = connections[DEFAULT_DB_ALIAS]  # asked for once: the proxy looks it up at each use
    values: list[Any] = []
    inserts: list[tuple[type[Model], int]] = []
    updates: list[tuple[type[Model], _Fields]] = []
    for model, group in groupby(new, key=type):
        rows, fields = list(group), _inserted(model)
        inserts.append((model, len(rows)))
        for row in rows:
            values += [field.get_db_prep_save(field.pre_save(row, True), store) for field in fields]
    for row, names in changed:
        fields = _updated(type(row), names)
        updates.append((type(row), fields))
        values += [field.get_db_prep_save(getattr(row, field.attname), store) for field in fields]
        values.append(row.pk)
    with prepared_cursor() as cursor:
        cursor.execute(_statement(tuple(inserts), tuple(updates)), values)
