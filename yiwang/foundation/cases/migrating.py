"""Whether a running case can go on under a newer version of its procedure, and where it would stand. Private to this room; what reads is
exported by :mod:`.queries`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor, require
from yiwang.kernel.refusals import Missing

from . import engine, procedures
from .models import Case, Migration, Procedure, Task

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


@dataclass(frozen=True, slots=True)
class Trial:
    """A migration as it would go: ``can`` cases move, the others cannot, each (number, reason). ``left_out``: too many to try them all."""

    version: int
    can: int
    cannot: tuple[tuple[str, str], ...]
    left_out: int


def try_migration(actor: Actor, code: str) -> Trial:
    """Which running cases of a procedure could move to its newest version; changes nothing. Tries the oldest
    :data:`migrating.MOST_TRIED` cases."""
    require(actor, permission="cases.migrate", subject=f"procedure:{code[:60]}")
    newest = Procedure.objects.filter(code=code).order_by("-version").first()
    if newest is None:
        raise Missing(_("没有流程“%(code)s”。") % {"code": code[:60]})
    rows = Case.objects.filter(procedure__code=code, closed_at=None).exclude(procedure=newest)
    tried = list(rows.order_by("created_at", "id")[:MOST_TRIED])
    tasks: dict[UUID, list[Task]] = defaultdict(list)
    for open_task in Task.objects.filter(case__in=tried, state=Task.State.OPEN):
        tasks[open_task.case_id].append(open_task)
    cannot = []
    for case in tried:
        try:
            moved_state(case, tasks[case.id], newest.id)
        except Stuck as stuck:
            cannot.append((case.number, str(stuck)))
    return Trial(newest.version, len(tried) - len(cannot), tuple(cannot), rows.count() - len(tried))


def migrations(actor: Actor, code: str, limit: int = 20) -> list[Migration]:
    """The migrations of a procedure, newest first: how far each is, and what could not be moved."""
    require(actor, permission="cases.migrate", subject=f"procedure:{code[:60]}")
    rows = Migration.objects.filter(procedure__code=code).select_related("procedure", "asked_by")
    return list(rows.order_by("-created_at")[:limit])
