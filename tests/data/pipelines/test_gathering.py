"""A file becomes a theme table: landed unchanged, read, checked, published with its history."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories.pipelines import csv_of, declared, gathered, line
from tests.helpers import recorded
from yiwang.data.catalogue.slots import holders
from yiwang.data.engine.queries import connect, lake
from yiwang.data.pipelines import stages
from yiwang.data.pipelines.models import Batch, Table, WorkOrder
from yiwang.data.pipelines.running import spec_of
from yiwang.data.pipelines.tables import versions_of

pytestmark = pytest.mark.django_db(transaction=True)


def rows(code: str = "marriages") -> list[tuple[object, ...]]:
    table = Table.objects.get(code=code)
    names = ", ".join(field["name"] for field in table.fields)
    with connect() as connection:
        return connection.execute(
            f"SELECT {names} FROM read_parquet('{lake().path(table.current)}') ORDER BY number"
        ).fetchall()


def test_a_clean_file_is_published() -> None:
    declared()
    with recorded("pipelines.publish", kind="batch") as entries:
        batch = gathered(csv_of([line(1), line(2)]), as_of="2026-11-20")
    assert (batch.state, batch.reason, batch.landed, batch.held, batch.new) == ("done", "", 2, 0, 2)
    assert entries[0].content.count("张三") == 0
    found = rows()
    assert found[0][1:2] + found[0][3:] == ("张三", dt.date(2026, 3, 5), "1", 900)
    assert batch.score.overall == 100
    assert WorkOrder.objects.count() == 0


@pytest.mark.parametrize(
    ("written", "read"),
    [("2026年3月5日", "2026-03-05"), ("2026/3/5", "2026-03-05"), ("20260305", "2026-03-05"), ("2026.03.05 08:30:00", "2026-03-05"),
     ("２０２６－０３－０５", "2026-03-05")],
)  # fmt: skip
def test_dates_are_read_in_the_forms_in_which_they_are_written(written: str, read: str) -> None:
    declared()
    batch = gathered(csv_of([line(1, 登记日期=written)]))
    assert (batch.held, batch.reason) == (0, "")
    assert str(rows()[0][3]) == read


def test_text_is_brought_into_one_form_and_the_landed_row_stays_as_it_came() -> None:
    declared()
    batch = gathered(
        csv_of(
            [
                line(1, 登记号="　Ｍ０００００ ", 男方姓名="买买提•艾力", 手续费="9.00元"),
                line(2, 男方姓名="张 三", 登记类别="2", 手续费="0"),
            ],
            encoding="gb18030",
        )
    )
    assert [row[:2] + row[4:] for row in rows()] == [("M00000", "买买提·艾力", "1", 900), ("M00002", "张三", "2", 0)]
    with connect() as connection:
        landed = connection.execute(
            f"SELECT 登记号, 男方姓名, _row FROM read_parquet('{stages.file(batch, 'landed')}') ORDER BY _row"
        ).fetchall()
    assert landed == [("　Ｍ０００００ ", "买买提•艾力", 1), ("M00002", "张 三", 2)]


def test_wrong_rows_are_kept_apart_with_every_reason_and_the_rest_is_published() -> None:
    declared()
    wrong = line(3, 男方姓名="", 男方身份证号="990102198001010038", 登记日期="2026-02-30", 登记类别="复婚", 手续费="免")
    batch = gathered(csv_of([line(1), wrong, line(4), line(4), line(5, 手续费="90")]))
    assert (batch.state, batch.landed, batch.held, batch.warned, batch.new) == ("done", 5, 3, 1, 2)
    held = {row["_row"]: stages.reasons(spec_of(batch), row["_mask"]) for row in stages.wrong_rows(batch)}
    assert held[2] == [
        "男方姓名不能为空",
        "男方身份证号的校验位不对",
        "登记日期的格式不对",
        "登记类别不在代码表里",
        "手续费的格式不对",
    ]
    assert held[3] == held[4] == ["登记号重复"]
    assert held[5] == ["手续费不超过 9 元"]
    assert [row[0] for row in rows()] == ["M00001", "M00005"]
    assert batch.score.overall < 100
    order = WorkOrder.objects.get()
    assert (order.rows, order.case.stage, order.case.agency_id) == (3, "等待更正", "mzj")


def test_history_is_kept_and_a_row_that_is_no_longer_there_ends() -> None:
    declared()
    gathered(csv_of([line(1), line(2), line(3)]), as_of="2026-11-01")
    second = gathered(csv_of([line(1), line(2, 男方姓名="李四"), line(4)]), as_of="2026-11-02")
    assert (second.new, second.changed, second.same, second.ended) == (1, 1, 1, 1)
    table = Table.objects.get(code="marriages")
    assert (table.version, table.rows) == (2, 3)
    versions = versions_of(table, "M00002")
    assert [(row["groom"], str(row["valid_from"]), str(row["valid_to"]) if row["valid_to"] else None) for row in versions] == [
        ("李四", "2026-11-02", None), ("张三", "2026-11-01", "2026-11-02"),
    ]  # fmt: skip
    assert [row["valid_to"] is None for row in versions_of(table, "M00003")] == [False]
    assert [row["_batch"] for row in versions_of(table, "M00001")] == [1]


def test_a_row_that_came_wrong_ends_nothing() -> None:
    declared()
    gathered(csv_of([line(1), line(2)]))
    second = gathered(csv_of([line(1), line(2, 登记日期="昨天")]))
    assert (second.held, second.ended, second.same) == (1, 0, 1)
    assert [row[0] for row in rows()] == ["M00001", "M00002"]


def test_the_same_file_again_changes_nothing() -> None:
    declared()
    gathered(csv_of([line(1)]))
    again = gathered(csv_of([line(1)]))
    assert (again.state, again.reason_code, Table.objects.get().version) == ("done", "same-file", 1)


def test_the_holder_reads_the_table() -> None:
    declared()
    gathered(csv_of([line(1), line(2), line(3)]), as_of="2026-11-01")
    gathered(csv_of([line(1), line(2, 男方姓名="李四")]), as_of="2026-11-02")
    holder = holders["lake"]
    assert holder.holding("lake:marriages").rows == 2
    found = holder.look_up(
        "lake:marriages", [{"number": "M00002"}, {"number": "没有"}, {"number": "M00001"}], ["groom", "registered_on"]
    )
    assert found == [
        {"groom": "李四", "registered_on": "2026-03-05"},
        None,
        {"groom": "张三", "registered_on": "2026-03-05"},
    ]
    assert sum(batch.num_rows for batch in holder.scan("lake:marriages", ["number"])) == 2
    changes = holder.changes("lake:marriages", "", 10)
    assert [(change.key["number"], change.row is None) for change in changes] == [
        ("M00001", False),
        ("M00002", False),
        ("M00003", True),
    ]
    assert [change.key["number"] for change in holder.changes("lake:marriages", changes[0].cursor, 1)] == ["M00002"]
    assert holder.changes("lake:marriages", changes[-1].cursor, 10) == []


def test_columns_that_changed_overnight_hold_the_batch_and_the_owner_is_told() -> None:
    declared()
    gathered(csv_of([line(1)]))
    with recorded("pipelines.hold"):
        held = gathered(
            csv_of(
                [[*line(2), "x"]],
                header=["登记号", "男方姓名", "男方身份证号", "登记日期", "登记类别", "手续费", "备注"],
            )
        )
    assert (held.state, held.reason_code) == ("held", "schema")
    assert "多出了列：备注" in held.reason
    order = WorkOrder.objects.get()
    assert (order.why, order.case.agency_id, order.state) == ("schema", "mzj", "open")
    assert Table.objects.get().version == 1
    gathered(csv_of([line(3)]))
    order.refresh_from_db()
    assert (order.state, Batch.objects.filter(state="done").count()) == ("closed", 2)
