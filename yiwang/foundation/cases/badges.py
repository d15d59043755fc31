"""A clock as a badge, and its arithmetic in as few lines as say everything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from yiwang.foundation.cases.clocks import Counted
    from yiwang.foundation.cases.models import Case
    from yiwang.foundation.cases.queries import Face

_ORDER = {"running": 0, "suspended": 1, "stopped": 2}
TONES = {"red": "red", "yellow": "amber", "green": "green"}
ICONS = {"red": "alert-octagon", "yellow": "alert-triangle", "green": "circle-check", "paused": "player-pause", "none": "clock-off"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """Days that follow each other and are counted for the same reason. ``place`` and ``last_place`` are 0 when they are not counted."""

    first: dt.date
    last: dt.date
    place: int
    last_place: int
    reason: str
    provisional: bool

    @property
    def days(self) -> str:
        """The days in words, short: 11月23日–11月27日."""
        first = _("%(month)s月%(day)s日") % {"month": self.first.month, "day": self.first.day}
        if self.first == self.last:
            return first
        last = _("%(month)s月%(day)s日") % {"month": self.last.month, "day": self.last.day}
        return f"{first}–{last}"

    @property
    def count(self) -> str:
        """Where the days stand in the count: 第 1–5 天, or that they do not count."""
        if not self.place:
            return _("不计")
        if self.place == self.last_place:
            return _("第 %(n)s 天") % {"n": self.place}
        return _("第 %(first)s–%(last)s 天") % {"first": self.place, "last": self.last_place}


def runs(days: Sequence[Counted]) -> list[Run]:
    """The days of a clock, joined where they follow each other for the same reason."""
    found: list[Run] = []
    for day in days:
        before = found[-1] if found else None
        if (
            before is not None
            and (before.reason, before.provisional) == (day.reason, day.provisional)
            and bool(before.place) == bool(day.place)
        ):
            found[-1] = Run(before.first, day.date, before.place, day.place, day.reason, day.provisional)
        else:
            found.append(Run(day.date, day.date, day.place, day.place, day.reason, day.provisional))
    return found


@dataclass(frozen=True, slots=True)
class Timed:
    """A clock with its arithmetic, as the pages show it."""

    face: Face
    runs: list[Run]

    @property
    def tone(self) -> str:
        """The tone of the badge: grey while the clock does not run."""
        return TONES.get(self.face.colour, "grey") if self.face.state == "running" else "grey"

    @property
    def icon(self) -> str:
        """The sign of the badge."""
        if self.face.state == "suspended":
            return ICONS["paused"]
        if self.face.state == "stopped":
            return "flag-check" if self.face.left >= 0 else "flag-exclamation"
        return ICONS.get(self.face.colour, "")

    @property
    def explained(self) -> str:
        """The arithmetic in one sentence."""
        skipped = sum(1 for day in self.face.days if not day.place)
        words = _("%(name)s %(limit)s") % {"name": self.face.name, "limit": self.face.limit}
        if self.face.days:
            first = self.face.days[0].date
            words += _("，从 %(month)s月%(day)s日起算") % {"month": first.month, "day": first.day}
        if self.face.due is not None:
            words += _("，%(month)s月%(day)s日到期") % {"month": self.face.due.month, "day": self.face.due.day}
        if skipped:
            words += _("，其中 %(n)s 天不计") % {"n": skipped}
        if self.face.provisional:
            words += _("（放假安排还没公布，暂按现有日历算）")
        return words


@dataclass(frozen=True, slots=True)
class Badge:
    """What a row says of a case's limits: the most urgent clock, or why none runs. ``timed`` is that clock, if there is one."""

    tone: str
    icon: str
    words: str
    timed: Timed | None = None


def timed(faces: Sequence[Face]) -> list[Timed]:
    """All clocks of a case, those that run first, the most urgent before the others."""
    found = sorted(faces, key=lambda face: (_ORDER[face.state], face.due or dt.date.max, face.left))
    return [Timed(face, runs(face.days)) for face in found]


def badge(case: Case, faces: Sequence[Face]) -> Badge:
    """The badge of a case."""
    if case.closed_at is not None:
        return Badge("grey", "flag-check", case.outcome_name)
    living = [clock for clock in timed(faces) if clock.face.state != "stopped"]
    if not living:
        return Badge("grey", ICONS["none"], _("没有时限在走"))
    first = living[0]
    return Badge(first.tone, first.icon, first.face.words, first)
