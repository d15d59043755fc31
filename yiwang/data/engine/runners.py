"""Who runs declared SQL over Parquet: DuckDB in this process, or a Spark cluster. Both write the same rows."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb
from django.utils.translation import gettext as _
from sqlglot import exp

from yiwang.config.environment import environment
from yiwang.kernel.ids import uuid7
from yiwang.kernel.refusals import Invalid

from .connecting import connect
from .declared import Declared
from .lake import Lake, Written, lake, quoted

# A table that SQL may name: the Parquet files that hold it.
Relation = Sequence[Path]


class Runner(Protocol):
    """Runs SQL over tables of the lake and writes what it gives as one Parquet file."""

    def make(
        self,
        into: Path,
        sql: Declared | exp.Query,
        tables: Mapping[str, Relation],
        *,
        source: str,
        kept: bool = True,
        **about: Any,
    ) -> Written:
        """Run ``sql`` and keep its rows at ``into``, with a manifest. Nothing is left of a run that fails.

        What is not ``kept`` for long is packed less tightly and written faster.
        """
        ...


def text_of(sql: Declared | exp.Query, dialect: str) -> str:
    return sql.to(dialect) if isinstance(sql, Declared) else sql.sql(dialect=dialect)


def view(connection: duckdb.DuckDBPyConnection, name: str, files: Relation) -> None:
    """Let SQL on ``connection`` call these files ``name``. Files of different versions may lack columns, which are then NULL."""
    listed = ", ".join(quoted(path) for path in files)
    identifier = '"' + name.replace('"', '""') + '"'
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {identifier} AS SELECT * FROM read_parquet([{listed}], union_by_name=true)"
    )


@dataclass(frozen=True, slots=True)
class DuckDBRunner:
    """DuckDB, in this process. ``memory_mb`` and ``threads`` are the node's when 0."""

    home: Lake
    memory_mb: int = 0
    threads: int = 0

    def make(
        self,
        into: Path,
        sql: Declared | exp.Query,
        tables: Mapping[str, Relation],
        *,
        source: str,
        kept: bool = True,
        **about: Any,
    ) -> Written:
        with connect(memory_mb=self.memory_mb, threads=self.threads, of=self.home) as connection:
            for name, files in tables.items():
                view(connection, name, files)
            with self.home.draft(into) as draft:
                connection.execute(
                    f"COPY ({text_of(sql, 'duckdb')}) TO {quoted(draft)} (FORMAT parquet, COMPRESSION zstd)"
                )
        return self.home.enter(into, source=source, **about)


@dataclass(frozen=True, slots=True)
class SparkRunner:
    """Apache Spark: ``master`` is "local[2]" or "spark://host:7077". The lake must lie where all of the cluster reads it.

    pyspark is not among the node's own packages (docs/data-pipelines.md says how to add it).
    """

    home: Lake
    master: str

    def session(self) -> Any:
        """The session of this process, made at the first use."""
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise Invalid(_("这台机器没有安装 pyspark，不能用 Spark 运行。"), code="no-spark") from None
        builder = SparkSession.builder.master(self.master)
        if self.master.startswith("local"):  # one machine gains nothing from two hundred pieces
            builder = builder.config("spark.sql.shuffle.partitions", "4")
        return (
            builder.appName("yiwang")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.parquet.datetimeRebaseModeInWrite", "CORRECTED")
            .config("spark.sql.parquet.compression.codec", "zstd")
            .getOrCreate()
        )

    def make(
        self,
        into: Path,
        sql: Declared | exp.Query,
        tables: Mapping[str, Relation],
        *,
        source: str,
        kept: bool = True,
        **about: Any,
    ) -> Written:
        spark = self.session()
        for name, files in tables.items():
            frames = [spark.read.parquet(str(path)) for path in files]
            frame = frames[0]
            for other in frames[1:]:
                frame = frame.unionByName(other, allowMissingColumns=True)
            frame.createOrReplaceTempView(name)
        folder = into.with_name(f".{into.name}.{uuid7()}.parts")
        try:
            # One file, as DuckDB writes it: the rooms above name files, not folders.
            spark.sql(text_of(sql, "spark")).coalesce(1).write.parquet(str(folder))
            part = next(folder.glob("part-*.parquet"))
            into.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            part.chmod(0o600)
            part.replace(into)
        finally:
            with suppress(OSError):
                shutil.rmtree(folder)
        return self.home.enter(into, source=source, **about)


def runner(url: str = "", *, of: Lake | None = None) -> Runner:
    """The runner of the node (setting ``YIWANG_DATA_ENGINE``), or of ``url``: "duckdb", "spark:local[2]", "spark://host:7077"."""
    url = url or environment.data_engine
    if url == "duckdb":
        return DuckDBRunner(of or lake())
    return SparkRunner(of or lake(), url if url.startswith("spark://") else url.removeprefix("spark:"))
