"""The glossary names tables that exist, each once."""

from __future__ import annotations

import re
from pathlib import Path

from django.apps import apps

GLOSSARY = Path(__file__).resolve().parents[2] / "docs" / "glossary.md"


def _rows() -> list[list[str]]:
    lines = GLOSSARY.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [row for row in rows if row[0] != "code"]


def test_tables_in_the_glossary_exist() -> None:
    named = [name for row in _rows() for name in re.findall(r"`(\w+\.\w+)`", row[0])]
    assert len(named) == len(set(named)) > 20
    # by its room, which is not always Django's label of it
    tables = {f"{model.__module__.split('.')[-2]}.{model.__name__}" for model in apps.get_models()}
    assert sorted(set(named) - tables) == []


def test_every_term_has_a_meaning_and_every_legal_term_a_source() -> None:
    for row in _rows():
        assert len(row) in (3, 4), row
        assert all(row), row
