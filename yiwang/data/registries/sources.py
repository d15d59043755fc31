"""The sources that a register declares, and the rules by which one of them wins each element. Private to this room."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

RULING = "ruling"  # the source of what a steward has decided; no declared source may have its code
OVER = "~over"  # in the claim of a ruling: the values that it set aside, by element
RULES = ("authority", "trust", "rank", "newest", "majority")
DEFAULT_RULES = ("authority", "trust", "rank", "newest")
MIDDLE_TRUST, LOWEST_RANK = 50, 100

# Why an element has its value, for people.
REASONS = {
    "only": _("只有这一个来源"),
    "agree": _("各来源一致"),
    "authority": _("这一项以该部门登记为准"),
    "trust": _("该来源这一项更可信"),
    "rank": _("该来源次序在前"),
    "newest": _("该来源的数据更新"),
    "majority": _("多数来源这样登记"),
    "fresh": _("其他来源的数据已过期"),
    "ruling": _("数据管理员核实裁定"),
    "undecided": _("规则定不了，暂按先登记的"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """A declared source: whose system it is, the elements it gives, and how far it is believed.

    ``authority`` are the elements for which it is the one source (一数一源); ``rank`` orders sources, 1 first; ``trust`` is 0 … 100 by
    element; a claim not confirmed for ``fresh_days`` yields to fresher ones. ``own_key`` is the source's own number where
    its rows do not carry the register's key and have to be linked; ``feed`` names the room whose events keep it up to date.
    """

    code: str
    name: str
    agency: str
    system: str = ""
    elements: frozenset[str] = frozenset()  # none: every element
    authority: frozenset[str] = frozenset()
    rank: int = LOWEST_RANK
    trust: dict[str, int] = field(default_factory=dict)
    fresh_days: int = 0
    own_key: str = ""
    feed: str = ""

    def gives(self, element: str) -> bool:
        return not self.elements or element in self.elements


@dataclass(frozen=True, slots=True)
class Told:
    """What one source says of a key on some day: the data of its claim, the last day confirmed, when it was learnt."""

    source: str
    data: dict[str, Any]
    as_of: dt.date
    confirmed: dt.date
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """The value of one element: which source won and by which rule; ``sources`` differ on it when there are several, the winner first."""

    element: str
    value: Any
    source: str
    rule: str
    sources: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        return str(REASONS[self.rule])


def source_of(body: dict[str, Any]) -> Source:
    return Source(
        code=body["code"], name=body["name"], agency=body["agency"], system=body.get("system", ""),
        elements=frozenset(body.get("elements", ())), authority=frozenset(body.get("authority", ())),
        rank=body.get("rank", LOWEST_RANK), trust=body.get("trust", {}), fresh_days=body.get("fresh_days", 0),
        own_key=body.get("own_key", ""), feed=body.get("feed", ""),
    )  # fmt: skip


def same_text(value: Any) -> Any:
    """The value without what makes no difference: full-width forms and spaces."""
    return "".join(unicodedata.normalize("NFKC", value).split()) if isinstance(value, str) else value


def decide(
    names: Iterable[str],
    told: Sequence[Told],
    sources: dict[str, Source],
    rules: dict[str, tuple[str, ...]],
    day: dt.date,
) -> dict[str, Decided]:
    """Decide each element of ``names`` of which some source says something.

    A ruling stands until a source says something that it did not set aside. Empty values never win. When the rules leave several
    values, the one that was learnt first stays, and the rule is "undecided".
    """
    ruling = next((one for one in told if one.source == RULING), None)
    speaking = [one for one in told if one.source in sources]
    found: dict[str, Decided] = {}
    for name in names:
        given = [(one, one.data[name]) for one in speaking if one.data.get(name) is not None]
        if ruling is not None and name in ruling.data:
            aside = ruling.data.get(OVER, {}).get(name, [])
            known = [same_text(value) for value in [*aside, ruling.data[name]]]
            if all(same_text(value) in known for _one, value in given):
                found[name] = Decided(name, ruling.data[name], RULING, "ruling")
                continue
        if given:
            found[name] = _decide(name, given, sources, rules.get(name, rules["default"]), day)
    return found


def _decide(
    name: str, given: list[tuple[Told, Any]], sources: dict[str, Source], rules: tuple[str, ...], day: dt.date
) -> Decided:
    if len(given) == 1:
        return Decided(name, given[0][1], given[0][0].source, "only")
    if len({same_text(value) for _one, value in given}) == 1:
        first = min(given, key=lambda pair: sources[pair[0].source].rank)
        return Decided(name, first[1], first[0].source, "agree")
    left, by = given, "undecided"
    for rule in ("fresh", *rules):
        kept = _narrowed(rule, name, left, sources, day)
        if kept and len(kept) < len(left):
            left, by = kept, rule
        if len({same_text(value) for _one, value in left}) == 1:
            break
    else:
        by = "undecided"
        first_learnt = min(one.since for one, _value in left)
        left = [pair for pair in left if pair[0].since == first_learnt]
    winner = min(left, key=lambda pair: sources[pair[0].source].rank)
    others = [one.source for one, _value in given if one is not winner[0]]
    return Decided(name, winner[1], winner[0].source, by, (winner[0].source, *others))


def _narrowed(
    rule: str, name: str, left: list[tuple[Told, Any]], sources: dict[str, Source], day: dt.date
) -> list[tuple[Told, Any]]:
    """Those of ``left`` that ``rule`` prefers; all of them, or none, when it has nothing to say."""

    def best(measure: Any) -> list[tuple[Told, Any]]:
        top = max(measure(pair) for pair in left)
        return [pair for pair in left if measure(pair) == top]

    if rule == "fresh":
        limits = {pair[0].source: sources[pair[0].source].fresh_days for pair in left}
        return [
            pair
            for pair in left
            if not limits[pair[0].source] or pair[0].confirmed >= day - dt.timedelta(days=limits[pair[0].source])
        ]
    if rule == "authority":
        return [pair for pair in left if name in sources[pair[0].source].authority]
    if rule == "trust":
        return best(lambda pair: sources[pair[0].source].trust.get(name, MIDDLE_TRUST))
    if rule == "rank":
        return best(lambda pair: -sources[pair[0].source].rank)
    if rule == "newest":
        return best(lambda pair: pair[0].confirmed)
    said = [same_text(value) for _one, value in left]
    return best(lambda pair: said.count(same_text(pair[1])))
