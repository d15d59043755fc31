"""Lineage: from a published field back to the row and the file it came from. Private to this room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from yiwang.data.engine.queries import connect, lake

from . import stages
from .declarations import FieldSpec, Spec
from .models import Batch
from .standard_sql import text


@dataclass(frozen=True, slots=True)
class Step:
    """A box of the graph: ``kind`` is source, column, step, rule or target; ``words`` its lines."""

    id: str
    kind: str
    words: tuple[str, ...]
    href: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """Boxes and the arrows between them."""

    boxes: tuple[Step, ...]
    arrows: tuple[tuple[str, str], ...]


def how(item: FieldSpec) -> list[str]:
    """What is done to a field on its way, in words."""
    found = [_("去空格、全角转半角")]
    if item.form == "name":
        found.append(_("统一姓名写法"))
    if item.form == "address":
        found.append(_("统一地址写法"))
    if item.codes or item.map:
        found.append(_("对照代码表"))
    elif item.type == "date":
        found.append(_("多种日期写法统一"))
    elif item.type == "money":
        found.append(_("金额换成分"))
    elif item.type == "time":
        found.append(_("换成世界时间"))
    elif item.type in ("integer", "decimal", "boolean"):
        found.append(_("读成数值或是否"))
    elif item.type in ("phone", "region", "identity_number", "uscc"):
        found.append(_("核对号码格式"))
    return found


def columns_of(spec: Spec, item: FieldSpec) -> list[str]:
    """The landed columns that a field is read from."""
    if not item.sql:
        return [item.column]
    return [column for column in spec.columns if column in item.sql]


def graph(spec: Spec, *, source: str, target: str, target_words: str, only: str = "") -> Graph:
    """The way of every field, or of the one called ``only``, from the source to what is published."""
    boxes: dict[str, Step] = {"source": Step("source", "source", (source,))}
    arrows: dict[tuple[str, str], None] = {}
    for item in spec.fields:
        if only and item.name != only:
            continue
        rules = [
            rule.label for rule in spec.rules if rule.field == item.name or item.name in rule.body.get("fields", [])
        ]
        step, field = f"s.{item.name}", f"f.{item.name}"
        boxes[step] = Step(
            step, "step", (*how(item), *((_("检查：%(n)s 条规则") % {"n": len(rules)},) if rules else ()))
        )
        boxes[field] = Step(field, "field", (item.label, item.name))
        for column in columns_of(spec, item):
            place = f"c.{column}"
            boxes[place] = Step(place, "column", (column,))
            arrows[("source", place)] = None
            arrows[(place, step)] = None
        arrows[(step, field)] = None
        arrows[(field, "target")] = None
    boxes["target"] = Step("target", "target", (target_words, target))
    return Graph(tuple(boxes.values()), tuple(arrows))


_COLUMNS = {"source": 0, "column": 1, "step": 2, "field": 3, "target": 4}
WIDTH, GAP, LINE, PAD, SPACE = 176, 48, 20, 9, 14


@dataclass(frozen=True, slots=True)
class Box:
    """A box with its place on the drawing, in pixels."""

    step: Step
    x: float
    y: float
    height: float

    @property
    def lines(self) -> list[tuple[float, str]]:
        return [
            (self.y + PAD + LINE * (n + 0.72), words if len(words) <= 13 else words[:12] + "…")
            for n, words in enumerate(self.step.words)
        ]

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Drawing:
    """A graph laid out: five columns, boxes from top to bottom, arrows as curves."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    curves: tuple[str, ...]


def drawn(found: Graph) -> Drawing:
    """Lay the graph out: what is read stands left, what is published right; what belongs to one field stands on one line."""
    steps = {step.id: step for step in found.boxes}
    rows: list[list[str]] = []
    seen: set[str] = set()
    for step in found.boxes:
        if step.kind == "step":
            row = [start for start, end in found.arrows if end == step.id and start not in seen]
            rows.append([*row, step.id, *(end for start, end in found.arrows if start == step.id)])
            seen |= set(row)
    placed: dict[str, Box] = {}
    top = 8.0
    for row in rows:
        sizes = {ident: 2 * PAD + LINE * len(steps[ident].words) for ident in row}
        columns: dict[int, list[str]] = {}
        for ident in row:
            columns.setdefault(_COLUMNS[steps[ident].kind], []).append(ident)
        needed = {column: sum(sizes[ident] + SPACE for ident in idents) - SPACE for column, idents in columns.items()}
        tall = max(needed.values())
        for column, idents in columns.items():
            y = top + (tall - needed[column]) / 2
            for ident in idents:
                placed[ident] = Box(steps[ident], 8 + column * (WIDTH + GAP), y, sizes[ident])
                y += sizes[ident] + SPACE
        top += tall + SPACE
    tallest = max(top, 120.0)
    for ident in ("source", "target"):
        height = 2 * PAD + LINE * len(steps[ident].words)
        placed[ident] = Box(
            steps[ident], 8 + _COLUMNS[ident] * (WIDTH + GAP), (tallest - SPACE + 8 - height) / 2, height
        )
    curves = []
    for start, end in found.arrows:
        a, b = placed[start], placed[end]
        left, right = a.x + WIDTH, b.x
        half = (left + right) / 2
        curves.append(
            f"M{left:.0f},{a.middle:.0f} C{half:.0f},{a.middle:.0f} {half:.0f},{b.middle:.0f} {right - 5:.0f},{b.middle:.0f}"
        )
    return Drawing(8 * 2 + 5 * WIDTH + 4 * GAP, tallest, tuple(placed.values()), tuple(curves))


def landed_row(batch: Batch, row: int) -> dict[str, Any] | None:
    """A row as it came."""
    path = stages.file(batch, "landed")
    if lake().find(path) is None:
        return None
    with connect() as connection:
        found = connection.execute(f"SELECT * FROM read_parquet({text(str(path))}) WHERE _row = ?", [row])
        names = [item[0] for item in found.description]
        first = found.fetchone()
    return None if first is None else dict(zip(names, first, strict=True))
