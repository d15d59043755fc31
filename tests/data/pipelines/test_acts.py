"""Who may run and stop what, and what the ledger has of it."""

from __future__ import annotations

import csv
import io
from io import BytesIO

import pytest

from tests.factories.people import agency, citizen
from tests.factories.pipelines import HEADER, csv_of, declared, gathered, line, marriages_body, steward
from tests.helpers import recorded, refused
from yiwang.data.catalogue.slots import holders
from yiwang.data.pipelines import actions, queries
from yiwang.data.pipelines.models import Batch, Table, WorkOrder
from yiwang.data.pipelines.running import run
from yiwang.foundation.access.queries import system
from yiwang.foundation.cases.actions import complete
from yiwang.kernel.refusals import Conflict, Denied, Invalid, Missing

pytestmark = pytest.mark.django_db(transaction=True)


def again(batch: Batch) -> Batch:
    return run(str(batch.id))


def test_a_declaration_is_checked_and_kept_by_version() -> None:
    pipeline = declared()
    with recorded("pipelines.declare", kind="pipeline", subject="marriages"):
        declared()
    declared(name="婚姻登记信息")
    pipeline.refresh_from_db()
    assert (pipeline.version, pipeline.versions.count()) == (2, 2)
    with pytest.raises(Conflict):
        declared(target={"table": "other", "key": ["number"]})
    refused(actions.declare, citizen(), marriages_body())
    refused(actions.declare, steward("scjg"), marriages_body())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source": {"slot": "telepathy"}}, "source.slot"),
        ({"target": {"table": "tt", "key": ["nothing"]}}, "target.key"),
        (
            {"rules": [{"code": "a", "label": "规则", "kind": "sql", "sql": "read_text('/etc/passwd') = ''"}]},
            "rules.0.sql",
        ),
        ({"rules": [{"code": "a", "label": "规则", "kind": "sql", "sql": "(SELECT 1) = 1"}]}, "rules.0.sql"),
        ({"rules": [{"code": "a", "label": "规则", "kind": "range", "field": "fee"}]}, "rules.0"),
        ({"rules": [{"code": "a", "label": "规则", "kind": "unique"}]}, "rules.0.fields"),
        ({"source": {"slot": "database", "url": "postgres://a:secret@h/d", "table": "t"}}, "source.url"),
        ({"source": {"slot": "database", "url": "sqlite:///x.db", "query": "DELETE FROM t"}}, "source.query"),
        ({"source": {"slot": "file", "format": "fixed"}}, "source.columns"),
        ({"surprise": 1}, ""),
    ],
)
def test_a_wrong_declaration_names_the_place(change: dict[str, object], field: str) -> None:
    assert field in [problem.field for problem in queries.check(marriages_body(**change))]


def test_only_the_owner_s_steward_runs_a_pipeline() -> None:
    declared()
    own, stranger = steward(), steward("scjg")
    for actor in (citizen(), stranger):
        refused(actions.start, actor, "marriages")
        refused(actions.drop, actor, "marriages", "a.csv", BytesIO(b"x"))
        refused(actions.push, actor, "marriages", [{"a": 1}])
        refused(actions.pause, actor, "marriages", paused=True)
    with recorded("pipelines.start", by=own):
        batch = actions.start(own, "marriages")
    assert actions.start(own, "marriages").id == batch.id
    assert again(batch).reason_code == "empty"
    with pytest.raises(Invalid):
        actions.start(own, "marriages", since="gestern")
    with pytest.raises(Missing):
        actions.start(system(), "nothing")


def test_a_steward_drops_a_file_and_reads_what_was_wrong() -> None:
    declared()
    own = steward()
    with recorded("pipelines.drop", by=own, kind="batch"):
        batch = again(
            actions.drop(own, "marriages", "../../etc/坏.csv", BytesIO(csv_of([line(1), line(2, 登记日期="x")])))
        )
    assert (batch.state, batch.source) == ("done", "坏.csv")
    (row,) = queries.wrong_rows(own, batch.id)
    assert (row.number, row.reasons, row.held, dict(row.cells)["登记日期"]) == (2, ("登记日期的格式不对",), True, "x")
    with pytest.raises(Denied):
        queries.wrong_rows(steward("scjg", ["pipelines.read", "pipelines.rows"]), batch.id)
    declared(source={"slot": "file"})
    with pytest.raises(Invalid):
        actions.drop(own, "marriages", "bild.png", BytesIO(b"x"))


def test_pushed_rows_are_one_batch_for_one_key() -> None:
    declared(source={"slot": "push", "holds": "changes"})
    own = steward()
    rows = [dict(zip(HEADER, line(1), strict=True))]
    with recorded("pipelines.push", by=own, times=2):
        first = actions.push(own, "marriages", rows, key="k1")
        assert actions.push(own, "marriages", rows, key="k1").id == first.id
    assert again(first).new == 1
    second = again(actions.push(own, "marriages", [dict(zip(HEADER, line(2), strict=True))]))
    assert (second.new, second.ended, Table.objects.get().rows) == (1, 0, 2)
    with pytest.raises(Invalid):
        actions.push(own, "marriages", [])
    declared()
    with pytest.raises(Conflict):
        actions.push(own, "marriages", rows)


def test_a_batch_is_cancelled_and_run_again() -> None:
    declared()
    own = steward()
    batch = actions.drop(own, "marriages", "a.csv", BytesIO(csv_of([line(1)])))
    refused(actions.cancel, steward("scjg"), batch.id)
    with recorded("pipelines.cancel", by=own):
        actions.cancel(own, batch.id)
    assert again(batch).state == "cancelled"
    assert not Table.objects.exists()
    refused(actions.rerun, citizen(), batch.id)
    with recorded("pipelines.rerun", by=own):
        actions.rerun(own, batch.id)
    assert again(batch).state == "done"
    with pytest.raises(Conflict):
        actions.cancel(own, batch.id)


def test_a_running_batch_stops_at_its_next_step() -> None:
    declared()
    batch = actions.drop(system(), "marriages", "a.csv", BytesIO(csv_of([line(1)])))
    Batch.objects.filter(id=batch.id).update(state="running")
    actions.cancel(system(), batch.id)
    with recorded("pipelines.settle"):
        assert again(batch).state == "cancelled"


def test_a_finished_batch_runs_again_by_the_newest_declaration_unless_a_newer_one_followed() -> None:
    declared()
    first = gathered(csv_of([line(1, 登记类别="补领")]))
    assert first.held == 1
    changed = marriages_body()
    changed["fields"][4]["map"] = {"补领": "1"}
    actions.declare(system(), changed)
    done = again(actions.rerun(system(), first.id))
    assert (done.version, done.held, done.new) == (2, 0, 1)
    assert WorkOrder.objects.get().state == "closed"
    gathered(csv_of([line(2)]))
    with pytest.raises(Conflict):
        actions.rerun(system(), first.id)


def test_a_batch_with_too_many_wrong_rows_is_held_until_a_steward_lets_it_pass() -> None:
    declared(
        rules=[
            {
                "code": "cheap",
                "label": "手续费超过 9 元的太多",
                "kind": "range",
                "field": "fee",
                "most": 9,
                "does": "hold_batch",
                "percent": 20,
            }
        ]
    )
    own = steward()
    held = gathered(csv_of([line(1, 手续费="90"), line(2)]))
    assert (held.state, held.reason_code, Table.objects.count()) == ("held", "rules", 0)
    refused(actions.release, steward("scjg"), held.id, "已核实")
    with pytest.raises(Invalid):
        actions.release(own, held.id, "")
    with recorded("pipelines.release", by=own):
        actions.release(own, held.id, "当月价格调整，已核实")
    done = again(held)
    assert (done.state, done.new, done.held) == ("done", 1, 1)
    with pytest.raises(Conflict):
        actions.release(own, held.id, "再来一次")


def test_missing_columns_cannot_be_let_pass() -> None:
    declared()
    held = gathered(csv_of([["M1", "张三"]], header=HEADER[:2]))
    assert (held.state, held.reason_code) == ("held", "missing")
    with pytest.raises(Conflict):
        actions.release(system(), held.id, "放行吧")


def test_a_new_shape_that_is_accepted_is_the_shape_of_the_next_batch() -> None:
    declared()
    gathered(csv_of([line(1)]))
    wider = [*HEADER, "备注"]
    held = gathered(csv_of([[*line(2), "x"]], header=wider))
    actions.release(system(), held.id, "来源增加了备注列")
    assert again(held).state == "done"
    assert gathered(csv_of([[*line(3), "x"]], header=wider)).state == "done"
    assert WorkOrder.objects.get().state == "closed"


def test_the_schedule_rests_and_goes_on() -> None:
    pipeline = declared(schedule={"every": 3600})
    assert pipeline.next_at is not None
    own = steward()
    with recorded("pipelines.pause", by=own, times=2):
        assert actions.pause(own, "marriages", paused=True).next_at is None
        assert actions.pause(own, "marriages", paused=False).next_at is not None


def test_what_only_the_node_does_is_refused_to_others() -> None:
    declared()
    batch = actions.drop(system(), "marriages", "a.csv", BytesIO(csv_of([line(1)])))
    someone = steward()
    refused(actions.land, someone, batch.id, source="x", sha256="", size=0, rows=0, refused=0, columns=[], cursor="")
    refused(actions.hold, someone, batch.id, "schema", "x")
    refused(actions.settle, someone, batch.id, "done")
    refused(actions.publish, someone, batch.id, None)
    refused(actions.publish_to_register, someone, batch.id, lambda: None)
    with recorded("pipelines.land"):
        again(batch)
    with pytest.raises(Conflict):
        actions.settle(system(), batch.id, "failed")


def returned(order: WorkOrder, fix: dict[str, dict[str, str]], drop: tuple[str, ...] = ()) -> Batch:
    """Take the file of an order, correct rows by their number, hand it back."""
    own = steward()
    lines = list(csv.reader(io.StringIO(queries.order_file(own, order.id, "csv").decode("utf-8-sig"))))
    header, body = lines[0], [row for row in lines[1:] if row[0] not in drop]
    for row in body:
        for name, value in fix.get(row[0], {}).items():
            row[header.index(name)] = value
    with recorded("pipelines.return_rows", by=own, kind="order", subject=order.id):
        return again(actions.return_rows(own, order.id, "更正.csv", BytesIO(csv_of(body, header))))


def test_rows_come_back_corrected_and_the_order_closes_itself() -> None:
    declared()
    gathered(
        csv_of([line(1), line(2, 登记日期="昨天"), line(3, 男方姓名=""), line(4, 登记号="=1+1", 登记类别="复婚")]),
        as_of="2026-11-01",
    )
    order = WorkOrder.objects.get()
    assert (order.rows, order.open_rows) == (3, 3)
    assert "'=1+1" in queries.order_file(steward(), order.id, "csv").decode("utf-8-sig")
    refused(actions.return_rows, steward("scjg"), order.id, "a.csv", BytesIO(b"x"))
    first = returned(order, {"2": {"登记日期": "2026-11-01"}, "3": {"男方姓名": "李四"}}, drop=("4",))
    assert (first.state, first.kind, first.new, first.ended) == ("done", "repair", 2, 0)
    order.refresh_from_db()
    assert (order.state, order.open_rows) == ("open", 1)
    second = returned(order, {"4": {"登记类别": "结婚"}})
    assert (second.new, Table.objects.get().rows) == (1, 4)
    order.refresh_from_db()
    assert (order.state, order.open_rows, order.case.outcome) == ("closed", 0, "closed")
    assert holders_key("=1+1")
    with pytest.raises(Conflict):
        actions.return_rows(steward(), order.id, "a.csv", BytesIO(b"x"))


def holders_key(key: str) -> bool:
    return holders["lake"].look_up("lake:marriages", [{"number": key}], ["number"]) == [{"number": key}]


def test_rows_that_are_still_wrong_stay_in_the_order() -> None:
    declared()
    gathered(csv_of([line(1), line(2, 登记日期="昨天")]))
    order = WorkOrder.objects.get()
    returned(order, {"2": {"登记日期": "前天"}})
    order.refresh_from_db()
    assert (order.state, order.open_rows) == ("open", 1)


def test_the_department_may_say_that_its_data_is_right() -> None:
    declared()
    gathered(csv_of([line(1), line(2, 登记日期="昨天")]))
    order = WorkOrder.objects.get()
    task = order.case.tasks.get(state="open")
    complete(steward(), task.id, "kept", "原始档案就是这样记载的")
    order.refresh_from_db()
    assert order.state == "kept"


def test_a_whole_delivery_that_is_right_closes_the_order() -> None:
    declared()
    gathered(csv_of([line(1), line(2, 登记日期="昨天")]))
    gathered(csv_of([line(1), line(2)]))
    order = WorkOrder.objects.get()
    assert (order.state, order.case.outcome) == ("closed", "closed")


def test_lists_are_cut_to_the_reader_s_reach_in_a_constant_number_of_queries(
    django_assert_max_num_queries: object,
) -> None:
    declared()
    gathered(csv_of([line(1), line(2, 登记日期="昨天")]))
    own = steward()
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        (found,) = queries.pipelines(own)
    assert (found.last.held, found.orders) == (1, 1)
    agency("scjg")
    assert queries.pipelines(steward("scjg")) == []
    assert len(queries.batches(own).items) == 1
    assert [order.rows for order in queries.orders_open(own)] == [1]
    with pytest.raises(Denied):
        queries.pipelines(citizen())
