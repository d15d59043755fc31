"""What rooms above plug into mandates: the matters for which one can be given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from yiwang.kernel.slots import Slot


class Matters(Protocol):
    """The things that can be done on this node, each with a code and a name."""

    def find(self, text: str, kind: str) -> list[tuple[str, str]]:
        """Matters (code, name) for a ``kind`` of party whose name has ``text``; the usual ones for none. At most 30."""
        ...

    def names(self, codes: Iterable[str]) -> dict[str, str]:
        """Those of ``codes`` that there are, in words."""
        ...


matters: Slot[Matters] = Slot("mandates.matters")


def find(text: str, kind: str) -> list[tuple[str, str]]:
    """The matters of all rooms that fit."""
    return [found for plug in matters.values() for found in plug.find(text, kind)]


def names(codes: Iterable[str]) -> dict[str, str]:
    """Matters in words, by code."""
    codes = list(codes)
    return {code: name for plug in matters.values() for code, name in plug.names(codes).items()} if codes else {}
