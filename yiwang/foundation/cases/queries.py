"""Reading cases: one case, the party's own, a clerk's queue, the supervisor's board."""

from __future__ import annotations

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import and_
from typing import Any, Literal
from uuid import UUID

from django.db.models import Case as When
from django.db.models import CharField, Count, F, Q, QuerySet, Value
from django.db.models import When as Is
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import (
    Actor,
    Scope,
    allowed,
    own_rows,
    reach,
    require,
    require_level,
    require_somewhere,
)
from yiwang.foundation.orgs import queries as orgs
from yiwang.kernel.pages import Page, Sought, page
from yiwang.kernel.refusals import Missing

from . import procedures
from .badges import ICONS, TONES, Badge, Timed, badge, runs, timed
from .clocks import REASONS, Face, colour, face
from .extras import outcomes_of
from .handing import HAND_OVER, TEAM, hand_overs, handed_over, holders, holding, try_hand_over
from .migrating import MIGRATE, Trial, migration, migrations, try_migration
from .models import Case, Clock, JournalEntry, Procedure, Suspension, Task, TimerEvent
from .moving import Colleague, Possible, colleagues_for, possible, targets, urgeable
from .numbers import clean
from .permissions import BOARD, READ
from .procedures import Outcome, Step
from .rights import doable, scope_of
from .words import asked

__all__ = [
    "BOARD",
    "HAND_OVER",
    "ICONS",
    "MIGRATE",
    "READ",
    "TEAM",
    "TONES",
    "Badge",
    "Case",
    "CaseView",
    "Colleague",
    "Face",
    "Possible",
    "Task",
    "TaskView",
    "Timed",
    "Trial",
    "badge",
    "board",
    "case_colour",
    "cases_of_type",
    "clean_number",
    "clock_faces",
    "colleagues",
    "counts_by_month",
    "find",
    "hand_overs",
    "handed_over",
    "holders",
    "holding",
    "journal",
    "migration",
    "migrations",
    "most_opened",
    "my_cases",
    "my_tasks",
    "outcomes",
    "possible",
    "procedure",
    "procedure_id",
    "queue",
    "return_targets",
    "runs",
    "scope_of",
    "staff_cases",
    "standing_still",
    "step_of",
    "suspension_reasons",
    "task",
    "timed",
    "try_hand_over",
    "try_migration",
    "urgeable",
    "view",
]

clean_number = clean
COLOURS = ("red", "yellow", "green", "paused", "none")


def procedure(code: str) -> Procedure:
    """The newest version of a procedure. Raises LookupError."""
    found = Procedure.objects.filter(code=code).order_by("-version").first()
    if found is None:
        raise LookupError(f"there is no procedure {code!r}")
    return found


@lru_cache(maxsize=512)
def _procedure_id(code: str, minute: int) -> UUID:
    return procedure(code).id


def procedure_id(code: str) -> UUID:
    """The newest version of a procedure, looked up at most once a minute per process. Raises LookupError."""
    return _procedure_id(code, int(time.monotonic() // 60))


def find(actor: Actor, number: str) -> Case:
    """The case with ``number``, for somebody who may read it.

    To a citizen, a case that is not theirs and one that does not exist look the same; either way the attempt is recorded.
    """
    case = Case.objects.select_related("party", "agency", "procedure").filter(number=clean(number) or "-").first()
    if case is None and (actor.official or actor.system):
        raise Missing(_("没有编号为 %(number)s 的办件，请核对编号。") % {"number": number[:40]})
    nobody = Scope(agency="-", party=None)
    require(
        actor, scope_of(case) if case else nobody, READ, subject=f"case:{number[:40]}",
        message=_("没有找到这个办件，或者它不在您名下。请核对编号；如果是替别人办的，请先切换到对方名下。"),
    )  # fmt: skip
    assert case is not None
    return case


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task with what its procedure says about it."""

    task: Task
    step: Step
    mine: bool  # the actor may do it now

    @property
    def outcomes(self) -> Sequence[Outcome]:
        return outcomes_of(self.task, self.step)


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with everything a page about it shows. ``tasks`` are the open ones, ``done`` the finished ones, oldest first; ``timers`` those
    that have not fired."""

    case: Case
    clocks: tuple[Face, ...]
    journal: tuple[JournalEntry, ...]
    tasks: tuple[TaskView, ...]
    done: tuple[Task, ...]
    timers: tuple[TimerEvent, ...] = ()

    @property
    def colour(self) -> str:
        return case_colour(self.case)

    def task_for(self, actor: Actor) -> TaskView | None:
        """The open task that the actor may do, if any."""
        return next((item for item in self.tasks if item.mine), None)


def case_colour(case: Case | Task, today: dt.date | None = None) -> str:
    """green, yellow, red or "" by the case's most urgent clock."""
    return colour(case.due_on, case.warn_on, today or timezone.localdate())


def clock_faces(cases: Sequence[Case], today: dt.date | None = None) -> dict[UUID, list[Face]]:
    """The clocks of several cases as people read them; two queries."""
    today = today or timezone.localdate()
    clocks = list(Clock.objects.filter(case__in=cases).order_by("started_on", "created_at", "id"))
    held: dict[UUID, list[Suspension]] = defaultdict(list)
    for suspension in Suspension.objects.filter(clock__in=clocks).order_by("since"):
        held[suspension.clock_id].append(suspension)
    calendar = orgs.calendar()
    faces: dict[UUID, list[Face]] = defaultdict(list)
    for clock in clocks:
        faces[clock.case_id].append(face(clock, held[clock.id], calendar, today))
    return faces


def journal(case: Case, *, public: bool) -> list[JournalEntry]:
    """What happened, oldest first; ``public``: only what the party sees."""
    rows = case.journal.order_by("at", "id")
    return list(rows.filter(public=True) if public else rows)


def view(actor: Actor, number: str) -> CaseView:
    """One case with its clocks, journal and tasks; a constant number of queries. The party sees the public journal only."""
    case = find(actor, number)
    definition = procedures.definition(case.procedure_id)
    insider = allowed(actor, READ, Scope(agency=case.agency_path, region=case.region_path, level=2))
    tasks = list(case.tasks.select_related("assignee", "done_by").order_by("created_at", "id"))
    views = tuple(
        TaskView(task, definition.steps[task.step], doable(actor, task, case))
        for task in tasks
        if task.state == Task.State.OPEN
    )
    done = tuple(task for task in tasks if task.state == Task.State.DONE) if insider else ()
    faces = clock_faces([case]).get(case.id, [])
    timers = case.timers.filter(state=TimerEvent.State.WAITING).order_by("fires_at") if definition.timed else ()
    return CaseView(case, tuple(faces), tuple(journal(case, public=not insider)), views, done, tuple(timers))


def step_of(task: Task, case: Case) -> Step:
    """What the procedure says about a task."""
    return procedures.definition(case.procedure_id).steps[task.step]


def outcomes(task: Task, case: Case) -> Sequence[Outcome]:
    """What may be chosen at a task."""
    return outcomes_of(task, step_of(task, case))


def task(actor: Actor, task_id: UUID | str) -> Task:
    """A task of a case that the actor may read. Raises Missing or Denied."""
    found = Task.objects.select_related("case__party", "case__agency", "assignee").filter(id=task_id).first()
    if found is None:
        raise Missing(_("没有这个待办，可能已经移交或取消。请刷新列表。"))
    require(actor, scope_of(found.case), READ, subject=f"case:{found.case.number}/{found.step}")
    return found


def return_targets(actor: Actor, task_id: UUID | str) -> list[Step]:
    """The earlier steps to which the case of a task can be returned."""
    found = task(actor, task_id)
    open_steps = found.case.tasks.filter(state=Task.State.OPEN).values_list("step", flat=True)
    return targets(found.case, procedures.definition(found.case.procedure_id), open_steps)


def colleagues(actor: Actor, task_id: UUID | str, *, to_review: bool = False) -> list[Colleague]:
    """Who may be given the task (they hold its role there); or, ``to_review``, who may read the case and be asked. By name."""
    return colleagues_for(actor, task(actor, task_id), to_review=to_review)


def suspension_reasons() -> list[tuple[str, str]]:
    """The reasons for which the law lets a limit stand still: code, words with the article."""
    return [(code, str(words)) for code, words in REASONS.items()]


def _known(actor: Actor) -> None:
    """Refuse a party whose real-name level is too low to read its own cases."""
    if actor.parties:
        require_level(actor, READ, subject="my-cases")


def my_cases(actor: Actor, *, open_only: bool = False, cursor: str = "", size: int = 20) -> Page[Case]:
    """The cases of every party the actor may act for, newest first."""
    _known(actor)
    rows = Case.objects.filter(own_rows(actor)).select_related("agency", "party")
    if open_only:
        rows = rows.filter(closed_at=None)
    return page(rows, order=("-created_at", "-id"), cursor=cursor, size=size)


def my_tasks(actor: Actor, limit: int = 20) -> list[Task]:
    """What the actor's parties must do themselves now (a correction, say), oldest first."""
    _known(actor)
    mine = own_rows(actor, party="case__party", matter="case__type_code")
    rows = Task.objects.filter(mine, doer=Task.Doer.PARTY, state=Task.State.OPEN)
    return list(rows.select_related("case").order_by("created_at")[:limit])


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that somebody did in a case, as the journal has it: the case's number and title, what, and how a timeline shows it."""

    at: dt.datetime
    case: str
    title: str
    text: str

    @property
    def what(self) -> str:
        return f"{self.title}：{self.text}"

    @property
    def href(self) -> str:
        return f"/my/cases/{self.case}"


def deeds(
    party_id: UUID, account_id: int, since: dt.datetime, until: dt.datetime | None = None, limit: int = 200
) -> list[Deed]:
    """What an account did in the cases of a party within a time, newest first. For rooms that have asked. One query."""
    rows = JournalEntry.objects.filter(case__party=party_id, account_id=account_id, at__gte=since, public=True)
    if until is not None:
        rows = rows.filter(at__lte=until)
    found = rows.order_by("-at", "-id").values_list("at", "case__number", "case__title", "text")[:limit]
    return [Deed(*row) for row in found]


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What a clerk asks of the queue. ``who``: "team" (nobody's or mine), "mine", "all"."""

    who: str = "team"
    step: str = ""
    colour: str = ""
    text: str = ""


def queue(actor: Actor, wanted: QueueFilter | None = None, *, cursor: str = "", size: int = 50) -> Page[Task]:
    """The open tasks that the actor's roles may do in their agencies and regions, in the order they came."""
    wanted = wanted or QueueFilter()
    rows = Task.objects.filter(_in_reach(actor), state=Task.State.OPEN, doer=Task.Doer.OFFICIAL)
    if wanted.who == "mine":
        rows = rows.filter(assignee=actor.account_id)
    elif wanted.who != "all":
        rows = rows.filter(Q(assignee=None) | Q(assignee=actor.account_id))
    if wanted.step:
        rows = rows.filter(step=wanted.step)
    if wanted.colour:
        rows = rows.filter(_coloured(wanted.colour, paused="case__paused"))
    if wanted.text:
        rows = rows.filter(_said(wanted.text, "case__"))
    return page(rows.select_related("case__party", "assignee"), order=("created_at", "id"), cursor=cursor, size=size)


def _said(text: str, case: str = "") -> Q:
    """What was typed: a whole number, or words of the title and the applicant's name; each is answered by an index."""
    number = clean(text)
    if number:
        return Q(**{f"{case}number": number})
    return Q(**{f"{case}words__hold": text}) if asked(text) else Q(**{f"{case}title__contains": text.strip()})


def _in_reach(actor: Actor) -> Q:
    found = Q(pk__in=[])
    for role in actor.roles():
        found |= Q(role=role) & reach(actor, "cases.complete", role=role)
    return found


def _coloured(wanted: str, today: dt.date | None = None, *, paused: str = "paused") -> Q:
    """A filter for a colour, on the repeated due dates. ``paused`` names the column that says so, which tasks do not repeat."""
    today = today or timezone.localdate()
    return {
        "red": Q(due_on__lt=today),
        "yellow": Q(due_on__gte=today, warn_on__lte=today),
        "green": Q(warn_on__gt=today),
        "paused": Q(due_on=None, **{paused: True}),
        "none": Q(due_on=None, **{paused: False}),
    }.get(wanted, Q())


def staff_cases(
    actor: Actor,
    *,
    colour: str = "",
    state: str = "open",
    type_code: str = "",
    agency: str = "",
    text: str = "",
    cursor: str = "",
    size: int = 50,
) -> Page[Case]:
    """The cases in the actor's reach, newest first, by colour, state (open, closed, all), type, agency (its code) and text."""
    require_somewhere(actor, READ)
    rows = Case.objects.filter(reach(actor, READ)).select_related("party", "agency")
    if state in ("open", "closed"):
        rows = rows.filter(closed_at__isnull=state == "open")
    if colour:
        rows = rows.filter(_coloured(colour), closed_at=None)
    if type_code:
        rows = rows.filter(type_code=type_code)
    if agency:
        rows = rows.filter(agency=agency)
    sought = None
    if asked(text) and not clean(text):
        sought = Sought(read=reduce(and_, (Q(words__contains=pair) for pair in asked(text))), indexed=_said(text))
    elif text:
        rows = rows.filter(_said(text))
    return page(rows, order=("-created_at", "-id"), cursor=cursor, size=size, sought=sought)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """Open cases of one type, or of one agency, by colour."""

    type_code: str  # or the agency's code
    type_name: str
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Board:
    """The open cases in the actor's reach, counted by colour, in all and by type or agency; ``at`` is the time of the data."""

    at: dt.datetime
    counts: dict[str, int]
    rows: tuple[BoardRow, ...]


def board(actor: Actor, *, by: Literal["type", "agency"] = "type") -> Board:
    """The supervision board: one query. Raises Denied for somebody without the permission."""
    require_somewhere(actor, BOARD)
    today = timezone.localdate()
    tone = When(
        Is(_coloured("red", today), then=Value("red")),
        Is(_coloured("yellow", today), then=Value("yellow")),
        Is(_coloured("green", today), then=Value("green")),
        Is(_coloured("paused", today), then=Value("paused")),
        default=Value("none"),
        output_field=CharField(),
    )
    rows: QuerySet[Case, Any] = (
        Case.objects.filter(reach(actor, BOARD), closed_at=None)
        .values(code=F("type_code") if by == "type" else F("agency_id"), tone=tone)
        .annotate(n=Count("id"), name=F("type_name") if by == "type" else F("agency__name"))
        .values("code", "name", "tone", "n")
    )
    by_type: dict[str, BoardRow] = {}
    totals = dict.fromkeys(COLOURS, 0)
    for row in rows:
        code, tone_code, n = row["code"], row["tone"], row["n"]
        found = by_type.setdefault(code, BoardRow(code, row["name"], dict.fromkeys(COLOURS, 0)))
        found.counts[tone_code] += n
        totals[tone_code] += n
    ordered = sorted(by_type.values(), key=lambda row: (-row.counts["red"], -row.counts["yellow"], -row.total))
    return Board(timezone.now(), totals, tuple(ordered))


def most_opened(kinds: Sequence[str], limit: int, days: int = 30) -> list[tuple[str, str]]:
    """The types (code, name) of which most cases of these kinds were opened lately, most first."""
    since = timezone.now() - dt.timedelta(days=days)
    rows = Case.objects.filter(kind__in=kinds, created_at__gte=since).values_list("type_code", "type_name")
    return [(code, name) for code, name, _n in rows.annotate(n=Count("id")).order_by("-n", "type_code")[:limit]]


def counts_by_month(*, until: dt.date) -> list[dict[str, Any]]:
    """How many cases of services were opened and closed, by month, agency and item, up to the day before ``until``: figures only, no case. One query.

    Only cases of a party count: what the node opened for itself is no figure of the counter.
    """
    end = timezone.make_aware(dt.datetime.combine(until, dt.time()))
    rows = (
        Case.objects.filter(created_at__lt=end, party__isnull=False)
        .annotate(month=TruncMonth("created_at"))
        .values("month", "agency__name", "type_name")
        .annotate(opened=Count("id"), closed=Count("closed_at"))
        .order_by("month", "agency__name", "type_name")
    )
    return [
        {
            "month": f"{row['month']:%Y-%m}",
            "agency": row["agency__name"],
            "item": row["type_name"],
            "opened": row["opened"],
            "closed": row["closed"],
        }
        for row in rows
    ]


def cases_of_type(kind: str) -> bool:
    """Whether the node has any case of a kind."""
    return Case.objects.filter(kind=kind).exists()


def standing_still(case: Case) -> list[str]:
    """Why the clocks of a case stand still now, with the law that allows it; the caller has asked who may read the case. One query."""
    codes = Suspension.objects.filter(clock__case=case, until=None).order_by("since").values_list("reason", flat=True)
    return [str(REASONS.get(code, code)) for code in dict.fromkeys(codes)]
