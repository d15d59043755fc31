"""The plan of a replay: which act an activity of an event log is. A YAML file; ``yiwang/packs/traffic_fines/replay.yaml`` is an example.

``memory`` names values that are kept along a case, ``sets`` changes them by a row, ``choose`` picks the outcome: zen expressions over the
memory and ``row`` (the columns; numbers where they are numbers, null where they are empty). An activity may be a list of moves: the first whose step is open is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
import zen

from yiwang.kernel.refusals import Invalid, Problem

from . import clocks
from .procedures import Definition

_NEEDED = ("name", "procedure", "kind", "type", "title", "agency", "columns", "events")
_MOVE = {"opens", "step", "outcome", "choose", "sets", "note"}


@dataclass(frozen=True, slots=True)
class Move:
    """What is done for an activity: the case is opened, or ``step`` is finished with ``outcome`` or what ``choose`` says."""

    opens: bool = False
    step: str = ""
    outcome: str = ""
    choose: str = ""
    sets: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    def words(self, known: Mapping[str, Any]) -> str:
        """The note with the row's columns and the memory filled in."""
        return self.note.format_map(known)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as read. ``limits`` and ``starts`` are those of :class:`actions.NewCase`."""

    name: str
    procedure: str
    kind: str
    type_code: str
    type_name: str
    title: str
    agency: str
    limits: Mapping[str, Mapping[str, Any]]
    starts: tuple[str, ...]
    columns: Mapping[str, str]
    memory: Mapping[str, Any]
    events: Mapping[str, tuple[Move, ...]]

    @property
    def case(self) -> str:
        return self.columns["case"]

    @property
    def activity(self) -> str:
        return self.columns["activity"]

    @property
    def date(self) -> str:
        return self.columns["date"]


def read_plan(path: Path) -> Plan:
    """Read a plan. Raises :class:`Invalid` that names what is missing or unknown."""
    try:
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Invalid(f"the plan {path} cannot be read: {error}") from None
    if not isinstance(body, dict):
        raise Invalid(f"the plan {path} is no mapping")
    problems = [Problem(name, "required", "is missing") for name in _NEEDED if not body.get(name)]
    columns = body.get("columns") or {}
    wanted = [f"columns.{name}" for name in ("case", "activity", "date") if columns and name not in columns]
    problems += [Problem(name, "required", "names no column") for name in wanted]
    for activity, moves in (body.get("events") or {}).items():
        for move in moves if isinstance(moves, list) else [moves]:
            unknown = set(move) - _MOVE
            expressions = [move.get("choose", ""), *move.get("sets", {}).values()]
            wrong = [text for text in expressions if text and zen.validate_expression(text)]
            problems += [Problem(f"events.{activity}", "unknown", f"{name!r} is no part of a move") for name in unknown]
            problems += [
                Problem(f"events.{activity}", "expression", f"{text!r} is no zen expression") for text in wrong
            ]
            if not move.get("opens") and not (move.get("step") and (move.get("outcome") or move.get("choose"))):
                problems.append(
                    Problem(f"events.{activity}", "required", "needs opens, or step with outcome or choose")
                )
    problems += [
        Problem("limits", "clock", f"there is no clock {kind!r}")
        for kind in body.get("limits", {})
        if kind not in clocks.KINDS
    ]
    if problems:
        raise Invalid(f"the plan {path} has mistakes", problems=problems)
    events = {
        activity: tuple(Move(**move) for move in (moves if isinstance(moves, list) else [moves]))
        for activity, moves in body["events"].items()
    }
    return Plan(
        body["name"], body["procedure"], body["kind"], body["type"]["code"], body["type"]["name"], body["title"], body["agency"],
        body.get("limits", {}), tuple(body.get("starts", ())), body["columns"], body.get("memory", {}), events,
    )  # fmt: skip


def check_plan(plan: Plan, definition: Definition) -> None:
    """See that the plan's steps and outcomes are the procedure's. Raises :class:`Invalid`."""
    problems = []
    for activity, moves in plan.events.items():
        for move in moves:
            step = definition.steps.get(move.step)
            if not move.opens and (step is None or (move.outcome and step.outcome(move.outcome) is None)):
                what = f"the procedure {plan.procedure} has no {move.step}: {move.outcome or move.choose}"
                problems.append(Problem(f"events.{activity}", "unknown", what))
    if problems:
        raise Invalid(f"the plan {plan.name} does not fit its procedure", problems=problems)
