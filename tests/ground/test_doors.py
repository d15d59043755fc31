"""A room is entered by its front doors: ``actions``, ``queries``, ``slots``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
DOORS = {"actions", "queries", "slots"}
# Other modules that rooms above may use, each with the reason.
SIDE_DOORS = {
    "yiwang.data.catalogue.resources": "the words that the rooms of data share; it holds no tables and no rules",
    "yiwang.foundation.crypto.fields": "model fields for personal data; a model cannot be written without them",
}


def _room_of(module: str) -> str:
    return next((room for room in settings.ROOMS if module == room or module.startswith(room + ".")), "")


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, module) for each absolute import, with what is taken from a room itself counted as a module of it.

    What is imported for its type only is left out: it binds nobody at run time.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module in settings.ROOMS:
                yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)
            else:
                yield node.lineno, node.module


def test_rooms_enter_each_other_by_the_front_door() -> None:
    wrong = []
    used = set()
    for path in sorted((ROOT / "yiwang").rglob("*.py")):
        own = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if "migrations" in path.parts or own.startswith("yiwang.config"):
            continue  # the composition root may look anywhere
        for line, module in _imports(path):
            room = _room_of(module)
            if not room or room == _room_of(own):
                continue
            if module in SIDE_DOORS:
                used.add(module)
            elif module.removeprefix(room + ".") not in DOORS:
                wrong.append(f"{path.relative_to(ROOT)}:{line} enters {module}")
    assert wrong == []
    assert sorted(set(SIDE_DOORS) - used) == []
