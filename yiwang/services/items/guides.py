"""A guide: an item as a person needs it. Can I, what do I need, how long, what does it cost, where, apply."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from yiwang.foundation.orgs.queries import WorkCalendar

from . import slots
from .published import Limit, MaterialNeed, PublishedItem, Situation, holds
from .standard import AUDIENCES, CHANNELS

# How a material is had without the person handing it in; a commitment is the person's own word and stands apart.
FETCHED = frozenset({"licence", "register", "system"})


@dataclass(frozen=True, slots=True)
class Worked:
    """The limits worked out for an application made on ``start``: accepted or refused by ``accept_by``, decided by ``due``.

    ``provisional``: a year is touched whose holidays have not been announced yet.
    """

    start: dt.date
    accept_by: dt.date
    due: dt.date
    provisional: bool


@dataclass(frozen=True, slots=True)
class Conditional:
    """A material that only some need, and for whom, in words."""

    need: MaterialNeed
    words: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about the situation, with the answer given so far."""

    situation: Situation
    answer: str


@dataclass(frozen=True, slots=True)
class Guide:
    """What the page of an item shows. Empty parts are left out by the page, not filled with empty words."""

    item: PublishedItem
    today: dt.date
    open: bool
    apply_url: str
    answers: Mapping[str, str]
    answered: bool  # every question that these answers lead to has one
    questions: tuple[Asked, ...]
    needs: tuple[MaterialNeed, ...]  # to be handed in
    fetched: tuple[MaterialNeed, ...]  # had from a licence, a register or the system
    promised: tuple[MaterialNeed, ...]  # a commitment is enough
    conditional: tuple[Conditional, ...]  # only some need them; empty once every question is answered
    worked: Worked | None

    @property
    def audiences(self) -> str:
        """Who may ask, in words; "" when the list does not say."""
        return "、".join(str(AUDIENCES[code]) for code in self.item.audience)

    @property
    def channels(self) -> list[str]:
        return [str(CHANNELS[code]) for code in self.item.channels]


def guide(item: PublishedItem, answers: Mapping[str, str], today: dt.date, calendar: WorkCalendar) -> Guide:
    """Make the guide of an item for somebody with these answers. Answers that are not offered are passed over."""
    given = {
        situation.code: answers[situation.code]
        for situation in item.situations
        if situation.label(answers.get(situation.code, ""))
    }
    questions = item.situations_for(given)
    answered = all(question.code in given for question in questions)
    certain = [need for need in item.materials if holds(need.when, given, {})]
    maybe = (
        []
        if answered
        else [need for need in item.materials if not holds(need.when, given, {}) and _possible(need, given)]
    )
    by_facts = [need for need in item.materials if _only_facts_left(need, given)] if answered else []
    return Guide(
        item=item,
        today=today,
        open=item.open_on(today),
        apply_url=_apply_url(item),
        answers=given,
        answered=answered,
        questions=tuple(Asked(question, given.get(question.code, "")) for question in questions),
        needs=tuple(need for need in certain if need.replaced_by is None),
        fetched=tuple(need for need in certain if need.replaced_by and need.replaced_by.kind in FETCHED),
        promised=tuple(need for need in certain if need.replaced_by and need.replaced_by.kind not in FETCHED),
        conditional=tuple(Conditional(need, condition(item, need)) for need in (*maybe, *by_facts)),
        worked=worked(item, today, calendar),
    )


def _possible(need: MaterialNeed, given: Mapping[str, str]) -> bool:
    """Whether further answers could still make the material needed."""
    return all(
        given.get(name.removeprefix("situation."), values[0]) in values
        for name, values in need.when.items()
        if name.startswith("situation.")
    )


def _only_facts_left(need: MaterialNeed, given: Mapping[str, str]) -> bool:
    """Whether the answers call for it and it only depends on what the form will say."""
    facts = [name for name in need.when if not name.startswith("situation.")]
    rest = {name: values for name, values in need.when.items() if name.startswith("situation.")}
    return bool(facts) and holds(rest, given, {})


def condition(item: PublishedItem, need: MaterialNeed) -> str:
    """For whom a material is, in the words of the questions: "经营场所：租赁"."""
    pieces: list[str] = []
    for name, values in need.when.items():
        situation = next((each for each in item.situations if f"situation.{each.code}" == name), None)
        if situation is None:
            pieces.append(_("按您填写的内容确定"))
            continue
        options = _("或").join(situation.label(value) for value in values)
        pieces.append(f"{situation.question.rstrip('？?')}：{options}")
    return "；".join(dict.fromkeys(pieces))


def worked(item: PublishedItem, start: dt.date, calendar: WorkCalendar) -> Worked | None:
    """The last days for an application made on ``start``; None when the item promises nothing or is decided at once.

    It is accepted within ``acceptance_days`` working days, and decided within the promised (else the statutory) limit after that:
    the dates are those of the slowest case that keeps the law.
    """
    limit = item.limits.promised or item.limits.statutory
    if limit is None or limit.count == 0 or item.instant:
        return None
    accepted = calendar.count(start, item.limits.acceptance_days)
    decided = _count(calendar, accepted.due, limit)
    return Worked(start, accepted.due, decided[0], accepted.provisional or decided[1])


def _count(calendar: WorkCalendar, start: dt.date, limit: Limit) -> tuple[dt.date, bool]:
    count = (
        calendar.count(start, limit.count) if limit.unit == "working" else calendar.count_calendar(start, limit.count)
    )
    return count.due, count.provisional


def _apply_url(item: PublishedItem) -> str:
    return next((address for link in slots.apply_links.values() if (address := link(item))), "")
