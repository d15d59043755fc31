"""What may be plugged into packs: kinds of declaration, generators of invented rows, reasons why a node is no place for a demo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yiwang.config.environment import environment
from yiwang.foundation.access.queries import Actor
from yiwang.kernel.refusals import Problem
from yiwang.kernel.slots import Slot

from .marks import Marked

if TYPE_CHECKING:
    from .reading import Document

YAML = (".yaml", ".json")


def _as_it_comes(body: Any) -> Any:
    return 0


def _nothing(body: Any) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of declaration.

    ``folder`` is where its files lie in a pack. ``check`` says what is wrong with a body, without the store; ``apply`` enters it
    through the door of the room that owns it, inside the act of installing, and may raise a refusal. ``order`` sorts the
    documents of the kind, so that what is named by another comes first. ``read`` reads a file that is not YAML; ``beside`` names
    the files that belong to a document. A ``demo`` kind is only allowed in packs that say they are for a demo.

    When a pack is removed: what others stand on (``fixed``) keeps the pack from being removed; ``withdraw(actor, code, reason)`` takes
    out of force what is offered; everything else is published versions, which stay for what was done under them. ``in_use`` says
    why these codes cannot be taken out of force now, "" when they can.
    """

    folder: str
    name: str
    code: Callable[[Any], str]
    check: Callable[[Any], list[Problem]]
    apply: Callable[[Actor, Document], object]
    order: Callable[[Any], Any] = _as_it_comes
    suffixes: tuple[str, ...] = YAML
    read: Callable[[Path], tuple[Marked | None, list[Problem]]] | None = None
    beside: Callable[[Any], Iterable[str]] = _nothing
    demo: bool = False
    fixed: bool = False
    withdraw: Callable[[Actor, str, str], object] | None = None
    in_use: Callable[[Sequence[str]], str] | None = None


# Set while an installation is only tried.
trying: ContextVar[bool] = ContextVar("trying", default=False)
A_FEW = 40

# Key: the folder. The order in which they are plugged is the order in which they are installed.
kinds: Slot[Kind] = Slot("kinds of declaration")

# (seed, count) -> rows of a register; the same seed gives the same rows.
generators: Slot[Callable[[int, int], Iterator[dict[str, Any]]]] = Slot("generators")

# Each says, for the operator, why this node must not be turned into a demo city; "" when it sees no reason.
real_traces: Slot[Callable[[], str]] = Slot("real traces")


def amount(declared: int) -> int:
    """How many of ``declared`` generated things this installation makes.

    A trial proves that the declaration and the generator fit each other: a few are enough. A small demo city gets a tenth.
    """
    wanted = declared if environment.demo_size == "full" else max(declared // 10, 1)
    return min(wanted, A_FEW) if trying.get() else wanted
