"""One record in its two times: what was known on one day about another, who said it, and what came before. Private to this room."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor

from .declarations import Declaration
from .fusion import first_source, fused
from .models import Claim, Load, RegisterRecord
from .reading import Moment, Reading, Wanted, observed, read
from .records import GONE
from .sources import REASONS, RULING, Told

MOST_OBSERVATIONS = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One element: its value, masked and whole, the source that won and why, and what the others say."""

    name: str
    label: str
    shown: str
    whole: str
    source: str
    why: str
    rule: str
    others: tuple[tuple[str, str, str], ...] = ()  # (source, masked, whole)


@dataclass(frozen=True, slots=True)
class Observation:
    """One line of the history: from which day it holds, when it was known, and which elements it changed."""

    version: int
    as_of: dt.date
    since: dt.datetime
    until: dt.datetime | None
    latest: bool
    gone: bool
    changed: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class History:
    """What a steward sees of one record at a moment."""

    declaration: Declaration
    when: Moment
    reading: Reading | None
    lines: tuple[Line, ...]
    observations: tuple[Observation, ...]


def source_name(declaration: Declaration, code: str) -> str:
    """A source in words; a load's own words where the register declares none."""
    if code == RULING:
        return _("数据管理员裁定")
    found = declaration.sources.get(code)
    return found.name if found else code


def told_of(declaration: Declaration, key_hash: str, when: Moment) -> list[Told]:
    """What each source said of a key at a moment, where several spoke. One query."""
    rows = observed(Claim.objects.filter(register=declaration.code, key_hash=key_hash), when)
    last = {row.source: Told(row.source, row.data, row.as_of, row.confirmed, row.since) for row in rows}
    return list(last.values())


def lines_of(declaration: Declaration, reading: Reading, told: list[Told], when: Moment) -> tuple[Line, ...]:
    """The elements of a reading with their provenance. One query where it names divisions."""
    decided = fused(declaration, told, when.day) if told else {}
    sole = reading.sole or (first_source(declaration) if declaration.sources and not told else "")
    divisions = {line.name: line.shown for line in reading.lines() if declaration.elements[line.name].type == "region"}
    found = []
    for element in declaration.elements.values():
        value = reading.data.get(element.name)
        if value is None:
            continue
        one = decided.get(element.name)
        source, rule = (one.source, one.rule) if one and one.value == value else (sole, "only" if sole else "")
        others = tuple(
            (source_name(declaration, said.source), element.shown(given), element.words(given))
            for said in told
            if said.source != source and said.source in declaration.sources
            and (given := said.data.get(element.name)) is not None and given != value
        )  # fmt: skip
        found.append(
            Line(
                element.name, element.label, divisions.get(element.name) or element.shown(value),
                divisions.get(element.name) or element.words(value), source_name(declaration, source), str(REASONS[rule]) if rule else "", rule, others,
            )
        )  # fmt: skip
    return tuple(found)


def history_of(actor: Actor, declaration: Declaration, key: str, purpose: str, when: Moment | None = None) -> History:
    """The record of ``key`` as it was known at a moment, its provenance, and its observations. A constant number of queries; recorded as a look-up."""
    when = when or Moment(timezone.localdate(), timezone.now())
    wanted = Wanted(declaration, declaration.hash_of(key.strip().upper()))
    reading = read(actor, [wanted], purpose, when=when).get((declaration.code, wanted.key_hash))
    told = told_of(declaration, wanted.key_hash, when) if declaration.sources and reading else []
    lines = lines_of(declaration, reading, told, when) if reading else ()
    return History(declaration, when, reading, lines, _observations(declaration, wanted.key_hash))


def _observations(declaration: Declaration, key_hash: str) -> tuple[Observation, ...]:
    rows = list(
        RegisterRecord.objects.filter(register=declaration.code, key_hash=key_hash).order_by("version")[
            :MOST_OBSERVATIONS
        ]
    )
    loads = dict(Load.objects.filter(id__in={row.load_id for row in rows if row.load_id}).values_list("id", "source"))
    found: list[Observation] = []
    former: dict[str, Any] = {}
    for row in rows:
        data: dict[str, Any] = row.data
        changed = [
            element.label
            for name, element in declaration.elements.items()
            if former and data.get(name) != former.get(name)
        ]
        source = loads.get(row.load_id, "") if row.load_id else RULING
        found.append(
            Observation(
                row.version, row.as_of, row.since, row.until, row.latest and row.until is None, row.content_hash == GONE,
                tuple(changed), source_name(declaration, source),
            )
        )  # fmt: skip
        former = data
    return tuple(reversed(found))
