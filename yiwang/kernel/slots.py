"""Slots: how a room below lets a room above plug something in.

A room declares ``materials: Slot[MaterialSource] = Slot("materials")`` in its ``slots.py``; a room above calls
``materials.plug("library", LibrarySource())`` when it starts. Keys are checked against the registry, never stored as field
``choices``, so that a new plug needs no migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Slot(Generic[T]):
    """A registry of plugs of one kind, in the order in which they were plugged."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._plugs: dict[str, T] = {}

    def plug(self, key: str, value: T) -> T:
        """Register ``value`` as ``key``. A second plug with the same key is a programming error."""
        if key in self._plugs and self._plugs[key] is not value:
            raise ValueError(f"slot {self.name!r} already has a plug {key!r}")
        self._plugs[key] = value
        return value

    def __getitem__(self, key: str) -> T:
        try:
            return self._plugs[key]
        except KeyError:
            raise LookupError(f"slot {self.name!r} has no plug {key!r}; it has {sorted(self._plugs)}") from None

    def get(self, key: str) -> T | None:
        return self._plugs.get(key)

    def __contains__(self, key: object) -> bool:
        return key in self._plugs

    def __iter__(self) -> Iterator[str]:
        return iter(self._plugs)

    def items(self) -> list[tuple[str, T]]:
        return list(self._plugs.items())

    def values(self) -> list[T]:
        return list(self._plugs.values())

    @contextmanager
    def plugged(self, key: str, value: T) -> Iterator[T]:
        """Plug for the length of a test; the former plug, if any, comes back."""
        former = self._plugs.get(key)
        self._plugs[key] = value
        try:
            yield value
        finally:
            if former is None:
                self._plugs.pop(key, None)
            else:
                self._plugs[key] = former
