"""Where the files of this room lie in the lake, and the connection through which they are read."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import duckdb

from yiwang.data.engine.queries import connect, lake

_local = threading.local()
_lock = threading.Lock()
_shared: tuple[Path, duckdb.DuckDBPyConnection] | None = None
_stack = ExitStack()


def path_of(dataset_code: str, preparation_id: UUID) -> Path:
    """The file of a preparation, which becomes the file of its edition: it is never written again."""
    return lake().path("opendata", dataset_code, f"{preparation_id}.parquet")


def cursor() -> duckdb.DuckDBPyConnection:
    """This thread's own cursor for reading editions. Opening a database costs more than most questions, so one stays open in each process."""
    global _shared
    root = lake().root
    with _lock:
        if _shared is None or _shared[0] != root:
            _shared = (root, _stack.enter_context(connect()))
    held = getattr(_local, "held", None)
    if held is None or held[0] is not _shared:
        _local.held = held = (_shared, _shared[1].cursor())
    found: duckdb.DuckDBPyConnection = held[1]
    return found
