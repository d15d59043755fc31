"""Themes and life events under which people look for items: data, and a first guess for items that say nothing themselves."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Theme:
    """A heading of the catalogue. ``audience`` is person or organisation, "" for a life event; ``words`` in a name suggest it."""

    family: str  # theme, life
    code: str
    name: str
    icon: str
    audience: str = ""
    words: tuple[str, ...] = ()


def _read(name: str) -> list[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def themes() -> dict[str, Theme]:
    """The service themes 服务主题, in the order in which they are shown."""
    return {
        row["code"]: Theme(
            "theme", row["code"], row["name"], row["icon"], row["audience"], tuple(row["words"].split("|"))
        )
        for row in _read("themes.csv")
    }


@cache
def life_events() -> dict[str, Theme]:
    """The life events 人生大事, in the order in which they are shown."""
    return {
        row["code"]: Theme("life", row["code"], row["name"], row["icon"], words=tuple(row["words"].split("|")))
        for row in _read("life_events.csv")
    }


def suggested(name: str, known: dict[str, Theme], most: int = 2) -> list[str]:
    """The headings whose words are in the name of an item, those with the longest word first."""
    found = [
        (max((len(word) for word in theme.words if word in name), default=0), -place, code)
        for place, (code, theme) in enumerate(known.items())
    ]
    return [code for length, _place, code in sorted(found, reverse=True)[:most] if length]


@cache
def shipped_synonyms() -> tuple[tuple[str, str], ...]:
    """Everyday phrases and the words of the catalogue, to begin with; a place adds its own."""
    return tuple((row["phrase"], row["words"]) for row in _read("synonyms.csv"))
