"""Several sources, one record: claims of a batch of keys, the golden record that follows from them, and where they differ. Private to this room."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q

from yiwang.foundation.crypto.queries import keyed_hash
from yiwang.kernel.canonical import canonical_bytes

from .declarations import Declaration
from .models import Claim, Conflict, Register, RegisterRecord
from .records import GONE, Records
from .sources import RULING, Decided, Told, decide
from .timelines import Entry, Timeline
from .writing import insert

LONG_AGO = dt.datetime(1, 1, 1, tzinfo=dt.UTC)


@dataclass(slots=True)
class Spoken(Entry):
    """A claim in force: what a source says from ``as_of`` on."""

    data: dict[str, Any] = field(default_factory=dict)
    confirmed: dt.date = dt.date.min
    since: dt.datetime = LONG_AGO
    load_id: UUID | None = None
    link_id: UUID | None = None


def content_hash_of(data: dict[str, Any]) -> str:
    """The keyed hash by which the same content is known."""
    return keyed_hash("register", canonical_bytes(data).decode())


def fused(declaration: Declaration, told: Iterable[Told], day: dt.date) -> dict[str, Decided]:
    """What the rules make of what the sources say on ``day``, element by element in the declared order."""
    return decide(declaration.elements, list(told), declaration.sources, declaration.rules, day)


def first_source(declaration: Declaration) -> str:
    """The source of records that were loaded before the register declared any."""
    return next(iter(declaration.sources))


class Fusion:
    """Claims and records of some keys. Reads at once, writes at once; a key of which one source alone speaks has no claims."""

    def __init__(
        self, register: Register, declaration: Declaration, keys: Collection[str], source: str, now: dt.datetime,
        load_id: UUID | None, by: str,
    ) -> None:  # fmt: skip
        self.register, self.declaration, self.source, self.now, self.by = register, declaration, source, now, by
        self.load_id = load_id
        self.records = Records(register, keys, now, load_id)
        self.claims: dict[str, dict[str, Timeline[Spoken]]] = {}
        self._fresh: list[tuple[str, str, Spoken]] = []
        self._ended: list[int] = []
        self._confirmed: dict[int, dt.date] = {}
        self._affected: dict[str, dt.date] = {}  # key -> the first day on which something may be otherwise
        self._shared: set[str] = set()  # keys of which one source alone spoke until now
        several = [key for key, sole in self.records.sources.items() if not sole or sole != source]
        if several:
            self._gather(several)

    def _gather(self, keys: list[str]) -> None:
        for row in Claim.objects.filter(register=self.register, key_hash__in=keys, until=None).order_by("as_of"):
            spoken = Spoken(
                row.as_of, row.content_hash, row.pk, row.data, row.confirmed, row.since, row.load_id, row.link_id
            )
            self._of(row.key_hash, row.source).entries.append(spoken)
        alone = [key for key in keys if key not in self.claims and self.records.holds(key)]
        if not alone:
            return
        self._shared.update(alone)
        known = RegisterRecord.objects.filter(register=self.register, key_hash__in=alone, until=None).order_by("as_of")
        for record in known:
            sole = record.source or first_source(self.declaration)
            spoken = Spoken(
                record.as_of, record.content_hash, None, record.data, record.as_of, record.since, record.load_id
            )
            self._of(record.key_hash, sole).entries.append(spoken)
            self._fresh.append((record.key_hash, sole, spoken))

    def _of(self, key: str, source: str) -> Timeline[Spoken]:
        return self.claims.setdefault(key, {}).setdefault(source, Timeline())

    def say(
        self, key: str, day: dt.date, data: dict[str, Any], content_hash: str = "", *, source: str = "",
        link_id: UUID | None = None,
    ) -> bool:  # fmt: skip
        """``source`` says ``data`` of ``key`` from ``day`` on; whether it says anything new."""
        source, content_hash = source or self.source, content_hash or content_hash_of(data)
        if key not in self.claims and link_id is None and source != RULING:
            return self.records.place(key, day, content_hash, data, source)
        line = self._of(key, source)
        spoken = Spoken(day, content_hash, None, data, day, self.now, self.load_id, link_id)
        new, ended = line.place(spoken)
        if not new:
            present = line.at(day)
            if present is not None and present.confirmed < day:  # said again, so it is fresher than before
                present.confirmed = day
                if present.pk is not None:
                    self._confirmed[present.pk] = day
                self._affect(key, day)
            return False
        if ended is not None and ended.pk is not None:
            self._ended.append(ended.pk)
        self._fresh.append((key, source, spoken))
        self._affect(key, day)
        return True

    def silence(self, key: str, source: str, link_id: UUID | None = None) -> None:
        """End what ``source`` says of ``key`` (by one link, where given)."""
        line = self._of(key, source)
        for spoken in [one for one in line.entries if link_id is None or one.link_id == link_id]:
            line.entries.remove(spoken)
            if spoken.pk is not None:
                self._ended.append(spoken.pk)
            self._affect(key, spoken.as_of)

    def _affect(self, key: str, day: dt.date) -> None:
        self._affected[key] = min(day, self._affected.get(key, day))

    def told(self, key: str, day: dt.date) -> list[Told]:
        """What each source says of ``key`` on ``day``."""
        found = []
        for source, line in self.claims.get(key, {}).items():
            spoken = line.at(day)
            if spoken is not None:
                found.append(Told(source, spoken.data, spoken.as_of, spoken.confirmed, spoken.since))
        return found

    def write(self) -> None:
        """Decide what the sources make of each key now, and write all of it in the transaction under way."""
        newest = {key: self._decide(key, first) for key, first in self._affected.items()}
        if self._ended:
            Claim.objects.filter(pk__in=self._ended).update(until=self.now)
        for day in set(self._confirmed.values()):
            again = [pk for pk, confirmed in self._confirmed.items() if confirmed == day]
            Claim.objects.filter(pk__in=again).update(confirmed=day)
        insert(
            Claim,
            ("key_hash", "source", "data", "content_hash", "as_of", "confirmed", "since", "load", "link"),
            (
                (key, source, one.data, one.content_hash, one.as_of, one.confirmed, one.since, one.load_id, one.link_id)
                for key, source, one in self._fresh
                if any(one is kept for kept in self.claims[key][source].entries)
            ),
            register=self.register.pk, until=None,
        )  # fmt: skip
        if self._shared:
            RegisterRecord.objects.filter(register=self.register, key_hash__in=self._shared, until=None).update(
                source=""
            )
        self.records.write()
        self._keep_conflicts(newest)

    def _decide(self, key: str, first: dt.date) -> dict[str, Decided]:
        """Place the golden record of ``key`` for each day from ``first`` on when it may change; returns what is decided for the last."""
        days = {first}
        for line in self.claims[key].values():
            days.update(spoken.as_of for spoken in line.entries)
        if key in self.records.lines:
            days.update(entry.as_of for entry in self.records.lines[key].entries)
        decided: dict[str, Decided] = {}
        for day in sorted(day for day in days if day >= first):
            decided = fused(self.declaration, self.told(key, day), day)
            data = {name: one.value for name, one in decided.items()}
            self.records.place(key, day, content_hash_of(data) if data else GONE, data)
        return decided

    def _keep_conflicts(self, newest: dict[str, dict[str, Decided]]) -> None:
        if not newest:
            return
        now = {(key, one.element): one for key, decided in newest.items() for one in decided.values() if one.sources}
        standing = {
            (row.key_hash, row.element): row
            for row in Conflict.objects.filter(register=self.register, key_hash__in=newest, closed_at=None)
        }
        over = Q(pk__in=[row.pk for place, row in standing.items() if place not in now])
        Conflict.objects.filter(over).update(state=Conflict.State.GONE, closed_at=self.now, closed_by=self.by)
        fresh, changed = [], []
        for place, one in now.items():
            state = Conflict.State.OPEN if one.rule == "undecided" else Conflict.State.DECIDED
            row = standing.get(place)
            if row is None:
                fresh.append(
                    Conflict(
                        register=self.register, key_hash=place[0], element=one.element, state=state, rule=one.rule,
                        sources=list(one.sources),
                    )
                )  # fmt: skip
            elif (row.rule, row.sources) != (one.rule, list(one.sources)):
                row.rule, row.sources = one.rule, list(one.sources)
                if (row.state == Conflict.State.DECIDED) != (state == Conflict.State.DECIDED):
                    row.state = state
                changed.append(row)
        Conflict.objects.bulk_create(fresh)
        Conflict.objects.bulk_update(changed, ["state", "rule", "sources"])
