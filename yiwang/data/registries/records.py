"""Records of a batch of keys: what is known of each, and what is to be written. Private to this room."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from .models import Register, RegisterRecord
from .timelines import Entry, Timeline
from .writing import insert

GONE = ""  # the content hash of an observation that says: from this day nobody says anything of the key


@dataclass(slots=True)
class _Record(Entry):
    """An observation that is to be written, with its data and the one source that speaks ("" for several)."""

    data: dict[str, Any] = field(default_factory=dict)
    source: str = ""


class Records:
    """The observations of some keys of one register. Two queries to read and write, however many keys, and one for each kind of end."""

    def __init__(self, register: Register, keys: Collection[str], now: dt.datetime, load_id: UUID | None) -> None:
        self.register, self.now, self.load_id = register, now, load_id
        self.lines: dict[str, Timeline[Entry]] = {}
        self.sources: dict[str, str] = {}  # of the latest observation
        self._versions: dict[str, int] = {}
        self._latest: dict[str, int] = {}
        self._ended: list[int] = []
        self._touched: set[str] = set()
        rows = RegisterRecord.objects.filter(register=register, key_hash__in=keys).values_list(
            "pk", "key_hash", "content_hash", "version", "as_of", "until", "latest", "source"
        )
        known: dict[str, list[Entry]] = {}
        for pk, key, content_hash, version, as_of, until, latest, source in rows:
            self._versions[key] = max(version, self._versions.get(key, 0))
            if until is None:
                known.setdefault(key, []).append(Entry(as_of, content_hash, pk))
                if latest:
                    self._latest[key], self.sources[key] = pk, source
        for key, entries in known.items():
            self.lines[key] = Timeline(sorted(entries, key=lambda entry: entry.as_of))

    def holds(self, key: str) -> bool:
        """Whether the register says anything of ``key`` now."""
        line = self.lines.get(key)
        last = line.last() if line else None
        return last is not None and last.content_hash != GONE

    def place(self, key: str, day: dt.date, content_hash: str, data: dict[str, Any], source: str = "") -> bool:
        """Say that ``data`` holds from ``day`` on; whether that is new."""
        entry = _Record(day, content_hash, None, data, source)
        new, ended = self.lines.setdefault(key, Timeline()).place(entry)
        if new:
            self._touched.add(key)
            if ended is not None and ended.pk is not None:
                self._ended.append(ended.pk)
        return new

    def write(self) -> None:
        """Write what was placed, in the transaction under way."""
        rows: list[tuple[str, int, dict[str, Any], str, str, dt.date, bool]] = []
        demoted: list[int] = []
        ended = set(self._ended)
        for key in self._touched:
            line, version = self.lines[key], self._versions.get(key, 0)
            last = line.last()
            former = self._latest.get(key)
            if former is not None and former not in ended and last is not None and last.pk != former:
                demoted.append(former)
            for entry in line.entries:
                if isinstance(entry, _Record):
                    version += 1
                    rows.append(
                        (key, version, entry.data, entry.content_hash, entry.source, entry.as_of, entry is last)
                    )
        if ended:
            RegisterRecord.objects.filter(pk__in=ended).update(until=self.now)
        if demoted:
            RegisterRecord.objects.filter(pk__in=demoted).update(latest=False)
        insert(
            RegisterRecord, ("key_hash", "version", "data", "content_hash", "source", "as_of", "latest"), rows,
            register=self.register.pk, declared=self.register.version, since=self.now, until=None, load=self.load_id,
        )  # fmt: skip
