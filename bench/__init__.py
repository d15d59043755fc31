"""Measured, not believed: each bench measures a piece of the product and the bare limit of the same work in one run.

``python -m bench`` runs them all, ``python -m bench search`` one. A bench is a module here with a function
``run(store) -> Iterable[Figure]``; ``@bench`` registers it. Benches run in a process of their own for each store, with an empty
node, so that none can warm or burden another.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured. ``ours`` and ``bare`` are in ``unit``; ``bare`` is the same work without the product, 0 if there is none."""

    what: str
    unit: str
    ours: float
    bare: float = 0.0
    note: str = ""

    @property
    def ratio(self) -> float:
        """Ours by bare: for a time, how many times longer; for a rate, what part of the limit."""
        return self.ours / self.bare if self.bare else 0.0

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": round(self.ratio, 3)}


Bench = Callable[[str], Iterable[Figure]]
BENCHES: dict[str, Bench] = {}
STORES = ("sqlite", "postgresql")


def bench(name: str) -> Callable[[Bench], Bench]:
    """Register ``function(store)`` as the bench ``name``; ``store`` is "sqlite" or "postgresql"."""

    def decorate(function: Bench) -> Bench:
        BENCHES[name] = function
        return function

    return decorate


def quick() -> bool:
    """Whether sizes are small, only to see that a bench runs."""
    return bool(os.environ.get("BENCH_QUICK"))


def timed(work: Callable[[], object]) -> float:
    """Milliseconds on the clock."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def worked(work: Callable[[], object]) -> float:
    """Milliseconds of this process: with SQLite the whole work, with PostgreSQL our share; the same on a busy machine."""
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` (0 … 1) of ``values`` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
