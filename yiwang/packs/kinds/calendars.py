"""Notices on holidays."""

from __future__ import annotations

from typing import Any

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.establishment import actions as establishment
from yiwang.foundation.orgs.actions import SpecialDate
from yiwang.kernel.refusals import Problem
from yiwang.packs.notices import special_dates
from yiwang.packs.reading import Document
from yiwang.packs.schema import by_schema
from yiwang.packs.slots import Kind

_by_schema = by_schema("calendar")


def _check(body: Any) -> list[Problem]:
    problems = _by_schema(body)
    if problems:
        return problems
    try:
        special_dates(body["days"])
    except ValueError as error:
        return [Problem("days", "format", str(error))]
    return []


def _notice(actor: Actor, document: Document) -> None:
    days: list[SpecialDate] = special_dates(document.body["days"])
    establishment.load_notice(actor, document.body["year"], document.body["source"], days)


CALENDARS = Kind(
    "calendars",
    "holiday notice",
    lambda body: str(body["year"]),
    _check,
    _notice,
    order=lambda body: body["year"],
    fixed=True,
)
