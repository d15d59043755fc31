"""The daily volume of a grant, counted for all workers together without one row that every call waits for.

A process takes a hundredth of the volume at a time from the store, in the transaction of the call that needs it, and gives out the rest
of it from memory. With a volume below two hundred each row is counted in the store. What a process that ends has not given out is
lost for the day: never too much is given, and at most one hundredth for each process too little.
"""

from __future__ import annotations

import datetime as dt
import threading
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.kernel.refusals import TooOften

from .models import Grant, Quota

_lock = threading.Lock()
_left: dict[tuple[UUID, int, dt.date], int] = {}
_LARGEST = 10_000


def forget() -> None:
    """Drop what this process has in hand (between tests)."""
    with _lock:
        _left.clear()


def take(grant: Grant, rows: int) -> None:
    """Count ``rows`` of today's volume, inside the transaction of the call. Raises :class:`TooOften` when the day's volume is used up."""
    today = timezone.localdate()
    place = (grant.id, grant.revision, today)
    with _lock:
        if _left.get(place, 0) >= rows:
            _left[place] -= rows
            return
    block = max(rows, grant.per_day // 100)
    for wanted in dict.fromkeys((block, rows)):  # near the end of the volume a whole block may not be there any more
        if _take(grant, today, wanted):
            if wanted > rows:
                transaction.on_commit(partial(_keep, place, wanted - rows))
            return
    now = timezone.localtime()
    midnight = (now + dt.timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    raise TooOften(
        _("今天的查询量已经用完（每天 %(n)d 条）。明天再试，或者申请增加。") % {"n": grant.per_day},
        code="quota", seconds=int((midnight - now).total_seconds()) + 1,
    )  # fmt: skip


def _keep(place: tuple[UUID, int, dt.date], rows: int) -> None:
    with _lock:
        if len(_left) > _LARGEST:
            _left.clear()
        _left[place] = _left.get(place, 0) + rows


def _take(grant: Grant, day: dt.date, rows: int) -> bool:
    if rows > grant.per_day:
        return False
    found = Quota.objects.filter(grant=grant, day=day)
    if found.filter(taken__lte=grant.per_day - rows).update(taken=F("taken") + rows):
        return True
    if found.exists():
        return False
    try:
        with transaction.atomic():
            Quota.objects.create(grant=grant, day=day, taken=rows)
        return True
    except IntegrityError:  # another process was first
        return bool(found.filter(taken__lte=grant.per_day - rows).update(taken=F("taken") + rows))
