"""A DuckDB connection that cannot take the machine with it: bounded memory and threads, a spill folder, no network, and no file
outside the folders it was given."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import duckdb
from django.utils.translation import gettext as _

from yiwang.config.environment import environment

from .lake import Lake, lake, quoted


@contextmanager
def connect(
    *, memory_mb: int = 0, threads: int = 0, of: Lake | None = None, also: Sequence[Path] = (), ordered: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own, in memory, closed at the end.

    It reads and writes in the lake (``of``; the node's own) and in the folders or files ``also``, nowhere else: no network, no extension, no
    variable of this program. ``memory_mb`` and ``threads`` are the node's settings when 0; what does not fit goes to the spill folder of
    the lake. ``ordered`` keeps the order of rows, which costs memory. The settings cannot be changed afterwards.
    """
    home = of or lake()
    home.ready()
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{memory_mb or environment.data_memory_mb}MiB",
            "threads": threads or environment.data_threads,
            "temp_directory": str(home.spill),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        },
    )
    try:
        folders = [f"{home.root}/", *(f"{path}/" for path in also if path.is_dir())]
        files = [str(path) for path in also if not path.is_dir()]
        for name, value in (
            ("python_enable_replacements", "false"),
            ("preserve_insertion_order", "true" if ordered else "false"),
            ("allowed_directories", f"[{', '.join(map(quoted, folders))}]"),
            ("allowed_paths", f"[{', '.join(map(quoted, files))}]"),
            ("enable_external_access", "false"),
            ("lock_configuration", "true"),
        ):
            connection.execute(f"SET {name}={value}")
        yield connection
    finally:
        connection.close()


@contextmanager
def limited(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Whatever runs on ``connection`` inside is broken off after ``seconds`` (:class:`duckdb.InterruptException`)."""
    timer = Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def explain(error: BaseException) -> str:
    """What a failure of the engine means for the person who runs it: what happened and what to do. "" when it is none of the known ones."""
    text = str(error)
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
    if full or "No space left" in text or "File too large" in text or "could not write all bytes" in text.lower():
        return _("磁盘空间不够，没有写完的部分已经清除。请腾出空间后再运行。")
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return _("内存不够用，请把数据拆小，或者请运维人员调大 YIWANG_DATA_MEMORY_MB。")
    if isinstance(error, duckdb.InterruptException):
        return _("运行时间超过了限制，已经停下。请缩小范围再试。")
    if isinstance(error, duckdb.BinderException | duckdb.CatalogException | duckdb.ParserException):
        return _("SQL 里写的列或函数不对：%(why)s") % {"why": text.splitlines()[0][:200]}
    return ""
