"""Questions that nearly every request asks: put into SQL once for each process, and kept ready by the store.

Django builds the SQL of a queryset anew each time it is read, and PostgreSQL parses and plans it anew. For a question that is asked
many times a second this costs more than the answer. A :class:`Prepared` question is an ordinary queryset in which what differs from
time to time is :class:`Given`; its SQL is built at its first use, and afterwards only run (ADR 0051).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.query import ModelIterable, ValuesListIterable

R = TypeVar("R")


class Given(Expression):
    """A place in a queryset that each asking fills: ``Draft.objects.filter(id=Given("id", UUIDField()))``."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


@dataclass(frozen=True, slots=True)
class _Built:
    """The SQL of a queryset, its values (some of them :class:`Given`), and how to make a result of a row."""

    sql: str
    values: tuple[Any, ...]
    model: type[Model] | None  # None: rows are tuples
    names: tuple[str, ...]
    converters: tuple[tuple[int, Sequence[Callable[..., Any]], Any], ...]

    def result(self, row: Sequence[Any], store: Any) -> Any:
        values = list(row)
        for place, convert, expression in self.converters:
            for converter in convert:
                values[place] = converter(values[place], expression, store)
        return tuple(values) if self.model is None else self.model.from_db(store.alias, self.names, values)


class Prepared(Generic[R]):
    """A question made of ``build()``: a queryset of whole rows of one table, or a ``values_list``. Nothing may depend on who asks."""

    def __init__(self, build: Callable[[], QuerySet[Any, R]]) -> None:
        self._build = build

    @cached_property
    def _built(self) -> _Built:
        rows = self._build()
        compiler = rows.query.get_compiler(connection=connection)
        sql, values = compiler.as_sql()
        columns = [column for column, _sql, _alias in compiler.select]
        found = compiler.get_converters(columns)
        converters = tuple((place, tuple(each), expression) for place, (each, expression) in found.items())
        if rows._iterable_class is ValuesListIterable:
            return _Built(sql, tuple(values), None, (), converters)
        plain = rows._iterable_class is ModelIterable and not compiler.klass_info.get("related_klass_infos")
        assert plain, "a prepared question is of whole rows of one table, or a values_list"
        return _Built(sql, tuple(values), rows.model, tuple(column.target.attname for column in columns), converters)

    def all(self, **given: Any) -> list[R]:
        """What the queryset finds when its places are filled with ``given``."""
        built, store = self._built, connections[DEFAULT_DB_ALIAS]  # the proxy would look it up at each use
        values = [
            each.output_field.get_db_prep_value(given[each.name], store) if isinstance(each, Given) else each
            for each in built.values
        ]
        with prepared_cursor() as cursor:
            cursor.execute(built.sql, values)
            rows = cursor.fetchall()
        return [built.result(row, store) for row in rows]

    def first(self, **given: Any) -> R | None:
        """The first of what is found. The queryset itself says how many there can be: nothing is cut off in the store."""
        return next(iter(self.all(**given)), None)


def prepared_cursor() -> Any:
    """A cursor whose statements the store keeps ready, if it can (:mod:`yiwang.config.postgresql`)."""
    return getattr(connection, "prepared_cursor", connection.cursor)()
