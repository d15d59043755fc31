"""A list of service items taken over: rows a second, against reading the same CSV and writing each row once."""

from __future__ import annotations

import csv
import json
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from bench import Figure, bench, quick
from bench._permits import city
from bench.search import guides

BATCH = 500


@bench("imports")
def run(store: str) -> Iterable[Figure]:
    from yiwang.foundation.access.queries import system
    from yiwang.services.items.importer import run as import_list

    city()
    count = 200 if quick() else 5_000
    with tempfile.TemporaryDirectory(prefix="yiwang-bench-") as folder:
        path = Path(folder) / "items.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["department", "group", "name", "item_code", "area_code", "task_type", "department_code"])
            for number, (_key, title, _keywords, _text) in enumerate(guides(count)):
                code = f"511A{number:010d}-990100000000-000-119901000008-1-00"
                writer.writerow(["云州市教育局", "未分类", title, code, "990100000000", "1", "119901000008"])
        done = import_list(system("command"), path, report=Path(folder) / "report.csv")
        rate = done.rows / done.seconds
        bare = count / _bare(path)
        yield Figure(
            f"items imported, {count:,} rows",
            "1/s",
            rate,
            bare,
            "bare: CSV read, one row of JSON each, 500 in a transaction",
        )
        again = import_list(system("command"), path, report=Path(folder) / "report.csv")
        assert again.outcomes["same"] == count
        yield Figure("the same list again", "1/s", again.rows / again.seconds, bare, "nothing changes")


def _bare(path: Path) -> float:
    from django.db import connection

    raw = connection.connection
    raw.execute("CREATE TABLE bare_item (id integer PRIMARY KEY, code text UNIQUE, body text)")
    mark = "?" if connection.vendor == "sqlite" else "%s"
    statement = f"INSERT INTO bare_item VALUES ({mark}, {mark}, {mark})"
    began = time.perf_counter()
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            (n, row["item_code"], json.dumps(row, ensure_ascii=False)) for n, row in enumerate(csv.DictReader(file))
        ]
    for start in range(0, len(rows), BATCH):
        if connection.vendor == "sqlite":
            raw.execute("BEGIN")
            raw.executemany(statement, rows[start : start + BATCH])
            raw.execute("COMMIT")
        else:
            with raw.transaction(), raw.cursor() as cursor:
                cursor.executemany(statement, rows[start : start + BATCH])
    return time.perf_counter() - began
