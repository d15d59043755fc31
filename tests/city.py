"""The demo city that nodes of tests begin with: prepared once in a run, whichever worker needs it first, and copied for each node."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .node import Node, create_database, drop_database, new_database

_READY = "ready"  # holds the address of the database: "" for SQLite


@dataclass(frozen=True, slots=True)
class City:
    """A folder and a store that no node runs on, so that they can be copied."""

    data: Path
    database: str

    @contextmanager
    def copied(self, name: str, place: Path, **settings: str) -> Iterator[Node]:
        """A node on a copy of the city, not started yet; ended, and its database dropped, when the block ends."""
        shutil.copytree(self.data, place, dirs_exist_ok=True)
        with new_database(name, template=self.database) as database:
            node = Node(place, DATABASE_URL=database, **settings)
            try:
                yield node
            finally:
                node.end()


def prepared(run: Path) -> City:
    """The city of the run that has ``run`` for its folder: made by the first who asks, while the others wait."""
    run.mkdir(exist_ok=True)
    place = run / "city"
    with (run / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (run / _READY).exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            database = create_database("city")
            Node(place, DATABASE_URL=database).furnish()
            (run / _READY).write_text(database)
    return City(place, (run / _READY).read_text())


def tear_down(run: Path) -> None:
    """Leave nothing of the city of a run."""
    if (run / _READY).exists():
        drop_database((run / _READY).read_text())
    shutil.rmtree(run, ignore_errors=True)
