"""DuckDB within its limits, and files that are whole or not there."""

from __future__ import annotations

import datetime as dt
import resource
import signal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from yiwang.data.engine.queries import DuckDBRunner, Lake, connect, declared, explain, limited, runner

ROWS = pa.table({"code": ["a", "b", "c"], "amount": [1, 2, 3]})


@pytest.fixture
def home(tmp_path: Path) -> Lake:
    made = Lake(tmp_path / "lake")
    made.ready()
    return made


def test_a_file_is_kept_with_its_manifest(home: Lake) -> None:
    path = home.path("landed", "x", "1.parquet")
    written = home.write(path, ROWS.to_reader(), source="x.csv", batch=1)
    assert (written.rows, written.manifest.columns, written.manifest.about) == (3, ("code", "amount"), {"batch": 1})
    assert home.find(path) == written
    assert home.intact(written)
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(path.read_bytes() + b"x")
    assert not home.intact(written)
    home.remove(path)
    assert home.find(path) is None


def test_nothing_is_left_of_a_write_that_failed(home: Lake) -> None:
    def broken() -> pa.RecordBatch:
        yield ROWS.to_batches()[0]
        raise ValueError("the source went away")

    path = home.path("x.parquet")
    with pytest.raises(ValueError, match="went away"):
        home.write(path, pa.RecordBatchReader.from_batches(ROWS.schema, broken()), source="x")
    assert [found.name for found in home.root.iterdir()] == [".spill"]


def test_a_full_disk_is_told_and_leaves_nothing(home: Lake) -> None:
    many = ", ".join(f"t AS t{n}" for n in range(10))
    sql = declared(f"SELECT md5(concat({', '.join(f't{n}.code' for n in range(10))})) AS h FROM {many}", ["t"])
    home.write(home.path("t.parquet"), ROWS.to_reader(), source="t")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    former = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises((duckdb.Error, OSError)) as caught:
            DuckDBRunner(home).make(home.path("out.parquet"), sql, {"t": [home.path("t.parquet")]}, source="t")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, former)
    assert "磁盘空间不够" in explain(caught.value)
    assert sorted(path.name for path in home.root.iterdir()) == [".spill", "t.parquet", "t.parquet.manifest.json"]


def test_a_path_stays_in_the_lake(home: Lake) -> None:
    with pytest.raises(ValueError, match="leads out"):
        home.path("..", "keys")


def test_what_a_kill_left_is_swept(home: Lake) -> None:
    home.path(".x.parquet.draft").write_bytes(b"half")
    assert home.sweep(dt.timedelta(hours=1)) == 0
    assert home.sweep(dt.timedelta(seconds=-5)) == 1


def test_the_connection_reaches_the_lake_and_nothing_else(home: Lake, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n")
    given = tmp_path / "given.csv"
    given.write_text("a\n1\n")
    with connect(of=home, also=[given]) as connection:
        assert connection.execute(f"SELECT * FROM read_csv('{given}')").fetchall() == [(1,)]
        for statement in (
            f"SELECT * FROM read_csv('{outside}')",
            f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
            f"COPY (SELECT 1) TO '{home.root}/../out.csv'",
            "ATTACH '/tmp/other.db'",
            "INSTALL httpfs",
            "SELECT * FROM read_csv('https://example.org/x.csv')",
            "SET memory_limit = '100GB'",
            "SET enable_external_access = true",
            "SELECT * FROM given",  # a variable of this program
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(statement).fetchall()


def test_what_does_not_fit_into_memory_is_spilt(home: Lake) -> None:
    with connect(of=home, memory_mb=96, threads=2) as connection:
        rows = connection.execute(
            "SELECT count(*), sum(n) FROM (SELECT md5(i::VARCHAR) AS k, count(*) AS n FROM range(1500000) t(i) GROUP BY k)"
        ).fetchone()
        assert rows == (1_500_000, 1_500_000)


def test_a_query_without_end_is_broken_off(home: Lake) -> None:
    with connect(of=home) as connection, pytest.raises(duckdb.InterruptException) as caught, limited(connection, 0.3):
        connection.execute("SELECT count(*) FROM range(10000000) a, range(10000000) b").fetchall()
    assert "超过了限制" in explain(caught.value)


SAME = """
SELECT code, amount * 2 AS twice, md5(code) AS h, TRY_CAST(concat('2026-01-0', CAST(amount AS TEXT)) AS DATE) AS day,
       regexp_replace(concat(code, '-', code), '-', '', 'g') AS both_of, CASE WHEN regexp_matches(code, '^[ab]$') THEN 1 ELSE 0 END AS early
FROM t WHERE code IN (SELECT code FROM t GROUP BY code HAVING count(*) = 1)
"""


def test_spark_gives_what_duckdb_gives(home: Lake) -> None:
    pytest.importorskip("pyspark")
    home.write(home.path("t.parquet"), ROWS.to_reader(), source="t")
    tables = {"t": [home.path("t.parquet")]}
    sql = declared(SAME, ["t"])
    ours = runner("duckdb", of=home).make(home.path("ours.parquet"), sql, tables, source="t")
    theirs = runner("spark:local[1]", of=home).make(home.path("theirs.parquet"), sql, tables, source="t")
    assert ours.rows == theirs.rows == 3
    with connect(of=home) as connection:
        ask = "SELECT code, twice::BIGINT, h, day, both_of, early::INTEGER FROM read_parquet('{}') ORDER BY code"
        assert (
            connection.execute(ask.format(ours.path)).fetchall()
            == connection.execute(ask.format(theirs.path)).fetchall()
        )
