"""Pipelines, and the messy files of a demo city that they gather."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from yiwang.config.environment import environment
from yiwang.data.pipelines import actions as pipelines
from yiwang.data.pipelines import queries as pipelines_queries
from yiwang.foundation.access.queries import Actor
from yiwang.kernel.refusals import Problem
from yiwang.packs import slots
from yiwang.packs.reading import Document
from yiwang.packs.schema import by_schema
from yiwang.packs.slots import Kind

_by_schema = by_schema("pipeline")


def _check(body: Any) -> list[Problem]:
    problems = _by_schema(body)
    if problems:
        return problems
    return [
        Problem(f"pipeline.{problem.field}".rstrip("."), problem.rule, str(problem.message))
        for problem in pipelines_queries.check(body["pipeline"])
    ]


def _beside(body: Any) -> list[str]:
    return [part["file"] for part in body.get("files", [])] + ([body["database"]["file"]] if "database" in body else [])


def _apply(actor: Actor, document: Document) -> None:
    body: dict[str, Any] = document.body
    pipeline = pipelines.declare(actor, body["pipeline"])
    if slots.trying.get() or pipeline.batches_made:
        return  # files are handed over once, and never by a trial: they would stay in the lake
    if "database" in body:
        _department_database(document, body["database"])
    for part in body.get("files", []):
        with (document.folder / part["file"]).open("rb") as content:
            pipelines.drop(actor, pipeline.code, part["file"], content, as_of=part.get("as_of", ""))
    if body.get("run") or "database" in body:
        pipelines.start(actor, pipeline.code)


def _department_database(document: Document, part: dict[str, str]) -> None:
    """The database of an invented department, from a script: there is something to pull from on a machine of its own."""
    path = environment.data_dir / part["into"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((document.folder / part["file"]).read_text(encoding="utf-8"))


PIPELINES = Kind(
    "pipelines", "pipeline", lambda body: str(body["pipeline"]["code"]), _check, _apply, beside=_beside, fixed=True,
)  # fmt: skip
