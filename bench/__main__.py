"""``python -m bench [NAME …] [--store sqlite|postgresql] [--json FILE] [--quick]``: a table for people, JSON for programs.

SQLite is always measured; PostgreSQL when BENCH_DATABASE_URL (or DATABASE_URL) names a server. There a database of our own is
made and dropped again; the named one is not touched.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import bench


def main() -> int:
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if not module.name.startswith("_"):
            importlib.import_module(f"bench.{module.name}")
    reader = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    reader.add_argument("names", nargs="*", metavar="NAME", help=f"which benches: {', '.join(bench.BENCHES)} (all)")
    reader.add_argument("--store", choices=bench.STORES, help="only this store")
    reader.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    reader.add_argument("--quick", action="store_true", help="smaller sizes, to see that a bench runs")
    reader.add_argument("--child", metavar="STORE", help=argparse.SUPPRESS)
    asked = reader.parse_args()
    names = asked.names or list(bench.BENCHES)
    unknown = [name for name in names if name not in bench.BENCHES]
    if unknown:
        reader.error(f"there is no bench {', '.join(unknown)}; there are {', '.join(bench.BENCHES)}")
    if asked.quick:
        os.environ["BENCH_QUICK"] = "1"
    if asked.child:
        return child(names[0], asked.child)
    url = os.environ.get("BENCH_DATABASE_URL") or os.environ.get("DATABASE_URL", "")
    stores = [asked.store] if asked.store else ["sqlite", *(["postgresql"] if url else [])]
    if not url and asked.store != "sqlite":
        print("PostgreSQL is left out: BENCH_DATABASE_URL names no server.", file=sys.stderr)
    figures: list[dict[str, object]] = []
    failed = []
    for name, store in [(name, store) for name in names for store in stores]:
        try:
            figures += measure(name, store, url)
        except subprocess.CalledProcessError:  # it has said why; the others are still worth measuring
            failed.append(f"{name} on {store}")
    show(figures)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    if asked.json:
        machine = {"cpus": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
        asked.json.write_text(json.dumps({"machine": machine, "figures": figures}, ensure_ascii=False, indent=2) + "\n")
    return 1 if failed else 0


def measure(name: str, store: str, url: str) -> list[dict[str, object]]:
    """Run one bench on one store, in a process and a node of its own."""
    print(f"· {name} on {store}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="yiwang-bench-") as folder:
        environment = {**os.environ, "YIWANG_DATA_DIR": folder, "YIWANG_LOG_LEVEL": "ERROR", "DATABASE_URL": ""}
        database = f"yiwang_bench_{os.getpid()}"
        if store == "postgresql":
            _administer(url, f'CREATE DATABASE "{database}"')
            environment["DATABASE_URL"] = urlsplit(url)._replace(path=f"/{database}").geturl()
        try:
            done = subprocess.run(
                [sys.executable, "-m", "bench", name, "--child", store],
                env=environment, stdout=subprocess.PIPE, check=True, text=True,
            )  # fmt: skip
        finally:
            if store == "postgresql":
                _administer(url, f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
    return [{"bench": name, "store": store, **json.loads(line)} for line in done.stdout.splitlines() if line[:1] == "{"]


def child(name: str, store: str) -> int:
    """The inside of :func:`measure`: an empty node, then the bench; one JSON line for each figure."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yiwang.config.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    for figure in bench.BENCHES[name](store):
        print(json.dumps(figure.as_dict(), ensure_ascii=False), flush=True)
    return 0


def show(figures: list[dict[str, object]]) -> None:
    head = ("bench", "store", "what", "ours", "bare", "ratio", "unit", "note")
    rows = [head, *(tuple(_cell(figure[name]) for name in head) for figure in figures)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        print("  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip())


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if not value else f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
    return str(value)


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


def _administer(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


if __name__ == "__main__":
    sys.exit(main())
