"""Gathering 5 M persons: CSV → landed → standardised → ten rules → published into a theme table, with hash, manifests, marks and history columns.

The bare limit is DuckDB by hand in the same run, with the same memory and threads: the CSV into a Parquet file, the same readings and the same ten
rules in SQL as one would write it, the good rows into a Parquet file. It keeps no manifest, no lineage, no reasons and can go on after no kill.
A second figure runs ours with a memory far smaller than the data.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from bench import Figure, bench, quick

ROWS = 5_000_000
FEW = 200_000
MEMORY_MB = 1024
SMALL_MB = 256
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
DIGIT = " + ".join(f"CAST(substr(first17, {n + 1}, 1) AS INTEGER) * {weight}" for n, weight in enumerate(WEIGHTS))

BODY: dict[str, Any] = {
    "code": "persons", "name": "人口", "owner": "gaj", "source": {"slot": "file", "format": "csv"},
    "fields": [
        {"name": "identity_number", "label": "身份证号", "type": "identity_number"},  # required, form, check digit, unique: 4 rules
        {"name": "name", "label": "姓名", "form": "name", "required": True},
        {"name": "sex", "label": "性别", "codes": {"1": "男", "2": "女"}},
        {"name": "born", "label": "出生日期", "type": "date"},
        {"name": "phone", "label": "手机", "type": "phone", "wrong": "warn"},
        {"name": "address", "label": "住址", "form": "address"},
    ],
    "rules": [
        {"code": "born_sane", "label": "出生日期合理", "kind": "range", "field": "born", "least": "1900-01-01", "most": "2026-12-31"},
        {"code": "born_same", "label": "出生日期和身份证号一致", "kind": "cross", "sql": "substr(identity_number, 7, 8) = strftime(born, '%Y%m%d')"},
    ],
    "target": {"table": "persons", "key": ["identity_number"]},
}  # fmt: skip


def write_csv(path: Path, rows: int) -> None:
    """Invented persons; about one in a hundred is wrong in some way, one in four dates is written in another form."""
    with duckdb.connect() as connection:
        connection.execute(f"""
            COPY (
              SELECT CASE WHEN i % 499 = 0 THEN concat(first17, 'Z') ELSE concat(first17, substr('10X98765432', ({DIGIT}) % 11 + 1, 1)) END AS 身份证号,
                CASE WHEN i % 613 = 0 THEN '' ELSE concat(substr('王李张刘陈杨黄赵吴周', i % 10 + 1, 1), substr('建国志强伟军浩宇俊杰', i // 10 % 10 + 1, 1),
                  substr('秀英丽娟敏静雪梅婷怡', i // 100 % 10 + 1, 1)) END AS 姓名,
                CASE WHEN i % 2 = 0 THEN '男' ELSE '女' END AS 性别,
                CASE WHEN i % 701 = 0 THEN '不详' WHEN i % 4 = 0 THEN strftime(day, '%Y/%m/%d') ELSE strftime(day, '%Y-%m-%d') END AS 出生日期,
                concat('13', lpad((i * 7919 % 1000000000)::VARCHAR, 9, '0')) AS 手机,
                concat('云州市云山区钟楼街道东门社区柳荫路', i % 500, '号 ', i % 20, '栋') AS 住址
              FROM (
                SELECT i, day, concat('99010', i // 1000 % 9 + 1, strftime(day, '%Y%m%d'), lpad((i % 1000)::VARCHAR, 3, '0')) AS first17
                FROM (SELECT i, DATE '1930-01-01' + (i // 9000)::INTEGER AS day FROM range({rows}) AS t(i))
              )
            ) TO '{path}' (HEADER, FORMAT csv)""")


HAND_READ = """
SELECT upper(trim(身份证号)) AS identity_number, nullif(trim(姓名), '') AS name,
  CASE trim(性别) WHEN '男' THEN '1' WHEN '女' THEN '2' WHEN '1' THEN '1' WHEN '2' THEN '2' END AS sex,
  trim(性别) AS sex_said, TRY_CAST(replace(trim(出生日期), '/', '-') AS DATE) AS born, trim(出生日期) AS born_said, nullif(trim(手机), '') AS phone,
  replace(trim(住址), ' ', '') AS address, _row FROM '{landed}'
"""
HAND_WRONG = (
    "identity_number IS NULL OR NOT regexp_matches(identity_number, '^[0-9]{17}[0-9X]$')"
    " OR substr(identity_number, 18, 1) <> substr('10X98765432', ("
    + " + ".join(
        f"coalesce(TRY_CAST(substr(identity_number, {n + 1}, 1) AS INTEGER), 0) * {weight}"
        for n, weight in enumerate(WEIGHTS)
    )
    + ") % 11 + 1, 1)"
    " OR name IS NULL OR (sex IS NULL AND sex_said <> '') OR (born IS NULL AND born_said <> '') OR born < DATE '1900-01-01' OR born > DATE '2026-12-31'"
    " OR substr(identity_number, 7, 8) <> strftime(born, '%Y%m%d')"
)


def by_hand(csv: Path, folder: Path, memory_mb: int, threads: int) -> tuple[float, int]:
    """(seconds, published rows)."""
    began = time.perf_counter()
    settings = {
        "memory_limit": f"{memory_mb}MiB",
        "threads": threads,
        "temp_directory": str(folder / "spill"),
        "preserve_insertion_order": False,
    }
    with duckdb.connect(str(folder / "hand.db"), config=settings) as connection:
        landed = folder / "landed.parquet"
        connection.execute(
            f"COPY (SELECT row_number() OVER () AS _row, * FROM read_csv('{csv}', all_varchar=true, header=true)) TO '{landed}' (FORMAT parquet, COMPRESSION zstd)"
        )
        connection.execute(
            f"CREATE TABLE checked AS SELECT *, ({HAND_WRONG}) AS wrong, NOT coalesce(regexp_matches(phone, '^1[0-9]{{10}}$'), true) AS warned "
            f"FROM ({HAND_READ.format(landed=landed)})"
        )
        connection.execute(
            "CREATE TABLE twice AS SELECT identity_number FROM checked GROUP BY identity_number HAVING count(*) > 1"
        )
        connection.execute(
            "COPY (SELECT identity_number, name, sex, born, phone, address, DATE '2026-11-22' AS valid_from, CAST(NULL AS DATE) AS valid_to, _row FROM checked "
            "WHERE NOT coalesce(wrong, false) AND identity_number NOT IN (FROM twice)) "
            f"TO '{folder / 'published.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
        )
        (rows,) = connection.execute(f"SELECT count(*) FROM '{folder / 'published.parquet'}'").fetchone() or (0,)
    return time.perf_counter() - began, rows


def ours(csv: Path, code: str) -> tuple[float, Any]:
    """(seconds, the batch): from the file in the folder to the published table, with everything that is kept on the way."""
    from yiwang.data.pipelines import actions, running
    from yiwang.data.pipelines.sources.files import inbox
    from yiwang.foundation.access.queries import system

    actions.declare(system(), {**BODY, "code": code, "target": {"table": code, "key": ["identity_number"]}})
    folder = inbox(code)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / csv.name).hardlink_to(csv)
    began = time.perf_counter()
    done = running.run(str(actions.start(system(), code).id))
    return time.perf_counter() - began, done


@bench("pipelines")
def run(store: str) -> Iterable[Figure]:
    from yiwang.config.environment import environment
    from yiwang.foundation.orgs.models import Agency, Region

    region = Region.objects.create(code="990100", name="云州市", level="city", path="/990100/")
    Agency.objects.create(code="gaj", name="云州市公安局", region=region, path="/gaj/")
    rows = FEW if quick() else ROWS
    folder = environment.data_dir / "bench"
    folder.mkdir()
    csv = folder / "persons.csv"
    write_csv(csv, rows)
    environment.data_memory_mb = MEMORY_MB
    hand, published = by_hand(csv, folder, MEMORY_MB, environment.data_threads)
    seconds, batch = ours(csv, "persons")
    assert (batch.state, batch.landed) == ("done", rows), batch.reason
    assert batch.new == published, f"{batch.new} published, {published} by hand"
    stages = "、".join(f"{item.stage} {item.seconds:.1f} s" for item in batch.stages.order_by("started_at"))
    size = csv.stat().st_size / 1e6
    yield Figure(
        f"CSV of {rows:,} persons to a published table",
        "rows/s",
        rows / seconds,
        rows / hand,
        f"{size:,.0f} MB, {batch.held:,} held; {stages}",
    )
    environment.data_memory_mb = SMALL_MB
    small, batch = ours(csv, "persons_small")
    assert (batch.state, batch.new) == ("done", published), batch.reason
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Figure(
        f"the same with {SMALL_MB} MiB for the engine",
        "rows/s",
        rows / small,
        rows / hand,
        f"peak of the process over all runs {peak:,.0f} MiB",
    )
