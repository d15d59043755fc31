"""Front door for reading: pipelines and their batches, wrong rows, lineage, quality. Each takes the actor and asks for access."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor, Scope, reach, require, require_somewhere
from yiwang.kernel.pages import Page, page
from yiwang.kernel.refusals import Missing

from . import declarations, lineage, orders, stages, tables
from .declarations import Spec
from .models import Batch, Pipeline, RuleResult, Score, StageRun, Table, WorkOrder
from .orders import KIND as ORDER
from .permissions import READ, ROWS
from .quality import NAMES

__all__ = [
    "NAMES",
    "ORDER",
    "READ",
    "ROWS",
    "Batch",
    "BatchView",
    "Line",
    "OrderView",
    "Origin",
    "Pipeline",
    "Quality",
    "WorkOrder",
    "WrongRow",
    "batch",
    "batches",
    "check",
    "graph",
    "history",
    "may",
    "order",
    "order_file",
    "order_of_case",
    "orders_open",
    "pipeline",
    "pipelines",
    "quality",
    "refused_rows",
    "schema",
    "wrong_rows",
]


def check(body: Any) -> list[Any]:
    """What is wrong with a declaration; an empty list when it holds."""
    return declarations.problems_of(body)


def schema() -> str:
    """The JSON Schema of a declaration."""
    return declarations.SCHEMA.read_text(encoding="utf-8")


def _scope(found: Pipeline) -> Scope:
    return Scope(agency=found.owner.path, region=found.owner.region.path)


def may(actor: Actor, permission: str, found: Pipeline) -> bool:
    """Whether a button for this pipeline is worth showing."""
    from yiwang.foundation.access.queries import allowed

    level = declarations.of(found).level
    return allowed(actor, permission, Scope(agency=found.owner.path, region=found.owner.region.path, level=level))


@dataclass(frozen=True, slots=True)
class Line:
    """A pipeline in a list, with its last batch and its last score."""

    pipeline: Pipeline
    last: Batch | None
    score: float | None
    held: int
    orders: int


def _reachable(actor: Actor, permission: str = READ) -> QuerySet[Pipeline]:
    require_somewhere(actor, permission)
    return Pipeline.objects.filter(reach(actor, permission, agency="owner__path", region="owner__region__path"))


def pipelines(actor: Actor) -> list[Line]:
    """The pipelines that the actor may see, those in trouble first; three queries."""
    newest = Batch.objects.filter(pipeline=OuterRef("pk")).order_by("-number").values("id")[:1]
    score = Score.objects.filter(pipeline=OuterRef("pk")).order_by("-batch__number").values("overall")[:1]
    rows = list(
        _reachable(actor).select_related("owner__region")
        .annotate(
            newest=Subquery(newest), score_now=Subquery(score),
            open_orders=Count("orders", filter=Q(orders__state=WorkOrder.State.OPEN), distinct=True),
        ).order_by("name")
    )  # fmt: skip
    last = {found.id: found for found in Batch.objects.filter(id__in=[row.newest for row in rows if row.newest])}
    lines = []
    for row in rows:
        found = last.get(row.newest)
        lines.append(Line(row, found, row.score_now, found.held if found else 0, row.open_orders))
    return sorted(
        lines,
        key=lambda line: (
            line.last is None or line.last.state not in ("held", "failed"),
            line.orders == 0,
            line.pipeline.name,
        ),
    )


def pipeline(actor: Actor, code: str) -> tuple[Pipeline, Spec]:
    """A pipeline and its declaration. Raises :class:`Missing`, :class:`Denied`."""
    found = Pipeline.objects.select_related("owner__region").filter(code=code).first()
    require(actor, _scope(found) if found else Scope(), READ, subject=f"pipeline:{code}")
    if found is None:
        raise Missing(_("没有这个归集任务。"))
    return found, declarations.of(found)


def batches(actor: Actor, code: str = "", *, cursor: str = "", size: int = 30) -> Page[Batch]:
    """Batches, newest first, of one pipeline or of all that the actor may see; two queries."""
    rows = Batch.objects.filter(pipeline__in=_reachable(actor).values("code")).select_related(
        "pipeline__owner", "score"
    )
    if code:
        pipeline(actor, code)
        rows = rows.filter(pipeline=code)
    return page(rows, order=("-created_at", "-id"), cursor=cursor, size=size)


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch with everything that its page shows."""

    batch: Batch
    spec: Spec
    stages: tuple[StageRun, ...]
    results: tuple[RuleResult, ...]
    score: Score | None
    orders: tuple[WorkOrder, ...]

    @property
    def at_work(self) -> bool:
        return self.batch.state in ("waiting", "running")


def batch(actor: Actor, batch_id: UUID | str) -> BatchView:
    """One batch. Raises :class:`Missing`, :class:`Denied`."""
    found = Batch.objects.select_related("pipeline__owner__region", "repairs", "score").filter(id=batch_id).first()
    require(actor, _scope(found.pipeline) if found else Scope(), READ, subject=f"batch:{batch_id}")
    if found is None:
        raise Missing(_("没有这一批数据。"))
    return BatchView(
        found, declarations.of(found.pipeline), tuple(found.stages.order_by("started_at")), tuple(found.results.order_by("-failed", "rule")),
        getattr(found, "score", None), tuple(found.orders.select_related("case")),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class WrongRow:
    """A row that broke a rule, as it came, with every reason. ``held``: it was not published."""

    number: int
    cells: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    held: bool


def _rows_of(actor: Actor, found: BatchView) -> None:
    """Rows as they came may hold whatever the source wrote: they are asked for at the level of the data."""
    scope = Scope(
        agency=found.batch.pipeline.owner.path, region=found.batch.pipeline.owner.region.path, level=found.spec.level
    )
    require(actor, scope, ROWS, subject=f"batch:{found.batch.id}")


def wrong_rows(actor: Actor, batch_id: UUID | str, *, rule: str = "", start: int = 0, size: int = 50) -> list[WrongRow]:
    """Wrong rows of a batch, the held ones first; ``rule`` picks those that broke one rule."""
    found = batch(actor, batch_id)
    _rows_of(actor, found)
    only = next((1 << item.bit for item in found.spec.rules if item.code == rule), 0)
    rows = []
    for row in stages.wrong_rows(found.batch, start, min(size, 500), only):
        mask, number = row["_mask"], row["_row"]
        cells = tuple(
            (name, "" if value is None else str(value)) for name, value in row.items() if name not in ("_row", "_mask")
        )
        rows.append(WrongRow(number, cells, tuple(stages.reasons(found.spec, mask)), bool(mask & found.spec.hold_mask)))
    return rows


def refused_rows(actor: Actor, batch_id: UUID | str, limit: int = 50) -> list[tuple[int, str, str]]:
    """What could not be read as rows: (number, text, reason)."""
    found = batch(actor, batch_id)
    _rows_of(actor, found)
    return stages.refused_rows(found.batch, limit)


@dataclass(frozen=True, slots=True)
class OrderView:
    """A work order with its pipeline's declaration and the rules that its rows broke: (words, rows)."""

    order: WorkOrder
    spec: Spec
    reasons: tuple[tuple[str, int], ...]


def order(actor: Actor, order_id: UUID | str) -> OrderView:
    """One work order. Raises :class:`Missing`, :class:`Denied`."""
    found = WorkOrder.objects.select_related("pipeline__owner__region", "batch", "case").filter(id=order_id).first()
    require(actor, _scope(found.pipeline) if found else Scope(), READ, subject=f"order:{order_id}")
    if found is None:
        raise Missing(_("没有这张工单。"))
    reasons = [
        (item.label, item.failed)
        for item in found.batch.results.filter(failed__gt=0).exclude(does="warn").order_by("-failed")
    ]
    return OrderView(found, declarations.of(found.pipeline), tuple(reasons))


def order_of_case(case_id: UUID) -> WorkOrder | None:
    """The work order behind a case that the reader was let into already."""
    return WorkOrder.objects.select_related("pipeline", "batch").filter(case=case_id).first()


def order_file(actor: Actor, order_id: UUID | str, kind: str) -> bytes:
    """The rows of an order that are still wrong, to be corrected: "csv" or "xlsx"."""
    found = order(actor, order_id)
    _rows_of(actor, batch(actor, found.order.batch_id))
    return orders.as_spreadsheet(found.order) if kind == "xlsx" else orders.as_csv(found.order)


def orders_open(actor: Actor) -> list[WorkOrder]:
    """Open work orders that the actor may see, oldest first, at most two hundred."""
    return list(
        WorkOrder.objects.filter(state=WorkOrder.State.OPEN, pipeline__in=_reachable(actor).values("code"))
        .select_related("pipeline__owner", "batch", "case").order_by("created_at")[:200]
    )  # fmt: skip


def graph(actor: Actor, code: str, field: str = "") -> lineage.Drawing:
    """The way of a pipeline's fields from the source to what is published, laid out."""
    found, spec = pipeline(actor, code)
    if field and field not in [item.name for item in spec.fields]:
        raise Missing(_("没有这个字段。"))
    last = found.batches.exclude(source="").order_by("-number").first()
    target = f"register:{spec.register}" if spec.register else f"lake:{spec.table}"
    words = _("基础库") if spec.register else _("主题库")
    return lineage.drawn(
        lineage.graph(spec, source=last.source if last else _("来源"), target=target, target_words=words, only=field)
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """One version of a published row, and where it came from: the batch, its file, and the row as it came."""

    values: Mapping[str, Any]
    valid_from: dt.date
    valid_to: dt.date | None
    batch: Batch | None
    row: int
    landed: Mapping[str, Any] | None


def history(actor: Actor, code: str, key: str) -> tuple[Table, list[Origin]]:
    """Every version of a row of a theme table with its origin, newest first. Raises :class:`Missing` when there is none."""
    table = Table.objects.select_related("pipeline__owner__region").filter(code=code).exclude(current="").first()
    spec = declarations.of(table.pipeline) if table else None
    scope = (
        Scope(agency=table.owner.path, region=table.pipeline.owner.region.path, level=spec.level)
        if table and spec
        else Scope()
    )
    require(actor, scope, ROWS, subject=f"table:{code}")
    if table is None:
        raise Missing(_("没有这个主题库，或者它还没有数据。"))
    found = tables.versions_of(table, key.strip())
    if not found:
        raise Missing(_("主题库里没有这个主键的数据。"))
    made = {
        item.number: item
        for item in Batch.objects.filter(pipeline=table.pipeline, number__in=[row["_batch"] for row in found])
    }
    names = [field["name"] for field in table.fields]
    origins = []
    for row in found:
        origin = made.get(row["_batch"])
        landed = lineage.landed_row(origin, row["_row"]) if origin else None
        origins.append(
            Origin({name: row[name] for name in names}, row["valid_from"], row["valid_to"], origin, row["_row"], landed)
        )
    return table, origins


@dataclass(frozen=True, slots=True)
class Quality:
    """The quality of a pipeline's data, or of an agency's: the newest score, the trend (day, score), and what is behind it."""

    code: str
    name: str
    agency: str
    rows: int
    overall: float
    dimensions: Mapping[str, float]
    trend: tuple[tuple[dt.date, float], ...]
    batch: UUID | None
    worst: tuple[tuple[str, int, int], ...] = ()


def quality(actor: Actor, *, agency: str = "") -> tuple[list[Quality], list[Quality]]:
    """Scores by agency and by pipeline, the lowest first; four queries. An agency's score weighs its pipelines by their rows."""
    found = list(_reachable(actor).select_related("owner"))
    if agency:
        found = [item for item in found if item.owner.code == agency]
    scores = list(
        Score.objects.filter(pipeline__in=found)
        .order_by("batch__number")
        .select_related("batch")
        .exclude(batch__kind="repair")
    )
    by_pipeline: dict[str, list[Score]] = {}
    for score in scores:
        by_pipeline.setdefault(score.pipeline_id, []).append(score)
    newest = [items[-1].batch_id for items in by_pipeline.values()]
    worst: dict[UUID, list[tuple[str, int, int]]] = {}
    for result in RuleResult.objects.filter(batch__in=newest, failed__gt=0).order_by("-failed"):
        worst.setdefault(result.batch_id, []).append((result.label, result.failed, result.checked))
    lines = []
    for item in found:
        own = by_pipeline.get(item.code)
        if own:
            last = own[-1]
            lines.append(
                Quality(
                    item.code, item.name, item.owner.name, last.rows, last.overall, last.dimensions,
                    tuple((score.day, score.overall) for score in own[-20:]), last.batch_id, tuple(worst.get(last.batch_id, [])[:3]),
                )
            )  # fmt: skip
    agencies = []
    for code in dict.fromkeys(item.owner.code for item in found):
        mine = [line for line in lines if any(item.code == line.code and item.owner.code == code for item in found)]
        if mine:
            agencies.append(_together(code, mine))
    return sorted(agencies, key=lambda line: line.overall), sorted(lines, key=lambda line: line.overall)


def _together(code: str, mine: Sequence[Quality]) -> Quality:
    weight = sum(max(line.rows, 1) for line in mine)
    dimensions = {}
    for name in NAMES:
        having = [line for line in mine if name in line.dimensions]
        if having:
            dimensions[name] = round(
                sum(line.dimensions[name] * max(line.rows, 1) for line in having)
                / sum(max(line.rows, 1) for line in having),
                2,
            )
    overall = round(sum(line.overall * max(line.rows, 1) for line in mine) / weight, 2)
    days = sorted({day for line in mine for day, _score in line.trend})
    trend = []
    for day in days[-20:]:
        known = [(line, [score for when, score in line.trend if when <= day]) for line in mine]
        there = [(line, seen[-1]) for line, seen in known if seen]
        trend.append(
            (
                day,
                round(
                    sum(score * max(line.rows, 1) for line, score in there)
                    / sum(max(line.rows, 1) for line, _s in there),
                    2,
                ),
            )
        )
    return Quality(
        code, mine[0].agency, mine[0].agency, sum(line.rows for line in mine), overall, dimensions, tuple(trend), None
    )
