"""Registers, and the rows that a pack loads into them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from yiwang.data.registries import actions as registries
from yiwang.data.registries import queries as registries_queries
from yiwang.foundation.access.queries import Actor
from yiwang.kernel.refusals import Conflict, Invalid, Problem
from yiwang.packs import slots
from yiwang.packs.reading import Document
from yiwang.packs.schema import by_schema
from yiwang.packs.slots import Kind

_by_schema = by_schema("rows")


def _check(body: Any) -> list[Problem]:
    problems = _by_schema(body)
    if problems:
        return problems
    problems = [
        Problem(f"register.{problem.field}".rstrip("."), problem.rule, problem.message)
        for problem in registries_queries.check(body["register"])
    ]
    for index, part in enumerate(body.get("rows", [])):
        if "generate" in part and part["generate"] not in slots.generators:
            known = ", ".join(slots.generators)
            problems.append(
                Problem(f"rows.{index}.generate", "unknown", f"nothing generates {part['generate']!r}; known: {known}")
            )
    return problems


def _loads(document: Document) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """The parts of the rows in their order, those of one source and day together: (source, day, parts)."""
    body = document.body
    found: list[tuple[str, str, list[dict[str, Any]]]] = []
    for part in body.get("rows", []):
        source, day = part.get("source", body.get("source", "")), part.get("as_of", body.get("as_of", ""))
        if not found or found[-1][:2] != (source, day):
            found.append((source, day, []))
        found[-1][2].append(part)
    return found


def _rows(document: Document, parts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for part in parts:
        if "file" in part:
            yield from document.rows(part["file"])
        else:
            yield from slots.generators[part["generate"]](part["seed"], slots.amount(part["count"]))


def _register(actor: Actor, document: Document) -> None:
    body: dict[str, Any] = document.body
    register = registries.declare(actor, body["register"])
    if not body.get("rows"):
        return
    try:
        for source, day, parts in _loads(document):
            as_of = dt.date.fromisoformat(day) if day else None
            registries.load(actor, register.code, _rows(document, parts), source=source, as_of=as_of)
        unlinked = any("own_key" in source for source in body["register"].get("sources", ()))
        if unlinked and not slots.trying.get():
            registries.link(actor, register.code)
    except Invalid as refusal:
        # The row is not in the declaration's file, so the field must not be looked up there.
        raise Invalid(
            refusal.message, problems=[Problem("rows", p.rule, f"{p.field}: {p.message}") for p in refusal.problems]
        ) from None
    except Conflict:
        pass  # a run of the model is under way already, and takes what was loaded now


REGISTERS = Kind(
    "registers", "register", lambda body: str(body["register"]["code"]), _check, _register,
    beside=lambda body: [part["file"] for part in body.get("rows", []) if "file" in part], fixed=True,
)  # fmt: skip
