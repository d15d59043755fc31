"""Tables of what the node itself knows and anybody may know: its agencies, its divisions, its working days, its cases in figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils import timezone

from yiwang.foundation.cases import queries as cases
from yiwang.foundation.orgs.queries import Agency, HolidayNotice, Region, SpecialDay

from .slots import NodeTable, tables


def _agencies() -> Iterator[Mapping[str, Any]]:
    for row in Agency.objects.select_related("parent").order_by("path"):
        yield {
            "code": row.code, "agency_name": row.name, "uscc": row.uscc, "parent": row.parent.name if row.parent else "",
            "region": row.region_id, "address": row.address, "telephone": row.phone,
        }  # fmt: skip


def _regions() -> Iterator[Mapping[str, Any]]:
    levels = {"city", "county", "town", "village"}
    for row in Region.objects.filter(level__in=levels).order_by("code").values("code", "name", "level", "parent_id"):
        yield {"code": row["code"], "region_name": row["name"], "level": row["level"], "parent": row["parent_id"] or ""}


def _days() -> Iterator[Mapping[str, Any]]:
    """Every day of the years for which a holiday notice is known."""
    special = {row.date: row for row in SpecialDay.objects.all()}
    for year in sorted({row.year for row in HolidayNotice.objects.all()}):
        day = dt.date(year, 1, 1)
        while day.year == year:
            found = special.get(day)
            yield {
                "day": day.isoformat(), "working": found.works if found else day.weekday() < 5, "name": found.name if found else "",
                "weekday": day.isoweekday(),
            }  # fmt: skip
            day += dt.timedelta(days=1)


def _cases() -> Iterator[Mapping[str, Any]]:
    yield from cases.counts_by_month(until=timezone.localdate().replace(day=1))


tables.plug("agencies", NodeTable({"code": "text", "agency_name": "text", "uscc": "uscc", "parent": "text", "region": "region", "address": "text", "telephone": "text"}, _agencies))  # fmt: skip  # noqa: E501
tables.plug("regions", NodeTable({"code": "text", "region_name": "text", "level": "text", "parent": "text"}, _regions))
tables.plug(
    "working-days", NodeTable({"day": "date", "working": "boolean", "name": "text", "weekday": "integer"}, _days)
)
tables.plug(
    "cases-by-month",
    NodeTable({"month": "text", "agency": "text", "item": "text", "opened": "integer", "closed": "integer"}, _cases),
)
