"""Reading cases and working off tasks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import actions, queries, slots
from yiwang.foundation.cases.clocks import Face
from yiwang.foundation.cases.extras import outcomes_of
from yiwang.foundation.cases.models import Case, JournalEntry, Task
from yiwang.foundation.cases.procedures import Outcome, Step
from yiwang.foundation.crypto.queries import mask
from yiwang.kernel.pages import Page
from yiwang.kernel.refusals import Conflict

router = Router()

Who = Literal["team", "mine", "all"]
Colour = Literal["", "red", "yellow", "green", "paused", "none"]
Cursor = Annotated[str, Query(max_length=400, description="`next` of the page before; empty for the first page")]
Words = Annotated[
    str, Query(max_length=100, description="A case number, or words of the title and the applicant's name.")
]


class CaseOut(Schema):
    """A case in a list. ``colour`` is that of its most urgent running clock: green, yellow, red, or "" when none runs."""

    number: str
    kind: str
    type_code: str
    type_name: str
    title: str
    applicant: str = Field(description="a firm's name; of a person only the family name")
    agency: str
    stage: str
    colour: str
    due_on: dt.date | None
    paused: bool
    held: str = Field(description="the code of the reason for which an official suspended it; empty while it goes on")
    urged_at: dt.datetime | None = Field(description="when it was last urged")
    outcome: str
    outcome_name: str
    opened_at: dt.datetime
    closed_at: dt.datetime | None


class DayOut(Schema):
    """One day in the arithmetic of a clock: its place in the count (0: not counted), and why."""

    date: dt.date
    place: int
    reason: str
    provisional: bool = Field(description="the holiday notice of that year has not been published")


class ClockOut(Schema):
    """A legal limit as people read it. ``left`` is in the unit of the limit, negative when overdue; ``due`` is null while suspended."""

    kind: str
    name: str
    limit: str
    state: str
    colour: str
    left: int
    words: str
    due: dt.date | None
    due_at: dt.datetime | None = Field(description="the moment at which a limit in hours ends")
    provisional: bool
    pause: str = Field(description="why the clock stands still and until when it may")
    pause_overdue: bool
    days: list[DayOut]


class JournalOut(Schema):
    """Something that happened. Parties see the public entries only."""

    at: dt.datetime
    who: str
    text: str
    note: str
    public: bool


class OutcomeOut(Schema):
    """A decision that a task offers. ``opinion`` is none, optional or required."""

    code: str
    label: str
    opinion: str
    tone: str


class TaskOut(Schema):
    """A piece of work. ``mine``: the caller may do it now."""

    id: UUID
    case: str
    step: str
    name: str
    doer: str = Field(description="official, party, node (an operation), outside (a message is awaited) or timer")
    kind: str = Field(
        description="step; or what an official added to one: review (加签), reply (a question to the party)"
    )
    question: str = Field(description="what is asked by a review or a reply")
    role: str
    state: str
    assignee: str
    mine: bool
    due_on: dt.date | None
    created_at: dt.datetime
    outcome: str
    outcome_name: str
    done_at: dt.datetime | None
    outcomes: list[OutcomeOut]


class CaseDetailOut(CaseOut):
    """A case with its clocks, its journal and its open tasks. ``todo`` are those that the caller may do now."""

    page: str = Field(description='where the party sees the case; "" when it has no page of its own')
    clocks: list[ClockOut]
    journal: list[JournalOut]
    tasks: list[TaskOut]
    todo: list[TaskOut]


class CasePage(Schema):
    items: list[CaseOut]
    next: str


class QueueRowOut(Schema):
    """A task in a queue with the case it belongs to."""

    task: UUID
    step: str
    name: str
    assignee: str
    colour: str
    due_on: dt.date | None
    waiting_since: dt.datetime
    case: CaseOut


class QueuePage(Schema):
    items: list[QueueRowOut]
    next: str


class DecisionIn(Schema):
    outcome: str = Field(max_length=60)
    opinion: str = ""


class FinishedOut(Schema):
    """What finishing a task came to. ``repeated``: the caller had done just this before, and nothing was changed now."""

    case: CaseOut
    task: UUID
    outcome: str
    outcome_name: str
    repeated: bool


class BoardRowOut(Schema):
    type_code: str
    type_name: str
    counts: dict[str, int]
    total: int


class BoardOut(Schema):
    """Open cases in the caller's reach by colour, in all and by type. ``at`` is the time of the data."""

    at: dt.datetime
    counts: dict[str, int]
    rows: list[BoardRowOut]


def actor_of(request: HttpRequest) -> Actor:
    return cast(Actor, request.actor)  # type: ignore[attr-defined]  # set by access


def case_out(case: Case) -> dict[str, Any]:
    party = case.party
    applicant = "" if party is None else mask("name", party.name) if party.kind == "person" else party.name
    return {
        "number": case.number, "kind": case.kind, "type_code": case.type_code, "type_name": case.type_name,
        "title": case.title, "applicant": applicant, "agency": case.agency.name, "stage": case.stage,
        "colour": queries.case_colour(case), "due_on": case.due_on, "paused": case.paused, "held": case.held,
        "urged_at": case.urged_at, "outcome": case.outcome,
        "outcome_name": case.outcome_name, "opened_at": case.created_at, "closed_at": case.closed_at,
    }  # fmt: skip


def _clock(face: Face) -> dict[str, Any]:
    days = [
        {"date": day.date, "place": day.place, "reason": day.reason, "provisional": day.provisional}
        for day in face.days
    ]
    return {
        "kind": face.kind, "name": face.name, "limit": face.limit, "state": face.state, "colour": face.colour,
        "left": face.left, "words": face.words, "due": face.due, "due_at": face.due_at,
        "provisional": face.provisional, "pause": face.pause, "pause_overdue": face.pause_overdue, "days": days,
    }  # fmt: skip


def _outcomes(found: Iterable[Outcome]) -> list[dict[str, str]]:
    return [{"code": one.code, "label": one.label, "opinion": one.opinion, "tone": one.tone} for one in found]


def _task(task: Task, number: str, step: Step, *, mine: bool) -> dict[str, Any]:
    return {
        "id": task.id, "case": number, "step": task.step, "name": task.name, "doer": task.doer, "kind": task.kind,
        "question": task.question, "role": task.role,
        "state": task.state, "assignee": str(task.assignee or ""), "mine": mine, "due_on": task.due_on,
        "created_at": task.created_at, "outcome": task.outcome, "outcome_name": task.outcome_name,
        "done_at": task.done_at, "outcomes": _outcomes(outcomes_of(task, step)),
    }  # fmt: skip


def _journal(entry: JournalEntry) -> dict[str, Any]:
    return {
        "at": entry.at, "who": entry.actor_name, "text": entry.text, "note": entry.note, "public": entry.public,
    }  # fmt: skip


def _page(found: Page[Case]) -> dict[str, Any]:
    return {"items": [case_out(case) for case in found.items], "next": found.next}


@router.get("/my/cases", response=CasePage, summary="The cases of the parties I may act for, newest first")
def my_cases(request: HttpRequest, open: bool = False, cursor: Cursor = "") -> dict[str, Any]:
    return _page(queries.my_cases(actor_of(request), open_only=open, cursor=cursor))


@router.get("/cases", response=CasePage, summary="The cases in an official's reach, newest first")
def cases(
    request: HttpRequest,
    state: Literal["open", "closed", "all"] = "open",
    colour: Colour = "",
    type: Annotated[str, Query(max_length=80)] = "",
    q: Words = "",
    cursor: Cursor = "",
) -> dict[str, Any]:
    return _page(
        queries.staff_cases(actor_of(request), state=state, colour=colour, type_code=type, text=q, cursor=cursor)
    )


class ReasonOut(Schema):
    """A reason for which a limit may stand still, with the article that allows it."""

    code: str
    name: str


@router.get("/cases/suspension-reasons", response=list[ReasonOut], summary="Why a case may be suspended")
def suspension_reasons(request: HttpRequest) -> list[dict[str, str]]:
    return [{"code": code, "name": name} for code, name in queries.suspension_reasons()]


@router.get("/cases/{number}", response=CaseDetailOut, summary="One case: stage, clocks day by day, journal, tasks")
def one_case(request: HttpRequest, number: str) -> dict[str, Any]:
    view = queries.view(actor_of(request), number)
    kind = slots.kinds.get(view.case.kind)
    tasks = [_task(item.task, view.case.number, item.step, mine=item.mine) for item in view.tasks]
    return {
        **case_out(view.case),
        "page": kind.page(view.case) if kind else "",
        "clocks": [_clock(face) for face in view.clocks],
        "journal": [_journal(entry) for entry in view.journal],
        "tasks": tasks,
        "todo": [task for task in tasks if task["mine"]],
    }


@router.get("/queue", response=QueuePage, summary="The open tasks that my roles may do, in the order they came")
def queue(
    request: HttpRequest,
    who: Who = "team",
    step: Annotated[str, Query(max_length=60)] = "",
    colour: Colour = "",
    q: Words = "",
    cursor: Cursor = "",
) -> dict[str, Any]:
    found = queries.queue(actor_of(request), queries.QueueFilter(who, step, colour, q), cursor=cursor)
    prefetch_related_objects([task.case for task in found.items], "agency")
    rows = [
        {
            "task": task.id, "step": task.step, "name": task.name, "assignee": str(task.assignee or ""),
            "colour": queries.case_colour(task), "due_on": task.due_on, "waiting_since": task.created_at,
            "case": case_out(task.case),
        }
        for task in found.items
    ]  # fmt: skip
    return {"items": rows, "next": found.next}


@router.get("/tasks/{task_id}", response=TaskOut, summary="One task with the outcomes it offers")
def one_task(request: HttpRequest, task_id: UUID) -> dict[str, Any]:
    return one_task_out(actor_of(request), task_id)


def one_task_out(actor: Actor, task_id: UUID) -> dict[str, Any]:
    task = queries.task(actor, task_id)
    mine = any(item.mine for item in queries.view(actor, task.case.number).tasks if item.task.id == task.id)
    return _task(task, task.case.number, queries.step_of(task, task.case), mine=mine)


@router.post("/tasks/{task_id}/claim", response=TaskOut, summary="Take a task")
def claim(request: HttpRequest, task_id: UUID) -> dict[str, Any]:
    actions.claim(actor_of(request), task_id)
    return one_task_out(actor_of(request), task_id)


@router.post("/tasks/{task_id}/release", response=TaskOut, summary="Give a task back to the team")
def release(request: HttpRequest, task_id: UUID) -> dict[str, Any]:
    actions.release(actor_of(request), task_id)
    return one_task_out(actor_of(request), task_id)


@router.post(
    "/tasks/{task_id}/complete",
    response=FinishedOut,
    summary="Finish a task with one of its outcomes",
    description="Safe to repeat: the same outcome by the same account answers as the first time. Another outcome is a conflict (409).",
)
def complete(request: HttpRequest, task_id: UUID, body: DecisionIn) -> dict[str, Any]:
    actor = actor_of(request)
    repeated = False
    try:
        finished = actions.complete(actor, task_id, body.outcome, body.opinion)
        task, case = finished.task, finished.case
    except Conflict as conflict:
        if conflict.code != "task-done":
            raise
        task = queries.task(actor, task_id)
        if (task.done_by_id, task.outcome) != (actor.account_id, body.outcome):
            raise
        case, repeated = task.case, True
    return {
        "case": case_out(case), "task": task.id, "outcome": task.outcome, "outcome_name": task.outcome_name,
        "repeated": repeated,
    }  # fmt: skip


@router.get("/board", response=BoardOut, summary="Open cases by colour and type")
def board(request: HttpRequest) -> dict[str, Any]:
    found = queries.board(actor_of(request))
    rows = [
        {"type_code": row.type_code, "type_name": row.type_name, "counts": row.counts, "total": row.total}
        for row in found.rows
    ]
    return {"at": found.at, "counts": found.counts, "rows": rows}
