"""Each kind of source, against the real server where one answers on this machine."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import nats
import openpyxl
import pika
import psycopg
import pymysql
import pytest

from tests.factories.people import social_credit_code
from tests.factories.pipelines import HEADER, csv_of, declared, gathered, line
from tests.factories.registers import firms
from yiwang.data.pipelines import actions
from yiwang.data.pipelines.jobs import start_due
from yiwang.data.pipelines.models import Batch, Pipeline, Table
from yiwang.data.pipelines.running import run
from yiwang.data.pipelines.sources.files import inbox
from yiwang.data.registries.models import RegisterRecord
from yiwang.foundation.access.queries import system
from yiwang.foundation.events.worker import Worker

pytestmark = pytest.mark.django_db(transaction=True)


def started(**options: str) -> Batch:
    return run(str(actions.start(system(), "marriages", **options).id))


def as_object(row: list[str]) -> dict[str, str]:
    return dict(zip(HEADER, row, strict=True))


# files


def test_a_spreadsheet_and_json_and_fixed_width_are_read() -> None:
    declared(source={"slot": "file", "holds": "changes"})
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(list(HEADER))
    sheet.append([*line(1)[:3], None, "结婚", 9.0])
    sheet.cell(2, 4, dt.date(2026, 3, 5))
    sheet.append(["=A2", *line(2)[1:]])
    out = BytesIO()
    book.save(out)
    first = gathered(out.getvalue(), "a.xlsx")
    assert (first.state, first.new, first.refused) == ("done", 1, 1)
    second = gathered(json.dumps({"code": 0, "data": [as_object(line(2)), as_object(line(3))]}).encode(), "a.json")
    assert second.new == 2
    third = gathered(("\n".join(json.dumps(as_object(line(n))) for n in (4, 5)) + "\nnonsense\n").encode(), "a.jsonl")
    assert (third.new, third.refused) == (2, 1)
    widths = [("登记号", 10), ("男方姓名", 10), ("男方身份证号", 18), ("登记日期", 10), ("登记类别", 4), ("手续费", 4)]
    declared(
        source={
            "slot": "file",
            "format": "fixed",
            "holds": "changes",
            "encoding": "gb18030",
            "columns": [{"name": n, "width": w} for n, w in widths],
        }
    )
    text = b"".join(cell.encode("gb18030").ljust(width) for cell, (_n, width) in zip(line(6), widths, strict=True))
    fourth = gathered(text + b"\r\n" + text[:20] + b"\r\n", "a.dat")
    assert (fourth.state, fourth.new, fourth.refused) == ("done", 1, 1)
    assert Table.objects.get().rows == 6


def test_files_that_are_dropped_into_the_folder_are_gathered_one_after_another() -> None:
    declared(source={"slot": "file", "format": "csv", "holds": "changes"})
    folder = inbox("marriages")
    folder.mkdir(parents=True)
    (folder / "1.csv").write_bytes(csv_of([line(1)]))
    (folder / "2.csv").write_bytes(csv_of([line(2)]))
    (folder / "3.csv.part").write_bytes(b"half")
    actions.start(system(), "marriages")
    Worker().run(once=True)
    assert [batch.source for batch in Batch.objects.order_by("number")] == ["1.csv", "2.csv"]
    assert Table.objects.get().rows == 2
    assert [path.name for path in folder.iterdir()] == ["3.csv.part"]


def test_what_is_due_is_begun_once() -> None:
    declared(schedule={"every": 3600})
    Pipeline.objects.update(next_at="2026-01-01T00:00:00Z")
    start_due()
    start_due()
    assert Batch.objects.count() == 1


# databases

COLUMNS = (
    "CREATE TABLE {name} (id INTEGER PRIMARY KEY, "
    '"登记号" VARCHAR(20), "男方姓名" VARCHAR(20), "男方身份证号" VARCHAR(20), "登记日期" DATE, "登记类别" VARCHAR(9), "手续费" DECIMAL(9,2), changed TIMESTAMP)'
)


def _rows(numbers: range, moment: str) -> list[tuple[Any, ...]]:
    return [(n, *line(n)[:3], "2026-03-05", "结婚", 9, moment) for n in numbers]


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def database(request: pytest.FixtureRequest, own_lake: Path) -> Iterator[tuple[str, str, Any]]:
    """(url, table, run): a department's database with a table of its own."""
    name = f"marriages_{uuid4().hex[:8]}"
    if request.param == "sqlite":
        path = own_lake / "department.db"
        connection: Any = sqlite3.connect(path)
        url, places = f"sqlite:///{path}", ",".join("?" * 8)
    elif request.param == "postgres":
        try:
            connection = psycopg.connect("host=127.0.0.1 user=postgres dbname=postgres", connect_timeout=2)
        except psycopg.Error:
            pytest.skip("no PostgreSQL answers")
        url, places = "postgres://postgres@127.0.0.1:5432/postgres", ",".join(["%s"] * 8)
    else:
        try:
            connection = pymysql.connect(host="127.0.0.1", user="root", charset="utf8mb4", connect_timeout=2)
        except pymysql.Error:
            pytest.skip("no MariaDB answers")
        connection.cursor().execute("CREATE DATABASE IF NOT EXISTS y_pipelines_test CHARACTER SET utf8mb4")
        connection.select_db("y_pipelines_test")
        url, places = "mysql://root@127.0.0.1:3306/y_pipelines_test", ",".join(["%s"] * 8)
    with closing(connection):
        cursor = connection.cursor()
        create = COLUMNS.format(name=name)
        cursor.execute(create.replace('"', "`") if request.param == "mysql" else create)

        def fill(numbers: range, moment: str) -> None:
            cursor.executemany(f"INSERT INTO {name} VALUES ({places})", _rows(numbers, moment))
            connection.commit()

        fill(range(1, 4), "2026-11-01 08:00:00")
        yield url, name, fill
        cursor.execute(f"DROP TABLE {name}")
        connection.commit()


def test_a_table_is_pulled_whole(database: tuple[str, str, Any]) -> None:
    url, name, fill = database
    declared(source={"slot": "database", "url": url, "table": name})
    first = started()
    assert (first.state, first.reason, first.new, first.held) == ("done", "", 3, 0)
    fill(range(4, 6), "2026-11-02 08:00:00")
    second = started()
    assert (second.new, second.same) == (2, 3)


@pytest.mark.parametrize(("by", "column"), [("key", "id"), ("time", "changed")])
def test_only_what_is_new_is_pulled(database: tuple[str, str, Any], by: str, column: str) -> None:
    url, name, fill = database
    declared(source={"slot": "database", "url": url, "table": name, "by": by, "column": column, "holds": "changes"})
    assert started().new == 3
    fill(range(4, 6), "2026-11-02 08:00:00")
    second = started()
    assert (second.new, second.ended, Table.objects.get().rows) == (2, 0, 5)
    assert second.landed == (2 if by == "key" else 5)  # by time, the last moment is asked for again
    third = started()
    assert (third.new, third.changed) == (0, 0)


def test_a_span_is_filled_in_later_and_never_overwrites_what_is_newer(database: tuple[str, str, Any]) -> None:
    url, name, _fill = database
    declared(
        source={"slot": "database", "url": url, "table": name, "by": "time", "column": "changed", "holds": "changes"}
    )
    assert started().new == 3
    back = started(since="2026-10-01", until="2026-12-01", as_of="2026-10-31")
    assert (back.kind, back.landed, back.new, back.changed) == ("backfill", 3, 0, 0)
    assert Pipeline.objects.get().cursor.startswith("2026-11-01")


def test_a_query_may_join_and_a_database_that_is_gone_is_told() -> None:
    declared(source={"slot": "database", "url": "postgres://nobody@127.0.0.1:1/none", "query": "SELECT 1 AS 登记号"})
    batch = started()
    assert (batch.state, batch.reason_code) == ("failed", "source-unreachable")
    assert "数据库没有答复" in batch.reason


# an interface


class _Api(BaseHTTPRequestHandler):
    rows: list[dict[str, str]] = []
    busy = 1

    def do_GET(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if type(self).busy:
            type(self).busy -= 1
            self.send_response(503)
            self.send_header("Retry-After", "0")
            self.end_headers()
            return
        rows = [row for row in self.rows if row["登记号"] > asked.get("after", "")]
        size, page = int(asked.get("size", 2)), int(asked.get("page", 1))
        body = json.dumps({"data": {"list": rows[(page - 1) * size : page * size]}}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        pass


def test_an_interface_is_read_page_after_page_and_then_only_what_is_new() -> None:
    _Api.rows, _Api.busy = [as_object(line(n)) for n in range(1, 6)], 1
    with ThreadingHTTPServer(("127.0.0.1", 0), _Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/marriages"
        declared(
            source={
                "slot": "http", "url": url, "records": "data.list", "paging": {"by": "page", "size": 2}, "since": "after", "column": "登记号",
                "holds": "changes",
            }
        )  # fmt: skip
        assert started().new == 5
        _Api.rows.append(as_object(line(6)))
        second = started()
        assert (second.landed, second.new, Table.objects.get().rows) == (1, 1, 6)
        declared(source={"slot": "http", "url": url, "records": "nowhere"})
        third = started()
        assert (third.state, "没有记录的列表" in third.reason) == ("failed", True)
        server.shutdown()


# streams


def test_messages_of_nats_are_taken_once() -> None:
    stream = f"T{uuid4().hex[:8]}"

    async def send(numbers: range, *, make: bool = False, drop: bool = False) -> None:
        client = await nats.connect("nats://127.0.0.1:4222", connect_timeout=2, allow_reconnect=False)
        jet = client.jetstream()
        if make:
            await jet.add_stream(name=stream, subjects=[f"{stream}.>"])
        for n in numbers:
            await jet.publish(f"{stream}.marriages", json.dumps(as_object(line(n))).encode())
        if drop:
            await jet.delete_stream(stream)
        await client.close()

    try:
        asyncio.run(send(range(1, 4), make=True))
    except Exception:
        pytest.skip("no NATS answers")
    try:
        declared(
            source={
                "slot": "nats",
                "url": "nats://127.0.0.1:4222",
                "stream": stream,
                "subject": f"{stream}.marriages",
                "holds": "changes",
            }
        )
        first = started()
        assert (first.state, first.reason, first.new, first.cursor_after) == ("done", "", 3, "3")
        asyncio.run(send(range(4, 5)))
        assert (started().landed, Table.objects.get().rows) == (1, 4)
        assert started().reason_code == "empty"
    finally:
        asyncio.run(send(range(0), drop=True))


def test_messages_of_rabbitmq_are_forgotten_when_they_lie_in_the_lake() -> None:
    try:
        connection = pika.BlockingConnection(pika.URLParameters("amqp://guest:guest@127.0.0.1:5672/"))
    except (pika.exceptions.AMQPError, OSError):
        pytest.skip("no RabbitMQ answers")
    queue = f"y_pipelines_{uuid4().hex[:8]}"
    channel = connection.channel()
    channel.queue_declare(queue)
    try:
        for n in range(1, 4):
            channel.basic_publish("", queue, json.dumps(as_object(line(n))).encode())
        declared(source={"slot": "rabbitmq", "url": "amqp://guest@127.0.0.1:5672/", "queue": queue, "holds": "changes"})
        first = started()
        assert (first.state, first.reason, first.new) == ("done", "", 3)
        assert started().reason_code == "empty"
        assert channel.queue_declare(queue, passive=True).method.message_count == 0
    finally:
        channel.queue_delete(queue)
        connection.close()


# targets


def test_a_register_is_a_target_and_what_it_refuses_is_told() -> None:
    firms()
    body = {
        "code": "firm_files", "name": "企业登记", "owner": "scjg", "source": {"slot": "file", "format": "csv"},
        "fields": [
            {"name": "uscc", "label": "统一社会信用代码", "type": "uscc"},
            {"name": "name", "label": "名称", "required": True},
            {"name": "capital", "label": "注册资本（万元）", "type": "money", "unit": "wan"},
            {"name": "founded", "label": "成立日期", "type": "date"},
        ],
        "target": {"register": "firms", "key": ["uscc"]},
    }  # fmt: skip
    actions.declare(system(), body)
    rows = [
        [social_credit_code(1), "甲公司", "50", "2020.1.2"],
        [social_credit_code(2)[:-1] + "0", "乙公司", "1", "2020-01-02"],
    ]
    batch = gathered(csv_of(rows, ["统一社会信用代码", "名称", "注册资本（万元）", "成立日期"]), code="firm_files")
    assert (batch.state, batch.reason, batch.new, batch.held) == ("done", "", 1, 1)
    record = RegisterRecord.objects.get()
    assert record.data["capital"] == 50_000_000
