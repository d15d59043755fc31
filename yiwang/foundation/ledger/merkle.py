"""The hash tree of RFC 9162 as arithmetic: no store, no settings; what a verifier needs offline.

A tree of ``n`` leaves splits at the largest power of two below ``n``. Indexes count from 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    """The leaf hash: SHA-256 over 0x00 and the content."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256 over 0x01 and the two below it."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two below ``size`` (at least 2)."""
    return 1 << (size - 1).bit_length() - 1


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over ``hashes``, whose number is a power of two."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


class Frontier:
    """A tree that only grows, in memory: the roots of its complete subtrees, at most one for each power of two."""

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[tuple[int, bytes]] = []  # (height, hash), highest first

    def add(self, leaf: bytes) -> None:
        height = 0
        while self._roots and self._roots[-1][0] == height:
            leaf = node_hash(self._roots.pop()[1], leaf)
            height += 1
        self._roots.append((height, leaf))
        self.size += 1

    def root(self) -> bytes:
        if not self._roots:
            return EMPTY
        whole = self._roots[-1][1]
        for _height, left in reversed(self._roots[:-1]):
            whole = node_hash(left, whole)
        return whole


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over all ``leaves``."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.add(leaf)
    return frontier.root()


def root_from_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root that ``path`` gives for ``leaf`` at ``index`` in a tree of ``size`` (RFC 9162, 2.1.3.2); None if it cannot."""
    if not 0 <= index < size:
        return None
    place, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    return found if last == 0 else None


def consistent(first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether ``path`` proves that the tree of size ``first`` is a beginning of the one of ``second`` (RFC 9162, 2.1.4.2)."""
    if first == second:
        return not path and first_root == second_root
    if not 0 < first < second or not path:
        return False
    parts = list(path)
    if first & (first - 1) == 0:
        parts.insert(0, first_root)
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = parts[0]
    for part in parts[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(part, old), node_hash(part, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, part)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
