"""Memory of a web worker after a mixed load, as a share of the machine's (PSS: pages that are shared count in parts), against a bare Django."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from bench import Figure, bench, quick
from bench._permits import city
from bench._served import bare_django, ours

PATHS = ("/", "/items", "/search?q=开饭馆", "/accounts/login/", "/verify", "/api/v1/items", "/readyz")


@bench("memory")
def run(store: str) -> Iterable[Figure]:
    from yiwang.config.operator import migrate

    if not Path("/proc/self/smaps_rollup").exists():
        print("memory: only where /proc tells it", file=sys.stderr)
        return
    migrate()  # the static files that pages name
    city()
    rounds = 3 if quick() else 60
    with ours() as (port, pid):
        _ask(port, PATHS, rounds)
        total, workers = _memory(pid)
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = "sqlite://:memory:"  # the bare one needs a name and asks nothing of it
    with bare_django("[]") as (port, pid):
        _ask(port, ("/nothing",), rounds * len(PATHS))
        bare_total, bare_workers = _memory(pid)
    note = f"all processes of the node {total:.0f} MB, bare {bare_total:.0f} MB; after {rounds * len(PATHS)} requests"
    yield Figure("memory of a web worker", "MB", workers, bare_workers, note)


def _ask(port: int, paths: Iterable[str], rounds: int) -> None:
    from urllib.parse import quote

    for _round in range(rounds):
        for path in paths:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{quote(path, safe='/?=&')}", timeout=60) as answer:
                    answer.read()
            except urllib.error.HTTPError as error:
                if error.code not in (401, 403, 404):
                    raise


def _memory(pid: int) -> tuple[float, float]:
    """(all processes below ``pid`` and itself, the larger of the two workers) in MB."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended meanwhile
    family, before = {pid}, 0
    while len(family) > before:
        before = len(family)
        family |= {child for child, parent in parents.items() if parent in family}
    sizes = {member: _pss(member) for member in family}
    leaves = [size for member, size in sizes.items() if not any(parents.get(other) == member for other in family)]
    return sum(sizes.values()), max(leaves)


def _pss(pid: int) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("Pss:"))) / 1024
