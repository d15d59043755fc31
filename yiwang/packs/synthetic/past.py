"""A year of invented past cases: who applied, how each case went, when each step was done. The same seed on the same day gives the same."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from yiwang.foundation.cases.actions import PastCase, PastStep
from yiwang.foundation.cases.queries import procedure
from yiwang.foundation.orgs.queries import Agency, WorkCalendar, calendar
from yiwang.services.items.queries import PublishedItem

KIND = "past"
YEAR = (3, 365)  # days before today
CHANNELS = ("web",) * 6 + ("api",) + ("counter",) * 3
GRADES = (1,) * 14 + (2,) * 5 + (3,)
RATED = 0.55  # of those who may
OPENS, CLOSES = 9, 17


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who did steps of a role."""

    account_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Made:
    """A past case, whether its party may rate it, and the grade if they did."""

    past: PastCase
    grade: int | None
    judged: tuple[int, ...]


def _moment(random_: random.Random, day: dt.date, after: dt.datetime | None) -> dt.datetime:
    """A moment in the office hours of a day, after another one of that day."""
    zone = timezone.get_current_timezone()
    begins = dt.datetime.combine(day, dt.time(OPENS), zone)
    if after is not None and after > begins:
        begins = after
    ends = max(dt.datetime.combine(day, dt.time(CLOSES), zone), begins + dt.timedelta(minutes=20))
    return begins + (ends - begins) * (0.05 + 0.8 * random_.random())


def _later(known: WorkCalendar, day: dt.date, working_days: int) -> dt.date:
    return known.count(day, working_days).due if working_days else day


def past_cases(
    body: dict[str, Any],
    item: PublishedItem,
    parties: list[UUID],
    workers: dict[str, list[Worker]],
    count: int,
    limits: dict[str, Any],
) -> Iterator[Made]:
    """``count`` cases that went as ``body`` says (schemas/past.schema.json). ``workers`` are known by account name; under "" is anybody."""
    random_ = random.Random(f"past:{body['code']}:{body['seed']}")  # noqa: S311  # not a secret: the same city must come again
    known, today = calendar(), timezone.localdate()
    codes = body.get("agencies") or [item.agency_code]
    agencies = [Agency.objects.select_related("region").get(code=code) for code in codes]
    ways = [path for path in body["paths"] for _share in range(path["share"])]
    earliest, latest = sorted(body.get("days", YEAR))[::-1]
    procedure_id = procedure(item.procedure).id
    starts = ("acceptance",) if "acceptance" in limits else ("statutory", "promised")
    serials = random_.sample(range(10_000_000), count)
    made = 0
    while made < count:
        # Each way at least once, so that a trial proves them all and a small city has them all.
        path = body["paths"][made] if made < len(body["paths"]) else random_.choice(ways)
        agency = random_.choice(agencies)
        day = today - dt.timedelta(days=random_.randint(latest, earliest))
        opened = _moment(random_, day, None)
        steps, at = [], opened
        for step in path["steps"]:
            due = _later(known, timezone.localdate(at), random_.randint(*step.get("days", (0, 0))))
            at = _moment(random_, due, at) if "days" in step else at + dt.timedelta(seconds=random_.randint(2, 9))
            worker = random_.choice(workers[step.get("by", "")]) if "days" in step else None
            steps.append(
                PastStep(
                    step["step"], step["outcome"], at, worker.account_id if worker else None, worker.name if worker else "",
                    step.get("opinion", ""),
                )
            )  # fmt: skip
        grade = random_.choice(GRADES) if random_.random() < RATED else None
        if at >= timezone.now() - dt.timedelta(hours=1):  # it would have ended in the future
            continue
        judged = tuple(sorted({step.account_id for step in steps if step.account_id is not None}))
        past = PastCase(
            serial=serials[made], kind=KIND, type_code=item.code, type_name=item.name, procedure=procedure_id,
            agency_code=agency.code, agency_path=agency.path, region_path=agency.region.path,
            party_id=random_.choice(parties), channel=random_.choice(CHANNELS), opened_at=opened, steps=tuple(steps),
            limits=limits, starts=starts,
        )  # fmt: skip
        made += 1
        yield Made(past, grade if path.get("rated", True) else None, judged)
