"""Whether a running case can go on under a newer version of its procedure, and where it would stand. Private to this room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from . import engine, procedures
from .models import Case, Task

MOST_TRIED = 1000  # cases in a dry run


class Stuck(Exception):
    """Why a case cannot be moved, in words."""


def moved_state(case: Case, rows: Sequence[Task], to: UUID) -> engine.State:
    """The case's state under the version ``to``: what was done can be done there, and it waits for the same tasks. Raises :class:`Stuck`.

    ``rows`` are the case's open tasks.
    """
    old, new = procedures.definition(case.procedure_id), procedures.definition(to)

    def name(step: str) -> str:
        found = new.steps.get(step) or old.steps.get(step)
        return found.name if found else step

    for step, outcome in engine.history(bytes(case.engine)):
        there = new.steps.get(step)
        if there is None:
            raise Stuck(_("已经办过的环节“%(step)s”在新版本里没有了") % {"step": name(step)})
        if there.outcomes and there.outcome(outcome) is None:
            raise Stuck(_("环节“%(step)s”已经选过的结果在新版本里没有了") % {"step": name(step)})
    try:
        state = engine.transfer(case.procedure_id, bytes(case.engine), to)
    except engine.Untransferable as error:
        raise Stuck(_("照已经办过的走，在新版本里到不了环节“%(step)s”") % {"step": name(error.step)}) from None
    here = Counter({task.engine_id: task.step for task in rows if task.kind == Task.Kind.STEP}.values())
    there_now = Counter(waiting.step for waiting in state.waiting)
    if here != there_now:
        names = "、".join(name(step) for step in sorted(there_now)) or _("办结")
        raise Stuck(_("在新版本里会停在“%(steps)s”，和现在不同") % {"steps": names})
    for step in here:
        if old.steps[step].joint != new.steps[step].joint:
            raise Stuck(_("正在会签的环节“%(step)s”在新版本里改了") % {"step": name(step)})
    return state
