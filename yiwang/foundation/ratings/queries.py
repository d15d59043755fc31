"""Reading ratings: one's own, figures for those who lead, rows for those who set things right.

Those who are judged must not learn who judged. Therefore, for whoever may see figures but not identify (``permissions.IDENTIFY``):

- a group (an agency, an item, a channel, the whole) with fewer than :data:`THRESHOLD` ratings shows no grades, and when that leaves one
  hidden group only, the next smallest is hidden with it, or it could be worked out from the sum;
- there are no filters but the period, and periods are whole (this month, last month …), so that two close sets cannot be subtracted;
- rows carry neither name nor number nor day nor the person's own words, name the item only when it has enough ratings, and come in no
  order of time.

Whoever served is never shown who rated their own work, whatever they may see otherwise. What this cannot prevent: somebody who watches
the same period grow from one day to the next, or a group in which all gave the same grade.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor, Scope, allowed, own_rows, owner, reach, require, require_somewhere
from yiwang.foundation.cases.actions import scope_of
from yiwang.foundation.cases.queries import READ as READ_CASE
from yiwang.foundation.crypto.queries import mask
from yiwang.kernel.pages import Page, page
from yiwang.kernel.refusals import Missing

from .contacts import FOLLOWUP
from .followups import rating_behind
from .indicators import CHANNELS, GRADES, TAGS
from .models import Contact, Rating
from .permissions import FIGURES, IDENTIFY, READ
from .slots import Described, contacts

if TYPE_CHECKING:
    from yiwang.foundation.accounts.models import Party
    from yiwang.foundation.cases.models import Case

__all__ = [
    "FOLLOWUP", "Behind", "Figures", "Line", "Mine", "Own", "Row", "Rows", "Wanted", "behind", "figures", "grade_of", "mine", "own", "period", "rows",
    "wanted_of",
]  # fmt: skip

THRESHOLD = 5  # ratings that a group needs before those who are judged see its grades
MOST_LINES = 100
MOST_ROWS = 200  # rows for those who may not identify: they come in no order and on no further page
PERIODS = ("month", "last-month", "quarter", "year", "all")


# --- one's own ---


@dataclass(frozen=True, slots=True)
class Answer:
    """What the office wrote about a bad rating."""

    at: dt.datetime
    what: str
    text: str


@dataclass(frozen=True, slots=True)
class Own:
    """A contact to the party: whether it can be rated, what they gave, and what became of a bad rating."""

    kind: str
    key: str
    described: Described
    rating: Rating | None
    stage: str = ""
    due: dt.date | None = None
    closed: bool = False
    answers: tuple[Answer, ...] = ()

    @property
    def ratable(self) -> bool:
        return self.rating is None and self.described.ended_at is not None


def own(actor: Actor, kind: str, key: str) -> Own:
    """A contact of the actor's own, with the rating if there is one. Others are refused, and the attempt is recorded."""
    plug = contacts[kind]
    key = plug.clean(key) or key[:40]
    described = plug.describe(key)
    require(
        actor, owner(described.party_id, described.item_code) if described else owner(None), READ, subject=f"{kind}:{key}",
        message=_("没有找到这次服务，或者它不是您办的。请核对编号；如果是替别人办的，请先切换到对方名下。"),
    )  # fmt: skip
    if described is None:  # a role of the whole node passes the line above
        raise Missing(_("没有找到这次服务，请核对编号。"))
    rating = Rating.objects.select_related("followup", "contact").filter(contact__kind=kind, contact__key=key).first()
    if rating is None or rating.followup is None:
        return Own(kind, key, described, rating)
    case = rating.followup
    done = case.tasks.filter(state="done").order_by("done_at", "id")
    answers = tuple(Answer(task.done_at, task.outcome_name, task.opinion) for task in done if task.done_at)
    return Own(kind, key, described, rating, case.stage, case.due_on, case.closed_at is not None, answers)


@dataclass(frozen=True, slots=True)
class Mine:
    """A contact of one's own in a list, with the rating if there is one."""

    contact: Contact
    rating: Rating | None

    @property
    def page(self) -> str:
        return contacts[self.contact.kind].citizen_page(self.contact.key)

    @property
    def grade_name(self) -> str:
        return str(GRADES[self.rating.grade]) if self.rating else ""

    @property
    def bad(self) -> bool:
        return self.rating is not None and self.rating.followup_id is not None


def mine(actor: Actor, limit: int = 50) -> list[Mine]:
    """The contacts of the actor's parties, newest first, rated or to be rated. One query."""
    rows = Contact.objects.filter(own_rows(actor, matter="item_code")).select_related("agency", "rating__followup")
    return [Mine(row, getattr(row, "rating", None)) for row in rows.order_by("-ended_at", "-id")[:limit]]


# --- figures ---


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of figures and rows. Empty: everything in reach."""

    period: str = "month"
    agency: str = ""
    item: str = ""
    channel: str = ""
    grade: int = 0


def grade_of(text: str) -> int:
    """A grade as it stands in an address or a form; 0 for anything else."""
    return int(text) if text in {str(grade) for grade in GRADES} else 0


def wanted_of(address: Mapping[str, str]) -> Wanted:
    """What an address asks for: period, agency, item, channel, grade; what makes no sense is left out."""
    period = address.get("period", "")
    return Wanted(
        period=period if period in PERIODS else "month",
        agency=address.get("agency", "")[:40],
        item=address.get("item", "")[:80],
        channel=address.get("channel", "")[:12],
        grade=grade_of(address.get("grade", "")),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """Ratings of one group. ``grades`` maps 1 … 5 to counts; ``hidden``: too few to show without giving somebody away."""

    code: str
    name: str
    ratable: int
    grades: dict[int, int] = field(default_factory=dict)
    hidden: bool = False

    @property
    def rated(self) -> int:
        return sum(self.grades.values())

    @property
    def coverage(self) -> int | None:
        """Rated of 100 ratable contacts; None while there are none, or it is hidden."""
        return None if self.hidden or not self.ratable else round(100 * self.rated / self.ratable)

    @property
    def content(self) -> int | None:
        """Of 100 ratings, those that were content (grades 1 to 3)."""
        good = sum(count for grade, count in self.grades.items() if grade <= 3)
        return None if self.hidden or not self.rated else round(100 * good / self.rated)

    @property
    def bad(self) -> int:
        return sum(count for grade, count in self.grades.items() if grade >= 4)


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a period: in all, by agency, by item, by channel. ``shielded``: small groups are hidden from this reader."""

    at: dt.datetime
    since: dt.date | None
    until: dt.date | None
    total: Line
    agencies: list[Line]
    items: list[Line]
    channels: list[Line]
    shielded: bool


def period(name: str, today: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """The first day of a period and the first day after it; None where it is open."""
    first = today.replace(day=1)
    if name == "month":
        return first, None
    if name == "last-month":
        return (first - dt.timedelta(days=1)).replace(day=1), first
    if name == "quarter":
        return first.replace(month=(today.month - 1) // 3 * 3 + 1), None
    if name == "year":
        return first.replace(month=1), None
    return None, None


def _start_of(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def _in_reach(actor: Actor, wanted: Wanted, *, shielded: bool) -> QuerySet[Contact]:
    found = Contact.objects.filter(reach(actor, FIGURES))
    since, until = period(wanted.period, timezone.localdate())
    if since is not None:
        found = found.filter(ended_at__gte=_start_of(since))
    if until is not None:
        found = found.filter(ended_at__lt=_start_of(until))
    if shielded:
        return found
    if wanted.agency:
        found = found.filter(agency=wanted.agency)
    if wanted.item:
        found = found.filter(item_code=wanted.item)
    if wanted.channel:
        found = found.filter(rating__channel=wanted.channel)
    return found


def _identifies_everywhere(actor: Actor) -> bool:
    """Whether the actor may identify wherever they may see figures."""
    scopes = [Scope(agency=held.agency, region=held.region) for held in actor.held if held.allows(FIGURES)]
    return actor.system or all(allowed(actor, IDENTIFY, scope) for scope in scopes)


def _lines(counted: Iterable[dict[str, Any]], code: str, name: str) -> list[Line]:
    """Lines from rows of (code, name, grade or None, n), those with the most bad ratings first."""
    found: dict[str, Line] = {}
    for row in counted:
        line = found.get(row[code]) or Line(row[code], str(row[name]), 0, dict.fromkeys(GRADES, 0))
        if row["rating__grade"] is not None:
            line.grades[row["rating__grade"]] += row["n"]
        found[row[code]] = replace(line, ratable=line.ratable + row["n"])
    return sorted(found.values(), key=lambda line: (-line.bad, -line.rated, -line.ratable, line.name))[:MOST_LINES]


def _shield(lines: list[Line]) -> list[Line]:
    """Hide the groups that are too small, and one more where a single one could be worked out from the sum."""
    small = {line.code for line in lines if 0 < line.rated < THRESHOLD}
    if len(small) == 1:
        others = [line for line in lines if line.rated and line.code not in small]
        small |= {line.code for line in sorted(others, key=lambda line: line.rated)[:1]}
    shown = [replace(line, grades={}, hidden=True) if line.code in small else line for line in lines]
    return sorted(shown, key=lambda line: (line.hidden, -line.bad, -line.rated, line.name))


def figures(actor: Actor, wanted: Wanted | None = None) -> Figures:
    """The figures in the actor's reach; four queries. Contacts count in the period in which they ended."""
    require_somewhere(actor, FIGURES)
    wanted = wanted or Wanted()
    shielded = not _identifies_everywhere(actor)
    base = _in_reach(actor, wanted, shielded=shielded)

    def counted(*columns: str) -> Iterable[dict[str, Any]]:
        found: Iterable[dict[str, Any]] = base.values(*columns, "rating__grade").annotate(n=Count("id")).order_by()
        return found

    whole = _lines(({**row, "code": "", "name": ""} for row in counted()), "code", "name")
    total = whole[0] if whole else Line("", "", 0, dict.fromkeys(GRADES, 0))
    agencies = _lines(counted("agency_id", "agency__name"), "agency_id", "agency__name")
    items = _lines(counted("item_code", "item_name"), "item_code", "item_name")
    by_channel = (
        {**row, "name": CHANNELS.get(row["rating__channel"], row["rating__channel"])}
        for row in counted("rating__channel")
        if row["rating__grade"] is not None
    )
    channels = _lines(by_channel, "rating__channel", "name")
    if shielded:
        agencies, items, channels = _shield(agencies), _shield(items), _shield(channels)
        if 0 < total.rated < THRESHOLD:
            total = replace(total, grades={}, hidden=True)
    since, until = period(wanted.period, timezone.localdate())
    return Figures(timezone.now(), since, until, total, agencies, items, channels, shielded)


# --- rows ---


@dataclass(frozen=True, slots=True)
class Row:
    """One rating as its reader may see it. What they may not see is empty."""

    grade: int
    grade_name: str
    tags: tuple[str, ...]
    channel: str
    agency: str
    item: str
    rated_at: dt.datetime | None = None
    text: str = ""
    who: str = ""
    reference: str = ""
    page: str = ""
    followup: str = ""
    followup_stage: str = ""
    own_work: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of ratings. ``too_few``: there are some, but too few to show to those who are judged."""

    page: Page[Row]
    shielded: bool
    too_few: bool = False


def rows(actor: Actor, wanted: Wanted | None = None, *, cursor: str = "", size: int = 50) -> Rows:
    """The ratings behind the figures. Newest first with case and words for whoever may identify; else without either."""
    require_somewhere(actor, FIGURES)
    wanted = wanted or Wanted()
    shielded = not _identifies_everywhere(actor)
    base = _in_reach(actor, wanted, shielded=shielded).exclude(rating=None)
    found = Rating.objects.filter(contact__in=base).select_related("contact__agency", "contact__party", "followup")
    if not shielded:
        if wanted.grade:
            found = found.filter(grade=wanted.grade)
        part = page(found, order=("-created_at", "-id"), cursor=cursor, size=size)
        return Rows(Page([_full(rating, actor) for rating in part.items], part.next), shielded=False)
    count = base.count()
    if count < THRESHOLD:
        return Rows(Page([]), shielded=True, too_few=count > 0)
    large = {
        row["item_code"] for row in base.values("item_code").annotate(n=Count("id")).order_by() if row["n"] >= THRESHOLD
    }
    if wanted.grade:
        found = found.filter(grade=wanted.grade)
    shown = [_veiled(rating, large) for rating in found.order_by("id")[:MOST_ROWS]]
    shown.sort(key=lambda row: (-row.grade, row.item, row.tags, row.channel))
    return Rows(Page(shown), shielded=True)


def _words(rating: Rating) -> tuple[str, ...]:
    return tuple(str(TAGS.get(tag, tag)) for tag in rating.tags)


def _veiled(rating: Rating, large: set[str]) -> Row:
    contact = rating.contact
    item = contact.item_name if contact.item_code in large else _("其他事项")
    return Row(
        rating.grade, str(GRADES[rating.grade]), _words(rating), str(CHANNELS.get(rating.channel, rating.channel)),
        contact.agency.name, item,
    )  # fmt: skip


def _full(rating: Rating, actor: Actor) -> Row:
    contact = rating.contact
    if actor.account_id in contact.judged:
        return replace(_veiled(rating, {contact.item_code}), own_work=True)
    party = contact.party
    plug = contacts.get(contact.kind)
    return Row(
        rating.grade, str(GRADES[rating.grade]), _words(rating), str(CHANNELS.get(rating.channel, rating.channel)),
        contact.agency.name, contact.item_name, rated_at=rating.created_at, text=rating.text.plain(),
        who=mask("name", party.name) if party.kind == "person" else party.name, reference=contact.key,
        page=plug.page(contact.key) if plug else "",
        followup=rating.followup.number if rating.followup else "",
        followup_stage=rating.followup.stage if rating.followup else "",
    )  # fmt: skip


# --- for the follow-up case ---


@dataclass(frozen=True, slots=True)
class Behind:
    """The rating behind a follow-up case, as its reader may see it.

    ``recused``: they might have looked into it, but served in the matter themselves.
    """

    grade: int
    grade_name: str
    item: str
    agency: str
    recused: bool = False
    tags: tuple[str, ...] = ()
    text: str = ""
    rated_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    reference: str = ""
    page: str = ""
    party: Party | None = None


def behind(actor: Actor, case: Case) -> Behind:
    """What a follow-up case is about. Who may identify in its agency sees the matter and the person; others the item and the grade.

    Nobody is told that the matter was theirs, unless they would otherwise have had to handle it.
    """
    require(actor, scope_of(case), READ_CASE, subject=f"case:{case.number}/rating")
    rating = rating_behind(case)
    contact = rating.contact
    seen = Behind(rating.grade, str(GRADES[rating.grade]), contact.item_name, contact.agency.name)
    if not allowed(actor, IDENTIFY, Scope(agency=case.agency_path, region=case.region_path, level=2)):
        return seen
    if actor.account_id in contact.judged:
        return replace(seen, recused=True)
    plug = contacts.get(contact.kind)
    return replace(
        seen, tags=_words(rating), text=rating.text.plain(), rated_at=rating.created_at, ended_at=contact.ended_at,
        reference=contact.key, page=plug.page(contact.key) if plug else "", party=contact.party,
    )  # fmt: skip
