"""The arithmetic of RFC 9162 against its own definition, written down naively."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiwang.foundation.ledger import merkle

LEAVES = [merkle.leaf_hash(str(number).encode()) for number in range(70)]


def mth(leaves: list[bytes]) -> bytes:
    """Merkle Tree Hash, as section 2.1.1 defines it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH, as section 2.1.3.1 defines it."""
    if len(leaves) <= 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def proof(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF, as section 2.1.4.1 defines it."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*proof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*proof(m - k, leaves[k:], False), mth(leaves[:k])]


def test_the_empty_tree_and_one_leaf() -> None:
    assert merkle.root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.root_of(LEAVES[:1]) == LEAVES[0]
    # The leaf over no content, a known answer of certificate transparency.
    assert merkle.leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@pytest.mark.parametrize("size", range(1, 70))
def test_roots_and_every_path(size: int) -> None:
    leaves = LEAVES[:size]
    root = merkle.root_of(leaves)
    assert root == mth(leaves)
    for index in range(size):
        good = path(index, leaves)
        assert merkle.root_from_inclusion(index, size, leaves[index], good) == root
        assert merkle.root_from_inclusion((index + 1) % size, size, leaves[index], good) != root or size == 1
        assert merkle.root_from_inclusion(index, size, leaves[index], [*good, root]) is None
        if good:
            assert merkle.root_from_inclusion(index, size, leaves[index], good[:-1]) is None


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 255))
def test_consistency(one: int, other: int, flip: int) -> None:
    first, second = sorted((one, other))
    roots = mth(LEAVES[:first]), mth(LEAVES[:second])
    good = proof(first, LEAVES[:second])
    assert merkle.consistent(first, second, *roots, good)
    if first < second:
        assert not merkle.consistent(first, second, roots[1], roots[1], good)
        assert not merkle.consistent(first, second, *roots, [*good, roots[0]])
        spoilt = list(good)
        spoilt[flip % len(good)] = merkle.EMPTY
        assert not merkle.consistent(first, second, *roots, spoilt)
