"""Where a case can go back to. Private to this room."""

from __future__ import annotations

from collections.abc import Iterable

from . import engine
from .models import Case, Task
from .procedures import Definition, Step


def targets(case: Case, definition: Definition, open_steps: Iterable[str]) -> list[Step]:
    """The steps of people that were done on the way to where the case stands and are not open now, in the order of the way."""
    done = dict.fromkeys(step for step, _outcome in engine.history(bytes(case.engine)))
    people = (Task.Doer.OFFICIAL, Task.Doer.PARTY)
    steps = [definition.steps[code] for code in done if code in definition.steps and code not in set(open_steps)]
    return [step for step in steps if step.doer in people]
