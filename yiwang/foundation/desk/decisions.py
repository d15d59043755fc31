"""Deciding a task from a page: with the engine's own act, or with what the kind of case has plugged in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import actions
from yiwang.foundation.cases import queries as cases
from yiwang.kernel.refusals import Conflict

from .slots import OutcomeForm, Panel, panels

if TYPE_CHECKING:
    from yiwang.foundation.cases.models import Task
    from yiwang.foundation.cases.queries import TaskView


@dataclass(frozen=True, slots=True)
class Offer:
    """An outcome as the page offers it. ``form`` replaces the opinion field; ``key`` is its key on the keyboard."""

    code: str
    label: str
    opinion: str
    tone: str
    form: OutcomeForm | None
    key: str
    public: bool  # the party reads the opinion


def offers(task: TaskView, panel: Panel | None) -> list[Offer]:
    """The outcomes of a task. ``a`` is the first that leads on, ``r`` the first that does not."""
    onward = next((one.code for one in task.outcomes if one.tone == "primary"), "")
    back = next((one.code for one in task.outcomes if one.tone == "plain"), "")
    back = back or next((one.code for one in task.outcomes if one.tone == "danger"), "")
    keys = {back: "r", onward: "a"}
    panel = panel if task.task.kind == "step" else None  # a colleague's opinion is no outcome of the procedure
    return [
        Offer(
            one.code, one.label, one.opinion, one.tone,
            panel.form_for(task.step.code, one.code) if panel else None, keys.get(one.code, ""), bool(one.done),
        )
        for one in task.outcomes
    ]  # fmt: skip


def opinion_help(found: Sequence[Offer]) -> str:
    """When an opinion must be written, and who reads it; "" when no outcome asks for one in words."""
    asked = [offer for offer in found if offer.opinion != "none" and offer.form is None]
    required = [offer.label for offer in asked if offer.opinion == "required"]
    public = [offer.label for offer in asked if offer.public]
    if not asked:
        return ""
    words = _("选%(labels)s时必须写。") % {"labels": _quoted(required)} if required else _("可以不写。")
    if len(public) == len(asked):
        return words + _("当事人看得到。")
    if not public:
        return words + _("只有内部看得到。")
    return words + _("选%(labels)s时当事人看得到。") % {"labels": _quoted(public)}


def _quoted(labels: Sequence[str]) -> str:
    return "".join(f"“{label}”" for label in labels)


def decide(actor: Actor, task: Task, outcome: str, post: QueryDict) -> None:
    """Finish ``task`` as the person chose. Done before by the same person with the same outcome (a double click), it is done.

    Raises what the act raises: Invalid with problems at fields, Conflict when a colleague was faster.
    """
    panel = panels.get(task.case.kind)
    panel = panel if task.kind == "step" else None
    form = panel.form_for(task.step, outcome) if panel else None
    opinion = post.get("opinion", "")
    try:
        if form is not None:
            form.handle(actor, task, post)
        elif panel is not None and panel.decide is not None:
            panel.decide(actor, task, outcome, opinion, post)
        else:
            actions.complete(actor, task.id, outcome, opinion)
    except Conflict as conflict:
        if conflict.code != "task-done" or not _same(actor, task.id, outcome):
            raise


def _same(actor: Actor, task_id: UUID, outcome: str) -> bool:
    done = cases.task(actor, task_id)
    return (done.done_by_id, done.outcome) == (actor.account_id, outcome)
