"""The office's moves: who does a task, going back, standing still, ending."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Schema

from yiwang.foundation.cases import actions, queries

from .cases import CaseOut, TaskOut, actor_of, case_out, one_task_out, router


class ColleagueOut(Schema):
    """Somebody to whom a task may be given, or who may be asked about it. ``id`` is what the moves take as ``to``."""

    id: int
    name: str


class ReturnTargetOut(Schema):
    """An earlier step to which a task may be returned."""

    step: str
    name: str


class DelegateIn(Schema):
    to: int
    note: str = ""


class ReviewerIn(Schema):
    to: int
    question: str
    after: bool = Field(
        False, description="false: the colleague answers before the task can be done; true: before the case goes on"
    )


class QuestionIn(Schema):
    question: str


class ReturnIn(Schema):
    step: str = Field(max_length=60)
    reason: str


class NoteIn(Schema):
    note: str = ""


class SuspendIn(Schema):
    reason: str = Field(max_length=30, description="a code of /cases/suspension-reasons")
    days: int = Field(description="working days, after which a warning is given")
    note: str = ""


class TerminateIn(Schema):
    reason: str
    remedy: str = Field("", description="what can be done against it; the usual words when empty")


class MessageIn(Schema):
    message: str = Field(max_length=80, description="the name of the message in the procedure")
    outcome: str = Field("", max_length=60)
    note: str = ""


@router.get(
    "/tasks/{task_id}/colleagues", response=list[ColleagueOut], summary="Who may be given a task, or be asked about it"
)
def colleagues(request: HttpRequest, task_id: UUID, to_review: bool = False) -> Any:
    return queries.colleagues(actor_of(request), task_id, to_review=to_review)


@router.get(
    "/tasks/{task_id}/return-targets", response=list[ReturnTargetOut], summary="To which steps a task may be returned"
)
def return_targets(request: HttpRequest, task_id: UUID) -> list[dict[str, str]]:
    return [{"step": step.code, "name": step.name} for step in queries.return_targets(actor_of(request), task_id)]


@router.post("/tasks/{task_id}/delegate", response=TaskOut, summary="Give a task to a colleague 转办")
def delegate(request: HttpRequest, task_id: UUID, body: DelegateIn) -> dict[str, Any]:
    actions.delegate(actor_of(request), task_id, body.to, body.note)
    return one_task_out(actor_of(request), task_id)


@router.post("/tasks/{task_id}/reviewers", response=TaskOut, summary="Ask a colleague for an opinion 加签")
def add_reviewer(request: HttpRequest, task_id: UUID, body: ReviewerIn) -> dict[str, Any]:
    added = actions.add_reviewer(actor_of(request), task_id, body.to, body.question, after=body.after)
    return one_task_out(actor_of(request), added.id)


@router.post(
    "/tasks/{task_id}/ask-party", response=TaskOut, summary="Return a task to the party with a question 退回当事人"
)
def ask_party(request: HttpRequest, task_id: UUID, body: QuestionIn) -> dict[str, Any]:
    return one_task_out(actor_of(request), actions.ask_party(actor_of(request), task_id, body.question).id)


@router.post("/tasks/{task_id}/send-back", response=list[TaskOut], summary="Return the case to an earlier step 退回")
def send_back(request: HttpRequest, task_id: UUID, body: ReturnIn) -> list[dict[str, Any]]:
    found = actions.send_back(actor_of(request), task_id, body.step, body.reason)
    return [one_task_out(actor_of(request), task.id) for task in found]


@router.post("/tasks/{task_id}/take-back", response=TaskOut, summary="Take back one's own last step 撤回")
def take_back(request: HttpRequest, task_id: UUID) -> dict[str, Any]:
    return one_task_out(actor_of(request), actions.take_back(actor_of(request), task_id).id)


def _case(request: HttpRequest, number: str) -> dict[str, Any]:
    return case_out(queries.find(actor_of(request), number))


@router.post("/cases/{number}/urge", response=CaseOut, summary="Urge a case 催办, at most once a day")
def urge(request: HttpRequest, number: str, body: NoteIn) -> dict[str, Any]:
    actions.urge(actor_of(request), number, body.note)
    return _case(request, number)


@router.post("/cases/{number}/suspend", response=CaseOut, summary="Suspend a case for a reason of the law 暂停")
def suspend(request: HttpRequest, number: str, body: SuspendIn) -> dict[str, Any]:
    actions.suspend(actor_of(request), number, body.reason, body.days, body.note)
    return _case(request, number)


@router.post("/cases/{number}/resume", response=CaseOut, summary="Let a suspended case go on 恢复")
def resume(request: HttpRequest, number: str, body: NoteIn) -> dict[str, Any]:
    actions.resume(actor_of(request), number, body.note)
    return _case(request, number)


@router.post("/cases/{number}/terminate", response=CaseOut, summary="End a case without a decision 终止")
def terminate(request: HttpRequest, number: str, body: TerminateIn) -> dict[str, Any]:
    actions.terminate(actor_of(request), number, body.reason, body.remedy)
    return _case(request, number)


@router.post("/cases/{number}/withdraw", response=CaseOut, summary="Take back one's own application 撤回申请")
def withdraw(request: HttpRequest, number: str, body: NoteIn) -> dict[str, Any]:
    actions.withdraw(actor_of(request), number, body.note)
    return _case(request, number)


@router.post(
    "/cases/{number}/messages", response=CaseOut, summary="Hand a message from outside to the case that waits for it"
)
def receive(request: HttpRequest, number: str, body: MessageIn) -> dict[str, Any]:
    actions.receive(actor_of(request), number, body.message, body.outcome, body.note)
    return _case(request, number)
