"""The benches run, say what they compare with, and leave a failed one out."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from bench import Figure, percentile
from bench._bare import Statements
from yiwang.kernel.ids import uuid7

ROOT = Path(__file__).resolve().parents[2]


def test_a_figure_is_a_ratio_to_its_limit() -> None:
    assert Figure("submit", "1/s", 50.0, 200.0).as_dict()["ratio"] == 0.25
    assert Figure("memory", "MB", 50.0).ratio == 0.0


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(value) for value in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.95), percentile([7.0], 0.95)) == (51.0, 96.0, 7.0)


def test_rows_written_again_have_new_keys_and_name_the_same_old_things() -> None:
    old = uuid7()
    statements = Statements(began_ms=int(old.hex[:12], 16) + 1)
    while time.time_ns() // 1_000_000 <= statements.began_ms:
        pass
    case, token = uuid7(), uuid4()
    statements.changes = [
        ("INSERT INTO a VALUES", [case, old, token.hex, "words"]),
        ("INSERT INTO b VALUES", [[case, case], 5]),
        ("UPDATE c SET", [str(case), old]),
    ]
    again, rows, change = (values for _sql, values in statements.fresh())
    assert again[0] != case
    assert (again[1], again[3], rows[1]) == (old, "words", 5)
    assert rows[0] == [again[0], again[0]]
    assert UUID(again[2]) != token
    assert change == [str(again[0]), old]


@pytest.mark.slow
def test_a_bench_runs_in_a_node_of_its_own_and_prints_a_table_and_json(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench", "ledger", "cases", "--store", "sqlite", "--quick", "--json", str(file)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "leaves placed in batches" in done.stdout
    figures = json.loads(file.read_text())["figures"]
    assert {figure["bench"] for figure in figures} == {"ledger", "cases"}
    queues = [figure for figure in figures if figure["what"].startswith("queue, p95")]
    assert len({figure["note"].split(", ")[1] for figure in queues}) == 1, "as many statements at each size"
    assert all(figure["bare"] > 0 for figure in queues)
