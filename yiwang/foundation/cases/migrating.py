"""Whether a running case can go on under a newer version of its procedure, and where it would stand. Private to this room; what reads is
exported by :mod:`.queries`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor, Role, require
from yiwang.kernel.refusals import Missing

from . import engine, procedures
from .models import Case, Migration, Procedure, Task
from .procedures import Definition, Step

MIGRATE = "cases.migrate"
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
class Tried:
    """One case in a dry run: from which version, where it waits, what would change for those who handle it, or ``why`` it cannot move."""

    number: str
    title: str
    version: int
    waits: tuple[str, ...]
    changes: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A migration as it would go, case by case, those that cannot move first. ``left_out``: too many to try them all."""

    version: int
    tried: tuple[Tried, ...]
    left_out: int

    @property
    def can(self) -> int:
        return sum(not one.why for one in self.tried)

    @property
    def cannot(self) -> tuple[tuple[str, str], ...]:
        return tuple((one.number, one.why) for one in self.tried if one.why)


def changed_tasks(old: Definition, new: Definition, rows: Iterable[Task]) -> list[tuple[Task, Step]]:
    """The open tasks that another version gives other words or other people, each with what it says there."""
    return [
        (row, new.steps[row.step])
        for row in rows
        if row.kind == Task.Kind.STEP
        and new.steps[row.step].joint is None
        and old.steps[row.step] != new.steps[row.step]
    ]


def _changes(old: Definition, new: Definition, rows: Iterable[Task], roles: Mapping[str, str]) -> Iterator[str]:
    for row, step in changed_tasks(old, new, rows):
        if step.name != row.name:
            yield _("“%(old)s”改叫“%(new)s”") % {"old": row.name, "new": step.name}
        if step.role != row.role:
            words = {"step": step.name, "role": roles.get(step.role, step.role)}
            yield _("“%(step)s”改由%(role)s办") % words
            if row.assignee_id is not None:
                yield _("已经认领的要退回，等新岗位认领")


def try_migration(actor: Actor, code: str) -> Trial:
    """Which running cases of a procedure could move to its newest version, and what would become of each; changes nothing. Tries the
    oldest :data:`migrating.MOST_TRIED` cases."""
    require(actor, permission=MIGRATE, subject=f"procedure:{code[:60]}")
    newest = Procedure.objects.filter(code=code).order_by("-version").first()
    if newest is None:
        raise Missing(_("没有流程“%(code)s”。") % {"code": code[:60]})
    rows = Case.objects.filter(procedure__code=code, closed_at=None).exclude(procedure=newest)
    found = list(rows.select_related("procedure").order_by("created_at", "id")[:MOST_TRIED])
    tasks: dict[UUID, list[Task]] = defaultdict(list)
    for open_task in Task.objects.filter(case__in=found, state=Task.State.OPEN).order_by("created_at", "id"):
        tasks[open_task.case_id].append(open_task)
    roles = dict(Role.objects.values_list("code", "name"))
    new = procedures.definition(newest.id)
    tried = []
    for case in found:
        old, why = procedures.definition(case.procedure_id), ""
        changes: tuple[str, ...] = ()
        try:
            moved_state(case, tasks[case.id], newest.id)
            changes = tuple(_changes(old, new, tasks[case.id], roles))
        except Stuck as stuck:
            why = str(stuck)
        waits = tuple(dict.fromkeys(row.name for row in tasks[case.id]))
        tried.append(Tried(case.number, case.title, case.procedure.version, waits, changes, why))
    return Trial(newest.version, tuple(sorted(tried, key=lambda one: one.why == "")), rows.count() - len(found))


def migrations(actor: Actor, code: str, limit: int = 20) -> list[Migration]:
    """The migrations of a procedure, newest first: how far each is, and what could not be moved."""
    require(actor, permission=MIGRATE, subject=f"procedure:{code[:60]}")
    rows = Migration.objects.filter(procedure__code=code).select_related("procedure", "asked_by")
    return list(rows.order_by("-created_at")[:limit])


def migration(actor: Actor, migration_id: UUID | str) -> Migration:
    """One migration. Raises :class:`Missing`."""
    require(actor, permission=MIGRATE, subject=f"migration:{migration_id}")
    found = Migration.objects.select_related("procedure", "asked_by").filter(id=migration_id).first()
    if found is None:
        raise Missing(_("没有这次迁移。"))
    return found
