"""What rooms above plug into cases: kinds of case, and operations that a procedure may ask the node to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yiwang.kernel.slots import Slot

if TYPE_CHECKING:
    from yiwang.foundation.access.queries import Actor

    from .models import Case, Task


@dataclass(frozen=True, slots=True)
class Done:
    """A finished step, as a kind of case hears of it in the same transaction."""

    step: str
    outcome: str
    outcome_name: str
    opinion: str
    opened: tuple[str, ...]  # the steps that are open now because of it
    closed: bool


class CaseKind:
    """A kind of case. Subclass it in the room that opens such cases and plug an instance into :data:`kinds`."""

    code = ""
    name: Any = ""

    def facts(self, case: Case) -> dict[str, Any]:
        """What decision tables and operations may know of the case: plain JSON values, ASCII keys."""
        return {}

    def before_done(self, actor: Actor, case: Case, task: Task, outcome: str, opinion: str) -> None:
        """May refuse a decision (raise Invalid) before it is made."""

    def after_done(self, actor: Actor, case: Case, done: Done) -> None:
        """Called in the act's transaction after each finished step."""

    def page(self, case: Case) -> str:
        """Where the party sees the case; "" when it has no page of its own."""
        return ""


@dataclass(frozen=True, slots=True)
class Operation:
    """Something the node does in a procedure.

    ``run(case, facts)`` returns the outcome code that the gateways see, and words for the journal. ``now`` operations are
    quick and pure (a decision table) and run inside the act that reached them; others run in a job, may be slow, are retried, and must be
    idempotent per case and step.
    """

    name: str
    run: Callable[[Case, dict[str, Any]], tuple[str, str]]
    now: bool = False


kinds: Slot[CaseKind] = Slot("kinds of case")
operations: Slot[Operation] = Slot("operations")
replay_plans: Slot[Path] = Slot("replay plans")  # name -> the file of a plan (replaying_plan)
