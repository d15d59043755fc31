"""The ladder of real-name levels as a person sees it: where they stand, what each rung opens, and how to climb."""

from __future__ import annotations

from dataclasses import dataclass

from yiwang.foundation.accounts.queries import Level
from yiwang.foundation.accounts.slots import LevelWay, level_ways

from .actors import Actor
from .acts import ACTS, LEVELS


@dataclass(frozen=True, slots=True)
class Rung:
    """One level: its number and words, what parties may do from it on, whether the actor has reached it, and the ways to it online."""

    level: int
    words: str
    opens: tuple[str, ...]
    reached: bool
    ways: tuple[LevelWay, ...]


def ladder(actor: Actor) -> list[Rung]:
    """The four levels, lowest first. Asks nothing of the store."""
    return [
        Rung(
            int(level), str(level.label), tuple(dict.fromkeys(str(ACTS[code]) for code in LEVELS if LEVELS[code] == level)),
            actor.level >= level, tuple(way for way in level_ways.values() if way.level == level),
        )
        for level in Level
        if level != Level.NONE
    ]  # fmt: skip
