"""The log of official acts: acts recorded, entries placed in the tree in batches, and proofs at a million leaves.

The bare limits: one row in a transaction of its own; the same leaves hashed into a tree in memory and written as rows; one block of 256 hashes read.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

from bench import Figure, bench, percentile, quick, timed
from bench._bare import watched, write
from bench._seed import multiply, settle, word


@bench("ledger")
def run(store: str) -> Iterable[Figure]:
    from yiwang.foundation.access.queries import act, require, system
    from yiwang.foundation.ledger.actions import record
    from yiwang.foundation.ledger.models import Entry
    from yiwang.foundation.ledger.tree import Reader, bring_forward

    size = 5_000 if quick() else 1_000_000

    def bench_act(actor: Any, number: int) -> None:
        require(actor)
        record("bench", number, {"number": number})

    done = act("ledger.bench", "bench")(bench_act)
    done(system("command"), 0)
    with watched() as statements:
        done(system("command"), 0)
    acts, bare = [], []
    for number in range(50 if quick() else 500):
        acts.append(timed(partial(done, system("command"), number)))
        bare.append(timed(partial(write, statements.fresh())))
    note = f"{statements.count} statements, each act a transaction"
    yield Figure("an act that only records", "1/s", 1000 * len(acts) / sum(acts), 1000 * len(bare) / sum(bare), note)

    bring_forward()
    template = Entry.objects.order_by("id")[0]
    began = time.perf_counter()
    multiply("ledger_entry", template.id, 1, size, {"id": word("key", "n"), "leaf": word("hash", "n")})
    yield Figure(
        f"entries that the store queues, {size:,}", "1/s", size / (time.perf_counter() - began), note="rows and trigger"
    )
    settle()
    began = time.perf_counter()
    head = bring_forward()
    took = time.perf_counter() - began
    assert head is not None and head.size > size  # noqa: PT018
    placed = size - 1
    bare_rate = placed / _bare_tree(placed)
    yield Figure(
        f"leaves placed in batches, to {head.size:,}",
        "1/s",
        placed / took,
        bare_rate,
        "bare: hashed in memory, rows by the driver",
    )
    settle()
    dice = random.Random(1)
    proofs, blocks = [], []
    for _round in range(20 if quick() else 300):
        proofs.append(timed(partial(Reader().inclusion, dice.randrange(head.size), head.size)))
        blocks.append(timed(partial(_block, dice.randrange(head.size // 256))))
    with watched() as statements:
        Reader().inclusion(head.size // 3, head.size)
    for share, name in ((0.5, "p50"), (0.95, "p95")):
        note = f"{statements.count} statements; bare: one block of 256 hashes read"
        yield Figure(
            f"inclusion proof at {head.size:,}, {name}",
            "ms",
            percentile(proofs, share),
            percentile(blocks, share),
            note,
        )
    between = [timed(partial(Reader().consistency, dice.randrange(1, head.size), head.size)) for _round in proofs]
    yield Figure(f"consistency proof at {head.size:,}, p95", "ms", percentile(between, 0.95))


def _block(number: int) -> object:
    from django.db import connection

    mark = "?" if connection.vendor == "sqlite" else "%s"
    statement = f'SELECT "index", hash FROM ledger_leaf WHERE "index" >= {mark} AND "index" < {mark} ORDER BY "index"'
    return connection.connection.execute(statement, (number * 256, number * 256 + 256)).fetchall()


def _bare_tree(size: int) -> float:
    """Seconds for hashing so many leaves into one root in memory, and for writing them as rows, 8,192 in a transaction."""
    from django.db import connection

    raw = connection.connection
    raw.execute('CREATE TABLE bare_leaf ("index" bigint PRIMARY KEY, entry_id text, hash text)')
    began = time.perf_counter()
    row = [hashlib.sha256(number.to_bytes(8, "big")).digest() for number in range(size)]
    mark = "?" if connection.vendor == "sqlite" else "%s"
    statement = f"INSERT INTO bare_leaf VALUES ({mark}, {mark}, {mark})"
    for start in range(0, size, 8192):
        rows = [(start + n, f"{start + n:032x}", leaf.hex()) for n, leaf in enumerate(row[start : start + 8192])]
        if connection.vendor == "sqlite":
            raw.execute("BEGIN")
            raw.executemany(statement, rows)
            raw.execute("COMMIT")
        else:
            with raw.transaction(), raw.cursor() as cursor:
                cursor.executemany(statement, rows)
    while len(row) > 1:
        row = [hashlib.sha256(b"\1" + row[n] + row[n + 1]).digest() for n in range(0, len(row) - 1, 2)] + row[
            len(row) & ~1 :
        ]
    return time.perf_counter() - began
