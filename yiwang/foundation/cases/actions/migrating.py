"""Moving running cases to the newest version of their procedure."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Scope, act, later, require
from yiwang.foundation.cases import procedures, settling
from yiwang.foundation.cases.jobs import move_cases
from yiwang.foundation.cases.migrating import Stuck, changed_tasks, moved_state
from yiwang.foundation.cases.models import Case, Migration, Procedure, Task
from yiwang.foundation.events.actions import emit, enqueue
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Missing

MOST_REASONS = 200


@act("cases.migrate", gettext_lazy("迁移办件到新版流程"))
def migrate(actor: Actor, code: str) -> Migration:
    """Move all running cases of a procedure to its newest version, in a job; those that cannot stay, each with its reason.

    Raises :class:`Missing` for an unknown procedure, :class:`Conflict` when a migration of it is under way or nothing is to be moved.
    """
    require(actor, subject=f"procedure:{code[:60]}")
    newest = Procedure.objects.filter(code=code).order_by("-version").first()
    if newest is None:
        raise Missing(_("没有流程“%(code)s”。") % {"code": code[:60]})
    if Migration.objects.filter(procedure__code=code, finished_at=None).exists():
        raise Conflict(_("这个流程的办件正在迁移，请等它结束。"), code="migrating")
    total = Case.objects.filter(procedure__code=code, closed_at=None).exclude(procedure=newest).count()
    if not total:
        raise Conflict(_("没有要迁移的办件，都已经在最新版本上。"), code="nothing-to-move")
    made = Migration(procedure=newest, asked_by_id=actor.account_id, total=total)
    made.save(force_insert=True)
    record("procedure", code, {"version": newest.version, "cases": total, "migration": made.id})
    enqueue(move_cases, key=f"migration:{made.id}", migration_id=str(made.id))
    return made


@act("cases.migrate_case", gettext_lazy("迁移一件办件"))
def migrate_case(actor: Actor, migration_id: UUID | str, case_id: UUID | str) -> bool:
    """Move one case, as the node itself, inside a migration; returns whether it could. Idempotent."""
    require(actor, Scope(agency="node"), subject=f"migration:{migration_id}")
    case = Case.objects.select_for_update(of=("self",)).get(id=case_id)
    migration = Migration.objects.select_related("procedure").get(id=migration_id)
    to = migration.procedure
    if case.closed_at is not None or case.procedure_id == to.id:
        record("case", case.number, {"migration": migration.id, "repeated": True})
        return True
    rows = list(case.tasks.filter(state=Task.State.OPEN))
    try:
        state = moved_state(case, rows, to.id)
    except Stuck as stuck:
        reasons = [*migration.reasons, {"number": case.number, "reason": str(stuck)}][:MOST_REASONS]
        Migration.objects.filter(id=migration.id).update(stuck=F("stuck") + 1, reasons=reasons)
        record("case", case.number, {"migration": migration.id, "stuck": True})
        return False
    before = procedures.definition(case.procedure_id)
    before_version = Procedure.objects.values_list("version", flat=True).get(id=case.procedure_id)
    after = procedures.definition(to.id)
    case.procedure_id = to.id
    now = actor.now()
    settling.settle(case, after, state, rows, now)
    for task, step in changed_tasks(before, after, rows):
        keeper = task.assignee_id if task.role == step.role else None  # whoever holds it may lack the new role
        Task.objects.filter(id=task.id).update(name=step.name, role=step.role, doer=step.doer, assignee=keeper)
    Migration.objects.filter(id=migration.id).update(moved=F("moved") + 1)
    versions = {"before": before_version, "after": to.version}
    entry = record("case", case.number, {"migration": migration.id, **versions})
    text = _("流程由第 %(before)s 版改为第 %(after)s 版") % versions
    later(settling.line(case, actor, "cases.migrate_case", text, now, public=False, entry=entry.id))
    emit("case.migrated", case.number, {"case": case.id, "kind": case.kind, **versions})
    return True
