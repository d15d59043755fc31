"""What a part of a form shows: built in Python, so that the template only lays it out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from yiwang.foundation.files import queries as files
from yiwang.kernel.refusals import Problem

from . import filerefs, places
from .compiled import CompiledForm, Field, Part, is_empty
from .reading import KEEP, MOST_ROWS
from .showing import in_words, source_words
from .slots import Prefilled
from .widgets import masked, typed

_SPARE_ROWS = 2
_INPUT_OF = {"textarea": "textarea", "select": "select", "choice": "radio", "choices": "checkboxes", "yes-no": "radio"}
_SMALL_CHOICE = 6  # more options than this are a list to open, not a row of buttons


@dataclass(slots=True)
class Cell:
    """One input."""

    name: str
    label: str
    type: str
    value: Any = ""
    help: str = ""
    error: str = ""
    required: bool = True
    source: str = ""
    size: str = ""
    unit: str = ""
    options: list[tuple[str, str, str]] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)  # names of markers posted with it
    held: list[Any] = field(default_factory=list)  # stored files that are chosen, in a row of a repeat


@dataclass(slots=True)
class Fixed:
    """A value that is shown and cannot be changed here."""

    name: str
    label: str
    shown: str
    source: str
    href: str
    error: str


@dataclass(slots=True)
class Row:
    """One row of a repeat."""

    number: int
    title: str
    cells: list[Cell]
    drop: str = ""


@dataclass(slots=True)
class Block:
    """What follows one another on the page: ``kind`` is fixed, cell, rows, files or places."""

    kind: str
    fixed: list[Fixed] = field(default_factory=list)
    cell: Cell | None = None
    rows: list[Row] = field(default_factory=list)
    add: str = ""
    held: list[Any] = field(default_factory=list)  # stored files that are chosen
    library: list[Any] = field(default_factory=list)  # materials that may be chosen
    several: bool = False
    steps: list[Cell] = field(default_factory=list)  # the lists from which a place is chosen


@dataclass(frozen=True, slots=True)
class Asking:
    """Everything that is known while a part is laid out."""

    form: CompiledForm
    part: Part
    data: Mapping[str, Any]
    problems: Iterable[Problem]
    prefilled: Mapping[str, Prefilled]
    context: Mapping[str, Any]
    doubt_href: str = ""

    def error(self, name: str) -> str:
        return " ".join(str(problem.message) for problem in self.problems or () if problem.field == name)

    @property
    def refreshes(self) -> bool:
        """Whether the page answers a post with "refresh" by showing the part again, unchecked."""
        return bool(self.context.get("refresh"))


def blocks(asking: Asking) -> list[Block]:
    """The visible fields of the part in order; read-only values that follow one another stand together.

    A page may hand in a part with some of its fields only: those are shown.
    """
    handed = {one.name for one in asking.part.fields}
    visible = next(
        (part for part in asking.form.visible_parts(asking.data, asking.context) if part.code == asking.part.code), None
    )
    found: list[Block] = []
    wanted = {one.name for one in asking.part.fields}  # a correction asks for some fields of a part only
    for one in visible.fields if visible else ():
        if one.name not in wanted:
            continue
        if one.name not in handed:
            continue
        known = asking.prefilled.get(one.name)
        if known is not None and one.readonly:
            if not found or found[-1].kind != "fixed":
                found.append(Block("fixed"))
            found[-1].fixed.append(_fixed(asking, one, known))
        elif one.widget == "repeat":
            found.append(_rows(asking, one))
        elif one.widget == "file":
            found.append(_files(asking, one))
        elif one.widget == "region":
            found.append(_places(asking, one, known))
        else:
            found.append(Block("cell", cell=_cell(asking, one, one.name, asking.data.get(one.name), known)))
    return found


def _fixed(asking: Asking, one: Field, known: Prefilled) -> Fixed:
    return Fixed(
        one.name, one.label, in_words(one, known.value), source_words(known), known.href or asking.doubt_href,
        asking.error(one.name),
    )  # fmt: skip


def _cell(asking: Asking, one: Field, name: str, value: Any, known: Prefilled | None = None) -> Cell:
    attributes = dict(one.kind.attributes)
    if one.autocomplete:
        attributes["autocomplete"] = one.autocomplete
    length = one.schema.get("maxLength")
    if length and one.widget in {"text", "address", "textarea"}:
        attributes["maxlength"] = length
    cell = Cell(
        name, one.label, _INPUT_OF.get(one.widget, one.kind.input_type), help=one.help, error=asking.error(name),
        required=one.required, size=one.kind.size, unit=one.unit or (_("元") if one.widget == "money" else ""), attributes=attributes,
    )  # fmt: skip
    if one.widget == "yes-no":
        cell.options = [("true", _("是"), ""), ("false", _("否"), "")]
    elif one.options:
        cell.options = [(option.value, option.label, option.help) for option in one.options]
    if one.widget == "choices":
        cell.value = [str(item) for item in value] if isinstance(value, list) else []
        cell.hidden = [f"{name}.shown"]
    else:
        cell.value = typed(one.widget, value)
    if one.widget == "file":
        cell.type, cell.held = "file", filerefs.found(value, asking.context.get("actor"))
        cell.required = one.required and not cell.held
    same = known is not None and known.value == value
    if known is not None and same:
        cell.source = source_words(known)
        if one.kind.mask:  # what a register knows of a number never travels to the browser
            cell.value = ""
            cell.hidden = [f"{name}{KEEP}"]
            hint = _("已有 %(masked)s。不改就留空，要改请填完整的新号码。") % {"masked": masked(one.widget, value)}
            cell.help = f"{one.help} {hint}".strip()
    if name in asking.form.deciding and asking.refreshes:
        cell.attributes |= _refreshing(asking)
    return cell


def _refreshing(asking: Asking) -> dict[str, str]:
    """The attributes by which an input asks for the part anew."""
    place = f"#part-{asking.part.code}"
    return {
        "hx-post": "", "hx-trigger": "change", "hx-vals": json.dumps({"refresh": "1"}), "hx-target": place, "hx-select": place,
        "hx-swap": "outerHTML", "hx-sync": "closest form:replace",
    }  # fmt: skip


def _rows(asking: Asking, one: Field) -> Block:
    rows = asking.data.get(one.name)
    given = [row if isinstance(row, dict) else {} for row in rows][:MOST_ROWS] if isinstance(rows, list) else []
    most = min(int(one.schema.get("maxItems", 20)), MOST_ROWS)
    if asking.refreshes:
        shown = given or [{}]
    else:
        shown = given + [{}] * max(0, min(_SPARE_ROWS, most - len(given)))
    block = Block(
        "rows", cell=Cell(one.name, one.label, "", help=one.help, error=asking.error(one.name), required=one.required)
    )
    for number, row in enumerate(shown):
        here = f"{one.name}.{number}"
        cells = [_cell(asking, column, f"{here}.{column.name}", row.get(column.name)) for column in one.columns]
        if not row and not asking.refreshes and (number or not one.required):
            for cell in cells:  # a spare row may be left empty
                cell.required = False
        drop = f"drop:{one.name}:{number}" if asking.refreshes and len(shown) > 1 else ""
        block.rows.append(Row(number, _("第 %(n)d 行") % {"n": number + 1}, cells, drop))
    block.add = f"add:{one.name}" if asking.refreshes and len(shown) < most else ""
    return block


def _places(asking: Asking, one: Field, known: Prefilled | None) -> Block:
    """A place: a list for each level that was chosen, and one for the next."""
    code = str(asking.data.get(one.name) or "")
    source = source_words(known) if known is not None and known.value == code else ""
    whole = Cell(
        one.name, one.label, "", help=one.help, error=asking.error(one.name), required=one.required, source=source
    )
    block = Block("places", cell=whole)
    for number, step in enumerate(places.steps(code, one.depth)):
        attributes = dict(_refreshing(asking)) if asking.refreshes else {}
        cell = Cell(
            f"{one.name}.{number}", step.label, "select", value=step.chosen, options=[(*option, "") for option in step.options],
            required=one.required, attributes=attributes, size="medium",
        )  # fmt: skip
        block.steps.append(cell)
    return block


def _files(asking: Asking, one: Field) -> Block:
    """A file field: what is chosen, an input for a new one, and the library of the one who acts."""
    actor = asking.context.get("actor")
    value = asking.data.get(one.name)
    held = filerefs.found(value, actor)
    cell = _cell(asking, one, one.name, None)
    cell.type, cell.hidden, cell.required = "file", [f"{one.name}.shown"], one.required and is_empty(value)
    chosen = {file.id for file in held}
    library = (
        [material for material in files.library(actor) if material.file_id not in chosen]
        if actor and actor.party_id
        else []
    )
    return Block("files", cell=cell, held=held, library=library, several=one.several)
