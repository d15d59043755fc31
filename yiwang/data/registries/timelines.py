"""Observations of one key over valid days, as far as they are known now (ADR 0066). Private to this room."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Generic, TypeVar


@dataclass(slots=True)
class Entry:
    """One observation: from ``as_of`` on, the content with this hash. ``pk`` is None for one that is not written yet."""

    as_of: dt.date
    content_hash: str
    pk: int | None = None


E = TypeVar("E", bound=Entry)


@dataclass(slots=True)
class Timeline(Generic[E]):
    """The known observations of a key in the order of their days; at most one for a day."""

    entries: list[E] = field(default_factory=list)

    def index(self, day: dt.date) -> int:
        """The place of the observation in force on ``day``; -1 before the first."""
        return bisect_right([entry.as_of for entry in self.entries], day) - 1

    def at(self, day: dt.date) -> E | None:
        """The observation in force on ``day``."""
        place = self.index(day)
        return self.entries[place] if place >= 0 else None

    def last(self) -> E | None:
        return self.entries[-1] if self.entries else None

    def place(self, entry: E) -> tuple[bool, E | None]:
        """Enter an observation: whether it says anything new, and the one of the same day that it ends."""
        place = self.index(entry.as_of)
        present = self.entries[place] if place >= 0 else None
        if present is not None and present.content_hash == entry.content_hash:
            return False, None
        if present is not None and present.as_of == entry.as_of:
            self.entries[place] = entry
            return True, present
        self.entries.insert(place + 1, entry)
        return True, None
