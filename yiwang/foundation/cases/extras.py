"""Several who do one step together, and those who are asked besides: when is the step done, and what did it come to? Private to this room."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils.translation import gettext as _

from .models import Case, Task
from .procedures import Outcome, Step

URGE_AGAIN = dt.timedelta(hours=24)
ASK = "ask_party"  # what a suspension names as its step while the party is asked


def outcomes_of(task: Task, step: Step) -> tuple[Outcome, ...]:
    """What may be chosen at a task: what its procedure offers, or the answers to a question that was added."""
    if task.kind == Task.Kind.REVIEW:
        return (Outcome("agree", _("同意"), "optional", tone="primary"), Outcome("disagree", _("不同意"), "required"))
    if task.kind == Task.Kind.REPLY:
        return (Outcome("answer", _("提交答复"), "required", tone="primary", done=_("答复了补充要求")),)
    return step.outcomes


def token_outcome(case: Case, step: Step, task: Task, others: Sequence[Task]) -> str | None:
    """What the step came to now that ``task`` is done, or None while it goes on. ``others`` are the open tasks of the same token."""
    if task.kind == Task.Kind.REPLY or (
        task.kind == Task.Kind.REVIEW and (not task.after or task.outcome == "disagree")
    ):
        return None
    joint = step.joint
    if joint is None:
        if others:
            return None
        return task.outcome if task.kind == Task.Kind.STEP else _origin(task)
    if task.kind == Task.Kind.STEP and joint.veto and task.outcome != joint.agrees:
        return task.outcome
    if others:
        return None
    answers = _answers(case, task.engine_id)
    if len(answers) < len(joint.roles):
        return None
    return next((answer for _place, answer in sorted(answers.items()) if answer != joint.agrees), joint.agrees)


def _origin(task: Task) -> str:
    return str(Task.objects.values_list("outcome", flat=True).get(id=task.origin_id))


def _answers(case: Case, engine_id: str) -> dict[int, str]:
    """The last answer at each place of a joint review."""
    rows = case.tasks.filter(engine_id=engine_id, kind=Task.Kind.STEP, state=Task.State.DONE).order_by("done_at", "id")
    return dict(rows.values_list("place", "outcome"))
