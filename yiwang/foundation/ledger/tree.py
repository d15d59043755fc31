"""The tree behind the entries: places given, complete subtrees kept, roots and proofs read back.

Kept are the leaves and the roots of complete subtrees of 256, 256², … leaves. A proof reads at most two blocks of 256 hashes
on each of these levels and computes what lies between.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction
from django.db.models import BigIntegerField

from yiwang.kernel.prepared import Given, Prepared

from .heads import newest, sign_head, signing
from .merkle import EMPTY, fold, node_hash, split
from .models import Head, Leaf, Node, Waiting

WIDTH = 256  # hashes in a block; the step from one kept level to the next
STEP = 8  # binary levels in that step
BATCH = 8192  # entries placed in one transaction
_LOCK = 0x7969_6C65_6467_6572  # of PostgreSQL's advisory locks; SQLite has one writer anyway
_BETWEEN = {"index__gte": Given("first", BigIntegerField()), "index__lt": Given("after", BigIntegerField())}
_LEAVES = Prepared(lambda: Leaf.objects.filter(**_BETWEEN).order_by("index").values_list("index", "hash"))
_NODES = Prepared(
    lambda: (
        Node.objects.filter(level=Given("level", BigIntegerField()), **_BETWEEN)
        .order_by("index")
        .values_list("index", "hash")
    )
)
# One statement, so that rows do not travel: twice as fast as writing them one by one. Runs on both stores.
_TAKE = """
INSERT INTO ledger_leaf ("index", entry_id, hash)
SELECT %s + row_number() OVER (ORDER BY taken.entry_id) - 1, taken.entry_id, taken.leaf
FROM (
    SELECT waiting.entry_id, entry.leaf
    FROM ledger_waiting AS waiting JOIN ledger_entry AS entry ON entry.id = waiting.entry_id
    ORDER BY waiting.entry_id LIMIT %s
) AS taken
"""


class Damaged(RuntimeError):
    """The kept tree has a hole. `yiwang ledger audit` says where."""


def bring_forward() -> Head | None:
    """Give every committed entry that waits its place and sign a head over them; returns the newest head.

    Any number of processes may call this at any time: one does it, the others wait for it. Idempotent. None while the log
    is empty.
    """
    while True:
        head = newest()
        if not Waiting.objects.exists() and not _outdated(head):
            return head
        with transaction.atomic():
            _lock()
            head = newest()
            size = head.size if head else 0
            placed = _place(size, BATCH)
            if placed or _outdated(head):
                head = sign_head(size + placed, Reader().root(size + placed))
        if placed < BATCH:
            return head


def _outdated(head: Head | None) -> bool:
    """Whether the signing key has changed since: receipts carry one chain of certificates, for head and receipt."""
    return head is not None and head.key != signing().key.version


def _lock() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _place(size: int, most: int) -> int:
    """Take up to ``most`` waiting entries into the tree of ``size``; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [size, most])
    rows = Leaf.objects.filter(index__gte=size).order_by("index").values_list("hash", flat=True)
    hashes = [bytes.fromhex(value) for value in rows]
    if hashes:
        _keep_subtrees(size, hashes)
        Waiting.objects.filter(entry_id__in=Leaf.objects.filter(index__gte=size).values("entry_id")).delete()
    return len(hashes)


def _keep_subtrees(count: int, added: list[bytes]) -> None:
    """Keep the roots of the subtrees that ``added`` leaves complete, behind the ``count`` that were there."""
    level = 0
    reader = Reader()
    while (count + len(added)) // WIDTH > count // WIDTH:
        block = count // WIDTH
        row = reader.hashes(level, block * WIDTH, count) + added
        above = [fold(row[i : i + WIDTH]) for i in range(0, len(row) - len(row) % WIDTH, WIDTH)]
        level += 1
        Node.objects.bulk_create(Node(level=level, index=block + i, hash=root.hex()) for i, root in enumerate(above))
        count, added = block, above


class Reader:
    """Reads hashes of the tree, each block once. For one proof or one batch; not kept longer."""

    def __init__(self) -> None:
        self._blocks: dict[tuple[int, int], list[bytes]] = {}

    def hashes(self, level: int, start: int, stop: int) -> list[bytes]:
        """The hashes ``start`` … ``stop`` of one kept level; at most a block, and within one."""
        if start == stop:
            return []
        block = start // WIDTH
        found = self._blocks.get((level, block))
        if found is None or len(found) < stop - block * WIDTH:
            between = {"first": block * WIDTH, "after": (block + 1) * WIDTH}
            listed = _NODES.all(level=level, **between) if level else _LEAVES.all(**between)
            found = [bytes.fromhex(value) for _index, value in listed]
            if [index for index, _value in listed] != list(range(block * WIDTH, block * WIDTH + len(found))):
                raise Damaged(f"a hash is missing in block {block} of level {level}")
            self._blocks[level, block] = found
        part = found[start - block * WIDTH : stop - block * WIDTH]
        if len(part) != stop - start:
            raise Damaged(f"hashes are missing at the end of block {block} of level {level}")
        return part

    def subtree(self, height: int, index: int) -> bytes:
        """The root of the complete subtree of 2 ** ``height`` leaves that is the ``index``-th of its kind."""
        level, rest = divmod(height, STEP)
        return fold(self.hashes(level, index << rest, (index + 1) << rest))

    def span(self, start: int, stop: int) -> bytes:
        """The root over the leaves ``start`` … ``stop``, which a tree would hold in one node."""
        size = stop - start
        if size & (size - 1) == 0:
            height = size.bit_length() - 1
            return self.subtree(height, start >> height)
        middle = start + split(size)
        return node_hash(self.span(start, middle), self.span(middle, stop))

    def root(self, size: int) -> bytes:
        """The root of the tree when it had ``size`` leaves."""
        return self.span(0, size) if size else EMPTY

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The path from leaf ``index`` to the root of the tree of ``size`` (RFC 9162, 2.1.3.1), from the leaf up."""
        if not 0 <= index < size:
            raise ValueError("there is no such leaf in a tree of this size")
        start, stop, path = 0, size, []
        while stop - start > 1:
            middle = start + split(stop - start)
            if index < middle:
                path.append(self.span(middle, stop))
                stop = middle
            else:
                path.append(self.span(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, first: int, second: int) -> list[bytes]:
        """The proof that the tree of ``first`` leaves is a beginning of that of ``second`` (RFC 9162, 2.1.4.1)."""
        if not 0 < first <= second:
            raise ValueError("the first size must be at least 1 and at most the second")
        start, stop, path = 0, second, []
        while stop != first:
            middle = start + split(stop - start)
            if first <= middle:
                path.append(self.span(middle, stop))
                stop = middle
            else:
                path.append(self.span(start, middle))
                start = middle
        if start > 0:
            path.append(self.span(start, stop))
        return path[::-1]


def hexed(path: Sequence[bytes]) -> list[str]:
    return [part.hex() for part in path]
