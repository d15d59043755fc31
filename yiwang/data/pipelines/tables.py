"""The holder "lake": theme tables as other rooms read them. It checks no right and leaves no trace; who asks does both (ADR 0060)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.data.catalogue.resources import Change, Holding
from yiwang.data.engine.queries import connect, lake
from yiwang.kernel.refusals import Missing

from .merge_sql import OWN
from .models import Table
from .standard_sql import ident, text

if TYPE_CHECKING:
    import pyarrow as pa

SCHEME = "lake"
SEPARATOR = "|"


def table_at(place: str) -> Table:
    """The theme table at "lake:<code>". Raises :class:`Missing`."""
    scheme, _colon, code = place.partition(":")
    found = Table.objects.filter(code=code).exclude(current="").first() if scheme == SCHEME else None
    if found is None:
        raise Missing(_("没有这个主题库，或者它还没有数据。"))
    return found


def _file(table: Table) -> Path:
    return lake().path(table.current)


def _picked(table: Table, fields: Sequence[str]) -> list[str]:
    known = [field["name"] for field in table.fields]
    wanted = list(fields) or known
    if unknown := [name for name in wanted if name not in known]:
        raise LookupError(unknown[0])
    return wanted


def _plain(value: Any) -> Any:
    """As the rooms of data hand values on: ISO days, times with their zone."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=dt.UTC).isoformat()
    return value.isoformat() if isinstance(value, dt.date) else value


def key_of(table: Table, key: Mapping[str, Any]) -> str | None:
    """The key as the table writes it; None when a part is missing."""
    parts = [key.get(name) for name in table.key]
    return None if any(part is None for part in parts) else SEPARATOR.join(str(_plain(part)) for part in parts)


class LakeHolder:
    """Theme tables in Parquet."""

    def holding(self, place: str) -> Holding:
        table = table_at(place)
        return Holding(table.rows, table.as_of, table.updated_at)

    def look_up(
        self, place: str, keys: Sequence[Mapping[str, Any]], fields: Sequence[str]
    ) -> list[Mapping[str, Any] | None]:
        table = table_at(place)
        names = _picked(table, fields)
        wanted = [key_of(table, key) for key in keys]
        asked = [key for key in dict.fromkeys(wanted) if key is not None]
        if not asked:
            return [None] * len(wanted)
        with connect() as connection:
            rows = connection.execute(
                f"SELECT _key, {', '.join(map(ident, names))} FROM read_parquet({text(str(_file(table)))}) WHERE _key IN (SELECT unnest(?))",
                [asked],
            ).fetchall()
        found = {key: dict(zip(names, map(_plain, values), strict=True)) for key, *values in rows}
        return [found.get(key) if key is not None else None for key in wanted]

    def scan(self, place: str, fields: Sequence[str], *, batch: int = 10_000) -> Iterator[pa.RecordBatch]:
        table = table_at(place)
        names = _picked(table, fields)
        with connect() as connection:
            yield from connection.sql(
                f"SELECT {', '.join(map(ident, names))} FROM read_parquet({text(str(_file(table)))})"
            ).to_arrow_reader(batch)

    def changes(self, place: str, after: str, limit: int) -> list[Change]:
        """The newest state of each key that came, changed or went since ``after``, by version and key: a row that changed twice is told once."""
        table = table_at(place)
        names = [field["name"] for field in table.fields]
        version, _colon, key = after.partition(":")
        since, last = int(version or 0), key
        columns = ", ".join(map(ident, names))
        parts = [f"SELECT _version AS v, _key, FALSE AS gone, {columns} FROM read_parquet({text(str(_file(table)))})"]
        if past := [lake().path(name) for name in table.history]:
            files = ", ".join(text(str(path)) for path in past)
            parts.append(
                f"SELECT _ended AS v, _key, TRUE AS gone, {columns} FROM read_parquet([{files}], union_by_name=true) AS h WHERE _gone "
                f"AND NOT EXISTS (SELECT 1 FROM read_parquet({text(str(_file(table)))}) AS c WHERE c._key = h._key)"
            )
        with connect() as connection:
            rows = connection.execute(
                f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS x WHERE v > ? OR (v = ? AND _key > ?) ORDER BY v, _key LIMIT ?",
                [since, since, last, limit],
            ).fetchall()
        at = table.updated_at or timezone.now()
        found = []
        for v, own, gone, *values in rows:
            row = dict(zip(names, map(_plain, values), strict=True))
            found.append(Change(f"{v}:{own}", at, {name: row[name] for name in table.key}, None if gone else row))
        return found


def versions_of(table: Table, key: str) -> list[dict[str, Any]]:
    """Everything that was ever in force for a key, newest first."""
    names = [*(field["name"] for field in table.fields), *OWN]
    files = [_file(table), *(lake().path(name) for name in table.history)]
    listed = ", ".join(text(str(path)) for path in files)
    with connect() as connection:
        rows = connection.execute(
            f"SELECT {', '.join(map(ident, names))} FROM read_parquet([{listed}], union_by_name=true) WHERE _key = ? "
            "ORDER BY valid_to IS NOT NULL, _version DESC LIMIT 100",
            [key],
        ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]
