"""When a part or a field is asked for: ``{"situation.premises": ["rented"], "has_alcohol": [true]}``.

Every line must hold, and a line holds when the value is one of those listed (or, of several values, any is). A name with a dot is
looked up in the context, one without is an answer of the same form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CONTEXT_ROOTS = frozenset({"situation", "party"})


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other  # True is not 1


@dataclass(frozen=True, slots=True)
class Condition:
    """One line: ``name`` is a field, or a dotted path into the context."""

    name: str
    values: tuple[Any, ...]

    def holds(self, data: Mapping[str, Any], context: Mapping[str, Any]) -> bool:
        found: Any = data.get(self.name)
        if "." in self.name:
            found = context
            for step in self.name.split("."):
                found = found.get(step) if isinstance(found, Mapping) else None
        items = found if isinstance(found, list) else [found]
        return any(_same(item, value) for item in items for value in self.values)


def conditions(when: Mapping[str, Any] | None) -> tuple[Condition, ...]:
    """The lines of a ``when``."""
    return tuple(Condition(name, tuple(values)) for name, values in (when or {}).items())


def hold(lines: tuple[Condition, ...], data: Mapping[str, Any], context: Mapping[str, Any]) -> bool:
    """Whether every line holds."""
    return all(line.holds(data, context) for line in lines)
