"""What rooms above may plug into open data: tables that the node itself knows, opened like any other resource.

A resource whose place is "node:<key>" is read from the table plugged under that key.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _

from yiwang.data.catalogue.resources import Change, FieldType, Holding
from yiwang.data.catalogue.slots import holders
from yiwang.kernel.refusals import Missing
from yiwang.kernel.slots import Slot


@dataclass(frozen=True, slots=True)
class NodeTable:
    """A table that a room makes of what it knows anyway: no personal data, not too large to be made anew each time.

    ``rows`` yields one mapping for each row with the names of ``columns``, which map to the catalogue's types.
    """

    columns: Mapping[str, FieldType]
    rows: Callable[[], Iterator[Mapping[str, Any]]]


tables: Slot[NodeTable] = Slot("tables of the node")
# Days and times cross as ISO text, as the catalogue says.
_ARROW = {"integer": pa.int64(), "money": pa.int64(), "decimal": pa.float64(), "boolean": pa.bool_()}


class NodeHolder:
    """Reads the tables of the node (scheme "node"). See :class:`yiwang.data.catalogue.resources.Holder`."""

    def _table(self, place: str) -> NodeTable:
        found = tables.get(place.partition(":")[2])
        if found is None:
            raise Missing(_("没有找到这份数据存放的地方：%(place)s") % {"place": place})
        return found

    def holding(self, place: str) -> Holding:
        self._table(place)
        return Holding(0, dt.date.today(), None)  # the table is made when it is asked for

    def look_up(
        self, place: str, keys: Sequence[Mapping[str, Any]], fields: Sequence[str]
    ) -> list[Mapping[str, Any] | None]:
        rows = list(self._table(place).rows())
        return [
            next(
                (
                    {name: row.get(name) for name in fields}
                    for row in rows
                    if all(row.get(k) == v for k, v in key.items())
                ),
                None,
            )
            for key in keys
        ]

    def scan(self, place: str, fields: Sequence[str], *, batch: int = 10_000) -> Iterator[pa.RecordBatch]:
        table = self._table(place)
        schema = pa.schema([(name, _ARROW.get(table.columns[name], pa.string())) for name in fields])
        held: list[dict[str, Any]] = []
        for row in table.rows():
            held.append({name: row.get(name) for name in fields})
            if len(held) == batch:
                yield pa.RecordBatch.from_pylist(held, schema)
                held = []
        if held:
            yield pa.RecordBatch.from_pylist(held, schema)

    def changes(self, place: str, after: str, limit: int) -> list[Change]:
        """A table that is made anew each time remembers no changes."""
        return []


holders.plug("node", NodeHolder())
