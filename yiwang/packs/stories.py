"""Sample applications that a pack declares in ``walk.yaml``: who applies with which answers, who decides what, what it comes to.

``yiwang demo walk`` drives them through the API of a running node, and the tests drive the same ones through a browser.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yiwang.kernel.refusals import Invalid, Problem

from . import marks
from .schema import by_schema

FILE = "walk.yaml"


@dataclass(frozen=True, slots=True)
class Decision:
    """One step of an official: ``by`` is an account, ``paused`` the clocks that stand still before it is done."""

    by: str
    step: str
    outcome: str
    opinion: str = ""
    paused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """A timer of the procedure that fires by itself: nobody does anything, and the applicant reads what it ``says``."""

    timer: str
    says: str


@dataclass(frozen=True, slots=True)
class Correction:
    """What the window asks for once, about one material."""

    by: str
    step: str
    material: str
    text: str


@dataclass(frozen=True, slots=True)
class Story:
    """A declared application. An item with ``counter`` is only looked up: it is done at the window."""

    pack: str
    item: str
    search: str
    account: str
    party: str = ""
    counter: bool = False
    situation: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    library: dict[str, str] = field(default_factory=dict)
    commitments: tuple[str, ...] = ()
    correction: Correction | None = None
    steps: tuple[Decision | Wait, ...] = ()
    ends: str = ""
    reason: str = ""
    rating: dict[str, Any] | None = None

    @property
    def decisions(self) -> list[Decision]:
        """What officials do, in order."""
        return [step for step in self.steps if isinstance(step, Decision)]


def read(folder: Path) -> Story | None:
    """The sample application of a pack, None when it declares none. Raises :class:`Invalid` with file and line of each mistake."""
    path = folder / FILE
    if not path.is_file():
        return None
    marked = marks.read(path.read_text(encoding="utf-8"))
    wrong = by_schema("walk")(marked.value)
    if wrong:
        raise Invalid(
            f"the sample application of the pack {folder.name} has {len(wrong)} mistake(s)",
            problems=[Problem(f"{FILE}:{marked.at(one.field)}", one.rule, one.message) for one in wrong],
        )
    body: dict[str, Any] = dict(marked.value)
    correction = body.pop("correction", None)
    steps = [
        Wait(**step) if "timer" in step else Decision(**{**step, "paused": tuple(step.get("paused", ()))})
        for step in body.pop("steps", [])
    ]
    return Story(
        pack=folder.name,
        correction=Correction(**correction) if correction else None,
        steps=tuple(steps),
        commitments=tuple(body.pop("commitments", ())),
        **body,
    )


def declared(folders: list[Path]) -> list[Story]:
    """The sample applications of these packs, in their order."""
    return [story for folder in folders if (story := read(folder)) is not None]
