"""What my space lists: cases with their line of progress."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from yiwang.foundation.cases import queries as cases
from yiwang.foundation.cases.queries import Case, Face

_WORK = {"statutory", "promised"}  # the clocks that acceptance starts


@dataclass(frozen=True, slots=True)
class Station:
    """A stop on a case's line. ``state`` is done, now or todo."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Row:
    """A case in a list, with its line: handed in, accepted, worked on, ended."""

    case: Case
    line: tuple[Station, ...]


def rows(found: Sequence[Case]) -> list[Row]:
    """The cases with their lines. Two queries, however many."""
    faces = cases.clock_faces(found)
    return [Row(case, _line(case, faces.get(case.id, []))) for case in found]


def _line(case: Case, clocks: Iterable[Face]) -> tuple[Station, ...]:
    if case.closed_at is not None:
        names = [_("提交"), case.outcome_name]
        if case.outcome not in ("not-accepted", "withdrawn"):
            names[1:1] = [_("受理"), _("办理")]
        return tuple(Station(name, "done") for name in names)
    kinds = {clock.kind for clock in clocks}
    at = 2 if kinds & _WORK or not kinds else 1
    names = [_("提交"), _("受理"), _("办理"), _("办结")]
    return tuple(
        Station(name, "done" if place < at else "now" if place == at else "todo") for place, name in enumerate(names)
    )
