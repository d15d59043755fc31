"""Moving running cases to a newer version of their procedure."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Schema

from yiwang.foundation.cases import actions, queries
from yiwang.foundation.cases.models import Migration

from .cases import actor_of, router


class StuckOut(Schema):
    """A case that cannot be moved, and why."""

    number: str
    reason: str


class TriedOut(Schema):
    """A case in a dry run: from which version, where it waits, what would change for those who handle it, or why it cannot move."""

    number: str
    title: str
    version: int
    waits: list[str]
    changes: list[str]
    why: str


class TrialOut(Schema):
    """A migration as it would go, those that cannot move first. ``left_out`` cases were too many to be tried."""

    version: int
    can: int
    cannot: list[StuckOut]
    left_out: int
    tried: list[TriedOut]


class MigrationOut(Schema):
    """A migration: ``moved`` and ``stuck`` of ``total``; it goes on until ``finished_at`` is set."""

    id: UUID
    version: int
    total: int
    moved: int
    stuck: int
    reasons: list[StuckOut]
    asked_by: str
    started_at: dt.datetime
    finished_at: dt.datetime | None


def _migration(found: Migration) -> dict[str, Any]:
    return {
        "id": found.id, "version": found.procedure.version, "total": found.total, "moved": found.moved,
        "stuck": found.stuck, "reasons": found.reasons, "asked_by": str(found.asked_by or ""),
        "started_at": found.created_at, "finished_at": found.finished_at,
    }  # fmt: skip


@router.get(
    "/procedures/{code}/migration", response=TrialOut, summary="Which running cases could move to the newest version"
)
def try_migration(request: HttpRequest, code: str) -> dict[str, Any]:
    found = queries.try_migration(actor_of(request), code)
    cannot = [{"number": number, "reason": reason} for number, reason in found.cannot]
    return {
        "version": found.version, "can": found.can, "cannot": cannot, "left_out": found.left_out,
        "tried": found.tried,
    }  # fmt: skip


@router.post(
    "/procedures/{code}/migrations", response=MigrationOut, summary="Move all running cases to the newest version"
)
def migrate(request: HttpRequest, code: str) -> dict[str, Any]:
    return _migration(actions.migrate(actor_of(request), code))


@router.get(
    "/procedures/{code}/migrations", response=list[MigrationOut], summary="The migrations of a procedure, newest first"
)
def migrations(request: HttpRequest, code: str) -> list[dict[str, Any]]:
    return [_migration(found) for found in queries.migrations(actor_of(request), code)]
