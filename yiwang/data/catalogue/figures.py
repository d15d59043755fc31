"""How complete and how fresh the catalogue is, agency by agency. Private to this room."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, fields
from typing import Any

from django.db.models import Count, F, Q

from yiwang.foundation.orgs.queries import Agency

from .models import Demand, Entry, Overdue, Source, System


@dataclass(slots=True)
class Line:
    """The figures of one agency, or of all. Shares are whole percentages, None where there is nothing to count."""

    agency: Agency | None = None
    systems: int = 0
    covered: int = 0  # systems in use that have a published resource
    entries: int = 0
    writing: int = 0
    unconditional: int = 0
    conditional: int = 0
    refused: int = 0
    opened: int = 0
    sources: int = 0  # elements of which a resource of the agency is the source
    fresh: int = 0
    late: int = 0
    unknown: int = 0
    asked: int = 0  # demands to the agency
    answered: int = 0
    in_time: int = 0
    rated: int = 0
    content: int = 0  # demands rated 基本满意 or better
    overdue: int = 0

    @property
    def coverage(self) -> int | None:
        return percent(self.covered, self.systems)

    @property
    def freshness(self) -> int | None:
        """Of those that have a period and are known."""
        return percent(self.fresh, self.fresh + self.late)

    @property
    def timeliness(self) -> int | None:
        return percent(self.in_time, self.answered)

    @property
    def satisfaction(self) -> int | None:
        return percent(self.content, self.rated)


def percent(part: int, whole: int) -> int | None:
    """A share in whole per cent, rounded half up; None of nothing."""
    return (part * 200 + whole) // (whole * 2) if whole else None


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures: the total, and a line for each agency that has any."""

    total: Line
    lines: list[Line] = field(default_factory=list)


def figures(reach: Q) -> Figures:
    """The figures of the agencies that match ``reach`` (a filter on agency and region paths). Six queries."""
    lines: dict[str, Line] = defaultdict(Line)

    def add(rows: Any) -> None:
        for row in rows:
            line = lines[row.pop("by")]
            for name, count in row.items():
                setattr(line, name, getattr(line, name) + (count or 0))

    agencies = {agency.code: agency for agency in Agency.objects.filter(reach)}
    running = System.objects.exclude(state=System.State.STOPPED).filter(agency__in=agencies).values("agency_id")
    add(
        _by(
            running,
            "agency_id",
            systems=Count("code", distinct=True),
            covered=Count("code", distinct=True, filter=Q(entries__listed=True)),
        )
    )
    listed = Q(listed=True)
    add(
        _by(
            Entry.objects.filter(provider__in=agencies), "provider_id", entries=Count("id", filter=listed),
            writing=Count("id", filter=Q(working__isnull=False)),
            unconditional=Count("id", filter=listed & Q(share="unconditional")),
            conditional=Count("id", filter=listed & Q(share="conditional")), refused=Count("id", filter=listed & Q(share="refused")),
            opened=Count("id", filter=listed & ~Q(open="refused")), fresh=Count("id", filter=listed & Q(freshness="fresh")),
            late=Count("id", filter=listed & Q(freshness="late")), unknown=Count("id", filter=listed & Q(freshness__in=["unknown", "broken"])),
        )
    )  # fmt: skip
    add(_by(Source.objects.filter(entry__provider__in=agencies), "entry__provider_id", sources=Count("element")))
    add(
        _by(
            Demand.objects.filter(provider__in=agencies).exclude(state=Demand.State.WITHDRAWN), "provider_id", asked=Count("id"),
            answered=Count("id", filter=Q(answered_at__isnull=False)), in_time=Count("id", filter=Q(in_time=True)),
            rated=Count("id", filter=Q(grade__isnull=False)), content=Count("id", filter=Q(grade__lte=3)),
        )
    )  # fmt: skip
    add(
        _by(
            Overdue.objects.filter(entry__provider__in=agencies, closed_at=None),
            "entry__provider_id",
            overdue=Count("id"),
        )
    )
    total = Line()
    for code, line in lines.items():
        line.agency = agencies.get(code)
        for part in fields(Line):
            if part.name != "agency":
                setattr(total, part.name, getattr(total, part.name) + getattr(line, part.name))
    ordered = sorted(
        (line for line in lines.values() if line.agency),
        key=lambda line: (-line.entries, line.agency.path if line.agency else ""),
    )
    return Figures(total, ordered)


def _by(rows: Any, column: str, **counts: Any) -> list[dict[str, Any]]:
    return list(rows.order_by().values(by=F(column)).annotate(**counts).values("by", *counts))
