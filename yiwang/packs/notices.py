"""Files with the notice on holidays: JSON or YAML as packs have them, or CSV with the columns date, name, day (off or work)."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from yiwang.foundation.orgs.actions import SpecialDate
from yiwang.kernel.refusals import Invalid, Problem

from . import marks, slots


@dataclass(frozen=True, slots=True)
class Notice:
    """The notice of one year, as read from a file."""

    year: int
    source: str
    days: tuple[SpecialDate, ...]


def special_dates(days: Iterable[dict[str, Any]]) -> list[SpecialDate]:
    """Days as packs write them. Raises ValueError for a date that does not exist."""
    return [SpecialDate(dt.date.fromisoformat(day["date"]), day["name"], day["works"]) for day in days]


def year_of(day: SpecialDate) -> int:
    """The year whose notice names ``day``: the New Year holiday may begin, or be paid for, in December."""
    return day.date.year + (day.date.month == 12 and "元旦" in day.name)


def read(name: str, content: bytes, *, source: str = "") -> list[Notice]:
    """The notices in a file; a CSV file may hold several years. Raises :class:`Invalid` with the line of each mistake."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _invalid(name, [Problem(name, "encoding", "the file is not UTF-8; save it as UTF-8")]) from None
    if name.lower().endswith(".csv"):
        return _from_csv(name, text, source)
    try:
        marked = marks.read(text)
    except marks.Unreadable as error:
        raise _invalid(name, [Problem(f"{name}:{error.line}", "syntax", str(error))]) from None
    bodies = marked.value if isinstance(marked.value, list) else [marked.value]
    if source:
        bodies = [{**body, "source": source} if isinstance(body, dict) else body for body in bodies]
    problems = [
        Problem(f"{name}:{marked.at(problem.field)}", problem.rule, str(problem.message))
        for body in bodies
        for problem in slots.kinds["calendars"].check(body)
    ]
    if problems:
        raise _invalid(name, problems)
    return [Notice(body["year"], body["source"], tuple(special_dates(body["days"]))) for body in bodies]


def _from_csv(name: str, text: str, source: str) -> list[Notice]:
    problems: list[Problem] = []
    by_year: dict[int, list[SpecialDate]] = {}
    if not source.strip():
        problems.append(Problem(name, "source", "say which notice this is with --source (its title and number)"))
    rows = csv.DictReader(io.StringIO(text))
    if not {"date", "name", "day"} <= set(rows.fieldnames or []):
        problems.append(Problem(f"{name}:1", "columns", "the first line must name the columns date, name, day"))
        raise _invalid(name, problems)
    for row in rows:
        try:
            date = dt.date.fromisoformat((row["date"] or "").strip())
        except ValueError:
            problems.append(
                Problem(f"{name}:{rows.line_num}", "date", f"{row['date']!r} is not a date like 2027-01-01")
            )
            continue
        kind = (row["day"] or "").strip()
        if kind not in ("off", "work"):
            problems.append(Problem(f"{name}:{rows.line_num}", "day", f'{kind!r} is neither "off" nor "work"'))
            continue
        day = SpecialDate(date, (row["name"] or "").strip(), kind == "work")
        by_year.setdefault(year_of(day), []).append(day)
    if not by_year and not problems:
        problems.append(Problem(name, "empty", "the file names no day"))
    if problems:
        raise _invalid(name, problems)
    return [Notice(year, source, tuple(days)) for year, days in sorted(by_year.items())]


def _invalid(name: str, problems: list[Problem]) -> Invalid:
    return Invalid(f"{name} has {len(problems)} mistake(s); nothing was loaded", problems=problems)
