"""Background work on cases: operations, alarms of clocks, recounting after a holiday notice."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import system
from yiwang.foundation.events.actions import emit
from yiwang.foundation.events.slots import every, job

from .clocks import colour
from .models import Case, Clock, JournalEntry, Task
from .timing import face_of_case, recount

BATCH = 500


@job()
def operate(task_id: str) -> None:
    """Run one operation of a procedure."""
    from .actions import finish_operation

    finish_operation(system(), task_id)


@every(60)
def sound_alarms() -> None:
    """Announce each running clock once when it turns yellow and once when it turns red."""
    today = timezone.localdate()
    while True:
        with transaction.atomic():
            turned = list(
                Clock.objects.select_for_update(of=("self",))
                .select_related("case")
                .filter(state=Clock.State.RUNNING, warn_on__lte=today)
                .exclude(alarm="red")
                .exclude(alarm="yellow", due_on__gte=today)
                .order_by("due_on", "id")[:BATCH]
            )
            for clock in turned:
                clock.alarm = colour(clock.due_on, clock.warn_on, today)
                emit(
                    "clock.turned", clock.case.number, {"clock": clock.kind, "colour": clock.alarm, "due": clock.due_on}
                )
            Clock.objects.bulk_update(turned, ["alarm"])
        if len(turned) < BATCH:
            return


@job()
def recount_provisional() -> None:
    """Count every provisional limit again after a holiday notice was loaded, and say so in the journal of each case whose day moved."""
    today = timezone.localdate()
    last = None
    while True:
        with transaction.atomic():
            rows = Clock.objects.filter(provisional=True).exclude(state=Clock.State.STOPPED).order_by("id")
            if last is not None:
                rows = rows.filter(id__gt=last)
            batch = list(rows.select_related("case")[:BATCH])
            for clock in batch:
                before = clock.due_on
                if recount(clock, today):
                    _moved(clock, before, today)
        if len(batch) < BATCH:
            return
        last = batch[-1].id


def _moved(clock: Clock, before: object, today: object) -> None:
    case = Case.objects.select_for_update().get(id=clock.case_id)
    face_of_case(case, list(case.clocks.exclude(state=Clock.State.STOPPED)))
    case.save(update_fields=["due_on", "warn_on", "paused"])
    case.tasks.filter(state=Task.State.OPEN).update(due_on=case.due_on, warn_on=case.warn_on)
    JournalEntry.objects.create(
        case=case, at=timezone.now(), actor_name=_("系统"), act="cases.recount",
        text=_("放假安排公布，办理期限由 %(before)s 调整为 %(after)s") % {"before": before, "after": clock.due_on},
    )  # fmt: skip
