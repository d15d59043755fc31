"""Work orders: wrong rows go back to the department that answers for them, with a file that it corrects and returns (数据质量工单).

A work order is a case with a limit. It closes itself when every row of it has come back right, when the source has sent the data right, or when the
department says, with its reason, that the data is right as it is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.engine.queries import connect, lake
from yiwang.foundation.access.queries import Actor, system
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries
from yiwang.foundation.cases.slots import CaseKind, Done
from yiwang.kernel.refusals import Missing

from . import declarations, formats, merge_sql, stages
from .models import Batch, WorkOrder
from .slots import Pulled, Row
from .standard_sql import text

if TYPE_CHECKING:
    from yiwang.foundation.cases.models import Case, Procedure

    from .declarations import Spec

KIND = "data-order"
PROCEDURE = "data_order"
NUMBER, WHY = "行号", "问题"  # the columns that we put in front; they are found again in the file that comes back
OWN = (NUMBER, WHY)
MOST_ROWS = 100_000  # of one file
_BPMN = Path(__file__).parent / "procedures" / "data_order.bpmn"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def publish_procedure(actor: Actor) -> Procedure:
    """Publish the procedure that comes with the platform, unless the node has one already: its own stays."""
    try:
        return case_queries.procedure(PROCEDURE)
    except LookupError:
        return cases.publish_procedure(actor, PROCEDURE, "数据质量工单", _BPMN.read_text(encoding="utf-8"))


def _open(batch: Batch, spec: Spec, why: WorkOrder.Why, rows: int, title: str) -> WorkOrder:
    node, owner = system(), batch.pipeline.owner
    new = cases.NewCase(
        kind=KIND, type_code="data-order", type_name="数据质量工单", title=title[:200], procedure=publish_procedure(node).id, agency_code=owner.code,
        agency_path=owner.path, region_path=owner.region.path, party_id=None, limits={"answer": {"count": spec.days, "unit": "working"}},
        starts=("answer",),
    )  # fmt: skip
    case, _words = cases.open_case(node, new)
    return WorkOrder(pipeline=batch.pipeline, batch=batch, case_id=case.id, why=why, rows=rows, open_rows=rows)


def tell_shape(batch: Batch, spec: Spec, words: str) -> WorkOrder | None:
    """Tell the source's owner that its columns changed, inside the act that holds the batch. Once, until it is settled."""
    if WorkOrder.objects.filter(pipeline=batch.pipeline, why=WorkOrder.Why.SCHEMA, state=WorkOrder.State.OPEN).exists():
        return None
    return _open(batch, spec, WorkOrder.Why.SCHEMA, batch.landed, f"{batch.pipeline.name}：{words}")


def after_publishing(batch: Batch, spec: Spec) -> WorkOrder | None:
    """Open, renew or close the work orders of a pipeline, inside the act that published ``batch``. Returns a new order, to be saved with its case."""
    for order in WorkOrder.objects.filter(
        pipeline=batch.pipeline, why=WorkOrder.Why.SCHEMA, state=WorkOrder.State.OPEN
    ):
        close(order, _("来源已恢复，或新的结构已经接受。"))
    wrong = batch.held + batch.refused
    if batch.kind == Batch.Kind.REPAIR:
        _repaired(batch, spec)
        return None
    standing = (
        WorkOrder.objects.select_for_update()
        .filter(pipeline=batch.pipeline, why=WorkOrder.Why.ROWS, state=WorkOrder.State.OPEN)
        .order_by("-created_at")
        .first()
    )
    if standing is not None and (spec.holds_all or standing.batch_id == batch.id):
        # The whole data came again: what is wrong in it now is what is wrong.
        standing.batch, standing.rows, standing.open_rows = batch, wrong, wrong
        standing.save()
        if not wrong:
            close(standing, _("第 %(n)s 批数据里已经没有问题。") % {"n": batch.number})
        return None
    if not wrong:
        return None
    title = _("%(name)s：%(n)s 行数据需要更正") % {"name": batch.pipeline.name, "n": wrong}
    return _open(batch, spec, WorkOrder.Why.ROWS, wrong, title)


def _repaired(batch: Batch, spec: Spec) -> None:
    order = WorkOrder.objects.select_for_update().get(id=batch.options["order"])
    if order.state != WorkOrder.State.OPEN:
        return
    order.open_rows = len(outstanding(order))
    order.save(update_fields=["open_rows"])
    if order.open_rows == 0:
        close(order, _("更正的数据已经全部收回。"))


def close(order: WorkOrder, words: str) -> None:
    """Finish the task of an order as the node, inside an act."""
    open_task = next((task for task in order.case.tasks.filter(state="open")), None)
    if open_task is not None:
        cases.complete(system(), open_task.id, "corrected", words)


def returned(batch: Batch) -> Pulled:
    """The rows of a file that came back, without what we put in front of cells to disarm them."""
    path, name = lake().path(str(batch.options["given"])), str(batch.options["name"])
    if not path.exists():
        raise Missing(_("要归集的文件不在了，请重新上传。"))
    if formats.format_of(name) == "csv":
        encoding = formats.encoding_of(path)
        columns, delimiter = formats.csv_head(path, encoding)
        found = formats.Opened(columns, _csv_rows(path, encoding, delimiter, len(columns)))
    else:
        found = formats.opened(path, name, {})
    return Pulled(
        name, columns=found.columns, rows=([_armed(cell) for cell in row] for row in found.rows), refused=found.refused
    )


def _csv_rows(path: Path, encoding: str, delimiter: str, width: int) -> Iterator[Row]:
    try:
        with path.open(encoding=encoding, newline="") as file:
            lines = csv.reader(file, delimiter=delimiter)
            next(lines)
            for line in lines:
                if any(line):
                    yield [cell or None for cell in line[:width]] + [None] * (width - len(line))
    except UnicodeError:
        raise formats.refusal("encoding", formats.BAD_ENCODING) from None


def _disarmed(cell: Any) -> str:
    words = "" if cell is None else str(cell)
    return f"'{words}" if words.startswith(_FORMULA) else words


def _armed(cell: str | None) -> str | None:
    return cell[1:] if cell and cell[0] == "'" and cell[1:].startswith(_FORMULA) else cell


def _wrong_numbers(batch: Batch) -> set[str]:
    """The numbers, as the file shows them, of the rows of a batch that are to be corrected."""
    found: set[str] = set()
    marks, hold = stages.file(batch, "marks"), declarations.of(batch.pipeline).hold_mask
    with connect() as connection:
        if lake().find(marks) is not None and batch.held:
            found |= {
                str(n)
                for (n,) in connection.execute(
                    f"SELECT _row FROM read_parquet({text(str(marks))}) WHERE (_mask & {hold}) <> 0"
                ).fetchall()
            }
    return found | {f"×{number}" for number, _text, _why in stages.refused_rows(batch, MOST_ROWS)}


def outstanding(order: WorkOrder) -> set[str]:
    """The numbers of the rows that have not come back right yet."""
    left = _wrong_numbers(order.batch)
    repairs = Batch.objects.filter(repairs=order.batch, kind=Batch.Kind.REPAIR, stage="publish").select_related(
        "pipeline"
    )
    for repair in repairs:
        spec = declarations.of(repair.pipeline)
        with connect() as connection:
            for name in ("landed", "standard", "marks"):
                connection.execute(
                    f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM read_parquet({text(str(stages.file(repair, name)))})"
                )
            if NUMBER not in repair.columns:
                continue
            rows = connection.execute(
                f'SELECT DISTINCT l."{NUMBER}" FROM landed AS l JOIN ({merge_sql.good(spec, marked=True)}) AS g ON g._row = l._row'
            ).fetchall()
        left -= {str(number) for (number,) in rows}
    return left


def lines(order: WorkOrder) -> Iterator[Sequence[str]]:
    """The file of an order: its header, then the rows that are still wrong, each with all its reasons; formulas are disarmed."""
    spec, batch = declarations.of(order.pipeline), order.batch
    columns = [name for name in batch.columns if name not in OWN]
    yield [NUMBER, WHY, *columns]
    left = outstanding(order)
    start = 0
    while rows := stages.wrong_rows(batch, start, 5_000):
        start += len(rows)
        for row in rows:
            if str(row["_row"]) in left:
                yield [
                    str(row["_row"]),
                    "；".join(stages.reasons(spec, row["_mask"])),
                    *(_disarmed(row[name]) for name in columns),
                ]
        if start >= MOST_ROWS:
            break
    for number, words, why in stages.refused_rows(batch, MOST_ROWS):
        if f"×{number}" in left:
            yield [f"×{number}", f"{why}：{words}"[:500], *[""] * len(columns)]


def as_csv(order: WorkOrder) -> bytes:
    """The file as CSV in UTF-8 with the mark by which office programs know it."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(lines(order))
    return ("\ufeff" + out.getvalue()).encode()


def as_spreadsheet(order: WorkOrder) -> bytes:
    """The file as a spreadsheet; every cell is text, so that long numbers stay whole."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("问题数据")
    sheet.freeze_panes = "C2"
    for line in lines(order):
        sheet.append(list(line))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class Orders(CaseKind):
    """Work orders as cases."""

    code = KIND
    name = gettext_lazy("数据质量工单")

    def facts(self, case: Case) -> dict[str, Any]:
        order = WorkOrder.objects.filter(case=case).first()
        return {"rows": order.rows if order else 0, "pipeline": order.pipeline_id if order else ""}

    def after_done(self, actor: Actor, case: Case, done: Done) -> None:
        """The order's own state follows its case."""
        if done.closed:
            state = WorkOrder.State.CLOSED if done.outcome == "corrected" else WorkOrder.State.KEPT
            WorkOrder.objects.filter(case=case).update(state=state, closed_at=timezone.now())
