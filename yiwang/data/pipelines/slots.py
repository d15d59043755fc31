"""What rooms above may plug into pipelines: kinds of source, and data of the node itself that a pipeline may gather."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from yiwang.kernel.refusals import Problem
from yiwang.kernel.slots import Slot

Row = Sequence[str | None]


@dataclass(slots=True)
class Pulled:
    """What a source gives for one batch.

    Either ``file`` (with ``form``: how it is written), or ``columns`` and ``rows`` of text. ``cursor`` is asked when all rows are read:
    where the next batch begins. ``settle`` is called when they lie safely in the lake: a stream is told then that it may forget them.
    ``empty`` says that there is nothing new. ``refused`` collects rows that are none: (number, text, reason).
    """

    name: str
    file: Path | None = None
    form: Mapping[str, Any] = field(default_factory=dict)
    columns: Sequence[str] = ()
    rows: Iterator[Row] = field(default_factory=lambda: iter(()))
    cursor: Callable[[], str] = lambda: ""
    settle: Callable[[], None] = lambda: None
    empty: bool = False
    refused: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a source is asked for: the pipeline's code, its declared ``options``, the ``columns`` that its fields are read from, where the last
    batch ended, and what this run wants besides."""

    pipeline: str
    options: Mapping[str, Any]
    columns: Sequence[str]
    cursor: str
    wanted: Mapping[str, Any]


class Source(Protocol):
    """A kind of source. It reads and changes nothing at the other end but what it was told to forget."""

    def check(self, options: Mapping[str, Any]) -> list[Problem]:
        """What is wrong with the declared options, without reaching the source."""
        ...

    def pull(self, asked: Asked) -> Pulled:
        """Begin to read what is new. Raises a refusal when the source does not answer; the message names what to do."""
        ...


sources: Slot[Source] = Slot("sources")
# Data of the node itself, without personal data: name -> rows of plain values after a cursor. A pipeline's source "own" names one.
own_data: Slot[Callable[[str], Iterator[dict[str, Any]]]] = Slot("own data")
