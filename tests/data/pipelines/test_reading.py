"""What stewards and programs see: pages, API, lineage, quality; and that Spark gives what DuckDB gives."""

from __future__ import annotations

import datetime as dt
import io
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from tests.factories.people import agency, citizen
from tests.factories.pipelines import HEADER, csv_of, declared, gathered, line, marriages_body, steward
from yiwang.config.environment import environment
from yiwang.data.engine.queries import connect, lake
from yiwang.data.pipelines import actions, queries, report_paper
from yiwang.data.pipelines.models import Table, WorkOrder
from yiwang.data.pipelines.running import run
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.accounts.models import Account
from yiwang.kernel.refusals import Denied, Missing

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(actor: Actor) -> Client:
    client = Client()
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client


def test_every_page_of_a_steward_answers_and_a_stranger_s_does_not() -> None:
    declared()
    batch = gathered(csv_of([line(1), line(2, 登记日期="昨天"), [*line(3), "x"]]))
    order = WorkOrder.objects.get()
    own, other = signed_in(steward()), signed_in(steward("scjg"))
    places = [
        "/desk/pipelines/marriages", f"/desk/pipelines/batches/{batch.id}", f"/desk/pipelines/batches/{batch.id}/rows", f"/desk/pipelines/orders/{order.id}",
        f"/desk/pipelines/orders/{order.id}/csv", "/desk/pipelines/tables/marriages?key=M00001",
    ]  # fmt: skip
    for place in ["/desk/pipelines", "/desk/data-quality", "/desk/data-quality.pdf", *places]:
        assert own.get(place).status_code == 200, place
    for place in places:
        assert other.get(place).status_code == 403, place
    assert "婚姻登记" not in other.get("/desk/pipelines").content.decode()
    page = own.get(f"/desk/pipelines/batches/{batch.id}/rows").content.decode()
    assert all(words in page for words in ("昨天", "登记日期的格式不对", "比表头多出了单元格"))
    assert own.get(f"/desk/pipelines/orders/{order.id}/exe").status_code == 404


def test_the_pages_of_a_pipeline_that_has_not_run_yet_say_so() -> None:
    declared()
    own = signed_in(steward())
    assert "还没有运行" in own.get("/desk/pipelines").content.decode()
    for place in ("/desk/pipelines/marriages", "/desk/data-quality", "/desk/data-quality.pdf"):
        assert own.get(place).status_code == 200, place


def test_a_steward_works_on_the_pages() -> None:
    declared()
    own = signed_in(steward())
    upload = BytesIO(csv_of([line(1), line(2, 登记日期="昨天")]))
    upload.name = "a.csv"
    answer = own.post("/desk/pipelines/marriages", {"do": "drop", "file": upload})
    assert answer.status_code == 302
    batch = run(answer["Location"].rsplit("/", 1)[-1])
    assert (batch.state, batch.held) == ("done", 1)
    assert own.post("/desk/pipelines/marriages", {"do": "drop"}).status_code == 422
    assert own.post("/desk/pipelines/marriages", {"do": "backfill", "since": "x"}).status_code == 422
    order = WorkOrder.objects.get()
    assert own.post(f"/desk/pipelines/orders/{order.id}").status_code == 422
    back = own.get(f"/desk/pipelines/orders/{order.id}/xlsx").content
    book = openpyxl.load_workbook(io.BytesIO(back))
    sheet: Any = book.active
    sheet.cell(2, 6).value = "2026-03-05"
    out = BytesIO()
    book.save(out)
    out.seek(0)
    out.name = "back.xlsx"
    answer = own.post(f"/desk/pipelines/orders/{order.id}", {"file": out})
    run(answer["Location"].rsplit("/", 1)[-1])
    order.refresh_from_db()
    assert order.state == "closed"


def test_programs_push_rows_and_watch_the_run() -> None:
    declared(source={"slot": "push", "holds": "changes"})
    own = signed_in(steward())
    rows = [dict(zip(HEADER, line(1), strict=True))]
    answer = own.post(
        "/api/v1/pipelines/marriages/rows",
        {"rows": rows},
        content_type="application/json",
        headers={"Idempotency-Key": "a1"},
    )
    assert answer.status_code == 202
    batch = answer.json()["id"]
    run(batch)
    found = own.get(f"/api/v1/batches/{batch}").json()
    assert (found["batch"]["state"], found["batch"]["new"], found["score"]) == ("done", 1, 100)
    assert own.get("/api/v1/pipelines").json()[0]["target"] == "lake:marriages"
    assert own.get("/api/v1/pipelines/marriages/batches").json()["items"][0]["id"] == batch
    assert own.get("/api/v1/pipelines/quality").json()[0]["overall"] == 100
    stranger = signed_in(citizen())
    assert (
        stranger.post("/api/v1/pipelines/marriages/rows", {"rows": rows}, content_type="application/json").status_code
        == 403
    )
    assert Client().get("/api/v1/pipelines").status_code == 401


def test_a_published_value_leads_back_to_the_row_that_it_came_from() -> None:
    declared()
    gathered(csv_of([line(1), line(2)]), "first.csv", as_of="2026-11-01")
    gathered(csv_of([line(1), line(2, 男方姓名="李 四")]), "second.csv", as_of="2026-11-02")
    _table, origins = queries.history(steward(), "marriages", "M00002")
    assert [(o.values["groom"], o.landed["男方姓名"] if o.landed else "", o.row, o.batch.source if o.batch else "") for o in origins] == [
        ("李四", "李 四", 2, "second.csv"), ("张三", "张三", 2, "first.csv"),
    ]  # fmt: skip
    assert (origins[1].valid_from, origins[1].valid_to) == (dt.date(2026, 11, 1), dt.date(2026, 11, 2))
    drawing = queries.graph(steward(), "marriages", "registered_on")
    assert [box.step.words[0] for box in drawing.boxes if box.step.kind in ("column", "field")] == [
        "登记日期",
        "登记日期",
    ]
    assert len(drawing.curves) == 4
    with pytest.raises(Missing):
        queries.history(steward(), "marriages", "nobody")
    with pytest.raises(Denied):
        queries.history(steward("scjg"), "marriages", "M00002")


def test_quality_has_a_trend_by_resource_and_by_agency_and_a_report() -> None:
    declared()
    gathered(csv_of([line(1), line(2, 登记日期="昨天", 男方姓名="")]), as_of="2026-11-01")
    gathered(csv_of([line(1), line(2)]), as_of="2026-11-02")
    agencies, lines = queries.quality(steward())
    (found,) = lines
    assert (found.overall, len(found.trend), found.trend[0][1] < 100) == (100, 2, True)
    assert [(item.code, item.overall) for item in agencies] == [("mzj", 100)]
    pdf = report_paper.quality_report(steward())
    assert pdf[:5] == b"%PDF-"
    assert queries.quality(steward("scjg")) == ([], [])


def test_a_score_counts_what_the_rules_looked_at() -> None:
    declared(rules=[])
    batch = gathered(csv_of([line(1), line(2), line(3), line(4, 登记日期="昨天")]))
    results = {item.rule: (item.checked, item.failed) for item in batch.results.all()}
    assert results["registered_on.type"] == (4, 1)
    assert results["registered_on.required"] == (4, 0)
    checked = sum(item.checked for item in batch.results.all() if item.dimension == "accuracy")
    assert batch.score.dimensions["accuracy"] == round(100 * (1 - 1 / checked), 2)
    assert batch.score.day == timezone.localdate()


def test_a_rule_refers_to_another_theme_table() -> None:
    declared()
    gathered(csv_of([line(1), line(2)]))
    agency("mzj")
    body = marriages_body(
        code="certificates", name="证件", fields=[{"name": "number", "label": "登记号"}, {"name": "copies", "label": "份数", "type": "integer"}],
        rules=[{"code": "known", "label": "登记号在婚姻登记里", "kind": "reference", "field": "number", "table": "marriages"}],
        target={"table": "certificates", "key": ["number"]},
    )  # fmt: skip
    actions.declare(system(), body)
    batch = gathered(csv_of([["M00001", "2"], ["M00009", "1"]], ["登记号", "份数"]), code="certificates")
    assert (batch.new, batch.held) == (1, 1)


def test_spark_publishes_what_duckdb_publishes(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark")
    rows = [
        line(1, 登记日期="2026年3月5日", 手续费="9.00元"), line(2, 男方身份证号="990102198001010038"), line(3, 登记类别="复婚"), line(4, 登记号="　Ｍ４"),
        line(5), line(5),
        line(6, 男方姓名="买买提 • 艾力", 登记日期="20260305"), line(7, 登记日期="2026-02-30"),
    ]  # fmt: skip
    declared()
    found = {}
    for engine in ("duckdb", "spark:local[1]"):
        monkeypatch.setattr(environment, "data_engine", engine)
        code = f"m_{engine[:5]}"
        actions.declare(system(), marriages_body(code=code, target={"table": code, "key": ["number"]}))
        batch = gathered(csv_of(rows), code=code, as_of="2026-11-01")
        assert batch.state == "done", batch.reason
        again = gathered(csv_of([*rows[1:], line(1, 男方姓名="李四")]), code=code, as_of="2026-11-02")
        assert again.state == "done", again.reason
        table = Table.objects.get(code=code)
        with connect() as connection:
            published = connection.execute(
                f"SELECT number, groom, groom_id, registered_on, kind, fee, valid_from, _row FROM read_parquet('{lake().path(table.current)}') ORDER BY number"
            ).fetchall()
        found[engine] = (
            batch.held,
            batch.warned,
            batch.new,
            again.new,
            again.changed,
            again.same,
            again.ended,
            published,
        )
    assert found["duckdb"] == found["spark:local[1]"]
