"""Background work on cases: operations, timers, alarms of clocks, recounting after a holiday notice, moving cases to a newer version."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import system
from yiwang.foundation.events.actions import emit, enqueue
from yiwang.foundation.events.slots import every, job

from . import procedures
from .clocks import REASONS, colour
from .models import Case, Clock, JournalEntry, Migration, Suspension, Task, TimerEvent
from .timers import fires_at
from .timing import face_of_case, recount

BATCH = 500


@job()
def operate(task_id: str) -> None:
    """Run one operation of a procedure."""
    from .actions import finish_operation

    finish_operation(system(), task_id)


@job()
def fire(timer_id: str) -> None:
    """Fire one timer of a procedure."""
    from .actions import fire_timer

    fire_timer(system(), timer_id)


@job()
def move_cases(migration_id: str) -> None:
    """Move the running cases of a procedure to a newer version, one by one; killed, it goes on with those that are not moved yet."""
    from .actions import migrate_case

    migration = Migration.objects.select_related("procedure").get(id=migration_id)
    Migration.objects.filter(id=migration.id).update(stuck=0, reasons=[])
    rows = Case.objects.filter(procedure__code=migration.procedure.code, closed_at=None).order_by("id")
    rows = rows.exclude(procedure=migration.procedure)
    last: UUID | None = None
    while batch := list((rows if last is None else rows.filter(id__gt=last)).values_list("id", flat=True)[:BATCH]):
        for case_id in batch:
            migrate_case(system(), migration_id, str(case_id))
        last = batch[-1]
    Migration.objects.filter(id=migration.id).update(finished_at=timezone.now())


@every(10)
def fire_due_timers() -> None:
    """Ask for a job for each timer whose time has come, so that one that fails is tried again and stops no other.

    Timers of a case that stands still wait until it goes on; the case's revision in the key lets them be asked for again then.
    """
    last: UUID | None = None
    while True:
        with transaction.atomic():
            rows = TimerEvent.objects.filter(
                state=TimerEvent.State.WAITING, fires_at__lte=timezone.now(), case__held=""
            )
            if last is not None:
                rows = rows.filter(id__gt=last)
            due = list(rows.order_by("id").values_list("id", "case__revision")[:BATCH])
            for timer_id, revision in due:
                enqueue(fire, key=f"timer:{timer_id}:{revision}", timer_id=str(timer_id))
        if len(due) < BATCH:
            return
        last = due[-1][0]


@every(60)
def sound_alarms() -> None:
    """Announce each running clock once when it turns yellow and once when it turns red, and each suspension that outlasts its limit."""
    now = timezone.now()
    today = timezone.localdate(now)
    while _clocks_that_turned(now, today) == BATCH:
        pass
    while _suspensions_too_long(now, today) == BATCH:
        pass


def _clocks_that_turned(now: dt.datetime, today: dt.date) -> int:
    over = Q(due_on__lt=today) | Q(due_at__lt=now)
    with transaction.atomic():
        turned = list(
            Clock.objects.select_for_update(of=("self",))
            .select_related("case")
            .filter(Q(warn_on__lte=today) | over, state=Clock.State.RUNNING)
            .exclude(alarm="red")
            .exclude(~over, alarm="yellow")
            .order_by("due_on", "id")[:BATCH]
        )
        for clock in turned:
            late = clock.due_at is not None and clock.due_at < now
            clock.alarm = "red" if late else colour(clock.due_on, clock.warn_on, today)
            emit("clock.turned", clock.case.number, {"clock": clock.kind, "colour": clock.alarm, "due": clock.due_on})
        Clock.objects.bulk_update(turned, ["alarm"])
    return len(turned)


def _suspensions_too_long(now: dt.datetime, today: dt.date) -> int:
    with transaction.atomic():
        found = list(
            Suspension.objects.select_for_update(of=("self",))
            .select_related("clock__case")
            .filter(until=None, alarmed=False, due_on__lt=today)
            .order_by("due_on", "id")[:BATCH]
        )
        told: set[UUID] = set()
        for suspension in found:
            suspension.alarmed = True
            case = suspension.clock.case
            if case.id in told:  # one alarm for a case, however many of its clocks stand still
                continue
            told.add(case.id)
            emit("suspension.overdue", case.number, {"reason": suspension.reason, "due": suspension.due_on})
            JournalEntry.objects.create(
                case=case, at=now, actor_name=_("系统"), act="cases.suspension-overdue", public=False,
                text=_("暂停已经超过期限：%(reason)s") % {"reason": REASONS.get(suspension.reason, suspension.reason)},
            )  # fmt: skip
        Suspension.objects.bulk_update(found, ["alarmed"])
    return len(found)


@job()
def recount_provisional() -> None:
    """Count every provisional limit again after a holiday notice was loaded, and say so in the journal of each case whose day moved."""
    now = timezone.now()
    last = None
    while True:
        with transaction.atomic():
            rows = Clock.objects.filter(provisional=True).exclude(state=Clock.State.STOPPED).order_by("id")
            if last is not None:
                rows = rows.filter(id__gt=last)
            batch = list(rows.select_related("case")[:BATCH])
            for clock in batch:
                before = clock.due_on
                if recount(clock, now) and before is not None:
                    _moved(clock, before)
        if len(batch) < BATCH:
            break
        last = batch[-1].id
    _recount_timers()


def _moved(clock: Clock, before: dt.date) -> None:
    case = Case.objects.select_for_update().get(id=clock.case_id)
    face_of_case(case, list(case.clocks.exclude(state=Clock.State.STOPPED)))
    case.save(update_fields=["due_on", "warn_on", "paused"])
    case.tasks.filter(state=Task.State.OPEN).update(due_on=case.due_on, warn_on=case.warn_on)
    JournalEntry.objects.create(
        case=case, at=timezone.now(), actor_name=_("系统"), act="cases.recount",
        text=_("放假安排公布，办理期限由 %(before)s 调整为 %(after)s") % {"before": before, "after": clock.due_on},
    )  # fmt: skip


def _recount_timers() -> None:
    """Timers in working days move with the calendar too."""
    last: UUID | None = None
    while True:
        with transaction.atomic():
            rows = TimerEvent.objects.filter(state=TimerEvent.State.WAITING).order_by("id").select_related("case")
            batch = list((rows if last is None else rows.filter(id__gt=last))[:BATCH])
            for row in batch:
                definition = procedures.definition(row.case.procedure_id)
                timer = definition.timers.get(row.element)
                if timer is None and row.element in definition.steps:
                    timer = definition.steps[row.element].timer
                if timer is not None and timer.working:
                    row.fires_at = fires_at(timer, row.created_at)
            TimerEvent.objects.bulk_update(batch, ["fires_at"])
        if len(batch) < BATCH:
            return
        last = batch[-1].id
