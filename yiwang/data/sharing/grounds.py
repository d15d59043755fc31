"""On which grant the node itself reads a register for an item: kept in memory, so that submitting an application asks the store for nothing more.

A change made by this process holds at once, one made by another within :data:`FRESH` seconds. Private to this room.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from .models import Grant
from .using import state_of

FRESH = 5.0
_LARGEST = 5_000
_lock = threading.Lock()
_known: dict[str, tuple[float, dict[str, Ground]]] = {}


@dataclass(frozen=True, slots=True)
class Ground:
    """A grant as a reader of the node needs it: which fields of a place, by what law. ``state`` is that of the moment it was read."""

    number: str
    basis: str
    place: str
    fields: frozenset[str]
    state: str


def forget() -> None:
    """Read again at the next need."""
    with _lock:
        _known.clear()


def ground(item: str, place: str, fields: Sequence[str]) -> Ground | None:
    """The grant by which ``fields`` of ``place`` may be read for ``item``; None when there is none that holds now."""
    now = time.monotonic()
    kept = _known.get(item)
    if kept is None or now > kept[0]:
        rows = Grant.objects.filter(item=item, by_law=True)
        found = {
            row.shape["place"]: Ground(
                row.number, row.basis, row.shape["place"],
                frozenset(field["name"] for field in (*row.shape["fields"], *row.shape["keys"])), state_of(row),
            )
            for row in rows
        }  # fmt: skip
        kept = (now + FRESH, found)
        with _lock:
            if len(_known) > _LARGEST:
                _known.clear()
            _known[item] = kept
    grant = kept[1].get(place)
    if grant is None or grant.state != "active" or set(fields) - grant.fields:
        return None
    return grant


def number(item: str, register: str, elements: Sequence[str]) -> str:
    """The number of the grant by which ``elements`` of a register may be read for an item, "" when there is none that holds."""
    found = ground(item, f"register:{register}", elements)
    return found.number if found is not None else ""
