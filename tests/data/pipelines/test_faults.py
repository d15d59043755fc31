"""What goes wrong at the source or on the machine: each has a clear answer, and nothing is half-written or doubled."""

from __future__ import annotations

import hashlib
import io
import resource
import signal
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.factories.pipelines import csv_of, declared, gathered, line, marriages_body
from yiwang.data.engine.queries import connect, lake
from yiwang.data.pipelines import actions, landing, running, stages
from yiwang.data.pipelines.models import Batch, Table, WorkOrder
from yiwang.data.pipelines.running import run
from yiwang.data.pipelines.sources.files import inbox
from yiwang.foundation.access.queries import system

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """As if the process had gone: nothing catches it."""


def kill_at(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, *, after: bool) -> None:
    """Let the next call of ``owner.name`` kill the run, before or after it did its work; once."""
    real: Callable[..., Any] = getattr(owner, name)
    left = [True]

    def dying(*args: Any, **kwargs: Any) -> Any:
        if not left:
            return real(*args, **kwargs)
        left.clear()
        if after:
            real(*args, **kwargs)
        raise Killed

    monkeypatch.setattr(owner, name, dying)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (landing, "land"), (actions, "land"), (running, "_put_away"), (stages, "standardise"), (stages, "check"), (stages, "merge"), (actions, "publish"),
    ],
)  # fmt: skip
def test_a_run_that_is_killed_goes_on_and_doubles_nothing(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, after: bool
) -> None:
    declared()
    gathered(csv_of([line(1), line(2)]), as_of="2026-11-01")
    folder = inbox("marriages")
    folder.mkdir(parents=True)
    (folder / "b.csv").write_bytes(csv_of([line(1), line(2, 男方姓名="李四"), line(3), line(4, 登记日期="昨天")]))
    batch = actions.start(system(), "marriages", as_of="2026-11-02")
    kill_at(monkeypatch, owner, name, after=after)
    with pytest.raises(Killed):
        run(str(batch.id))
    done = run(str(batch.id))
    assert (done.state, done.reason) == ("done", "")
    assert (done.landed, done.new, done.changed, done.same, done.held) == (4, 1, 1, 1, 1)
    table = Table.objects.get()
    assert (table.version, table.rows, len(table.history)) == (2, 3, 1)
    with connect() as connection:
        assert connection.execute(
            f"SELECT count(*), count(DISTINCT _key) FROM read_parquet('{lake().path(table.current)}')"
        ).fetchone() == (3, 3)
    assert WorkOrder.objects.count() == 1
    # What the kill left in the folder is seen to be the same file.
    following = run(str(actions.start(system(), "marriages").id))
    assert following.reason_code in ("empty", "same-file")
    assert Table.objects.get().version == 2
    assert list(folder.iterdir()) == []


def test_a_full_disk_is_told_and_leaves_the_table_as_it_was() -> None:
    declared()
    gathered(csv_of([line(1)]))
    batch = actions.drop(
        system(),
        "marriages",
        "a.csv",
        BytesIO(csv_of([line(n, 男方姓名=hashlib.sha256(str(n).encode()).hexdigest()) for n in range(20_000)])),
    )
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    former = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(running.actions, "settle", _unlimited(running.actions.settle, before))
            done = run(str(batch.id))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, former)
    assert (done.state, "磁盘空间不够" in done.reason) == ("failed", True)
    assert Table.objects.get().version == 1
    assert not [path for path in stages.folder(batch).rglob("*") if path.suffix == ".parquet"]
    actions.rerun(system(), batch.id)
    assert run(str(batch.id)).state == "done"


def _unlimited(act: Callable[..., Any], limit: tuple[int, int]) -> Callable[..., Any]:
    def done(*args: Any, **kwargs: Any) -> Any:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        return act(*args, **kwargs)

    return done


def test_an_encoding_that_does_not_hold_is_told() -> None:
    declared()
    batch = gathered(csv_of([line(1)]) + b"M2,\xff\xff\x80,1,2026-01-01,1,9\r\n")
    assert (batch.state, batch.reason_code) == ("failed", "encoding")
    assert not Table.objects.exists()


def test_gb18030_that_shows_late_is_read_all_the_same() -> None:
    declared()
    plain = [line(n, 男方姓名="Ann", 登记类别="1") for n in range(1, 9000)]
    header = ["number", "groom", "groom_id", "registered_on", "kind", "fee"]
    body = marriages_body()
    for item, name in zip(body["fields"], header, strict=True):
        item["from"] = name
    actions.declare(system(), body)
    batch = gathered(csv_of([*plain, line(9001, 男方姓名="张三")], header, "gb18030"))
    assert (batch.state, batch.reason, batch.new) == ("done", "", 9000)


def test_ragged_rows_are_kept_apart() -> None:
    declared()
    batch = gathered(csv_of([line(1), [*line(2), "zuviel"], line(3)[:4], line(4)]))
    assert (batch.state, batch.landed, batch.refused, batch.new) == ("done", 2, 2, 2)
    assert [(number, why) for number, _text, why in stages.refused_rows(batch)] == [
        (2, "比表头多出了单元格"),
        (3, "比表头少了单元格"),
    ]
    assert WorkOrder.objects.get().rows == 2
    assert batch.score.dimensions["completeness"] < 100


def test_ten_thousand_columns_are_refused() -> None:
    declared()
    batch = gathered(csv_of([["1"] * 10_000], [f"c{n}" for n in range(10_000)]))
    assert (batch.state, batch.reason_code) == ("failed", "columns")
    book = openpyxl.Workbook()
    book.active.append([f"c{n}" for n in range(10_000)])
    out = BytesIO()
    book.save(out)
    assert gathered(out.getvalue(), "a.xlsx").reason_code == "columns"


def test_a_bomb_is_not_unpacked() -> None:
    declared()
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack,
        pack.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as file,
    ):
        for _piece in range(100):
            file.write(b"<row>" * 200_000)
    batch = gathered(out.getvalue(), "a.xlsx")
    assert (batch.state, batch.reason_code) == ("failed", "bomb")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", b"no zip"),
        ("a.json", b'{"a": ['),
        ("a.json", b'{"a": 1}'),
        ("a.csv", b""),
        ("a.xlsx", b"PK\x05\x06" + b"\0" * 18),
    ],
)
def test_what_is_damaged_is_told(name: str, content: bytes) -> None:
    declared(source={"slot": "file"})
    batch = gathered(content, name)
    assert batch.state == "failed"
    assert batch.reason_code in ("damaged", "empty")


def test_names_that_are_sql_are_names() -> None:
    evil = ["登记号", 'x"); DROP TABLE t; --', "男方姓名' OR 1=1", "登记日期", "_row", "登记日期"]
    body = marriages_body(
        fields=[
            {"name": "number", "label": "登记号"},
            {"name": "groom", "label": "姓名", "from": "男方姓名' OR 1=1", "codes": {"a'b": "甲'); --"}},
            {"name": "odd", "label": "怪", "from": 'x"); DROP TABLE t; --'},
        ],
        rules=[],
    )
    declared()
    actions.declare(system(), body)
    batch = gathered(
        csv_of(
            [["M1", "y", "甲'); --", "2026-01-01", "1", "2"]],
            [f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in evil],
        )
    )
    assert (batch.state, batch.reason, batch.new) == ("done", "", 1)
    assert batch.columns == ["登记号", 'x"); DROP TABLE t; --', "男方姓名' OR 1=1", "登记日期", "_row_5", "登记日期_6"]


def test_a_file_of_the_lake_cannot_be_named_from_outside(own_lake: Path) -> None:
    declared()
    (own_lake / "secret.csv").write_bytes(csv_of([line(1)]))
    batch = actions.drop(system(), "marriages", "a.csv", BytesIO(csv_of([line(1)])))
    Batch.objects.filter(id=batch.id).update(options={"given": "../secret.csv", "name": "a.csv"})
    assert run(str(batch.id)).state == "failed"
