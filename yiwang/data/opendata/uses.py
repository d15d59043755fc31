"""How often datasets are used, by day and kind. Counted without a trace of who: figures for the provider, never a log of readers.

Counts are gathered in the process and written at most every few seconds, so that reading stays reading; a process that dies loses the last ones.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from .models import Use

VIEW, DOWNLOAD, API = "view", "download", "api"
EVERY = 5.0  # seconds between two writes of one process
_lock = threading.Lock()
_counts: Counter[tuple[UUID, str, str]] = Counter()
_written = 0.0


def count(dataset_id: UUID, kind: str) -> None:
    """Count one use of a dataset, today."""
    with _lock:
        _counts[dataset_id, timezone.localdate().isoformat(), kind] += 1
        due = time.monotonic() - _written > EVERY
    if due:
        flush()


def flush() -> None:
    """Write what this process has gathered."""
    global _written
    with _lock:
        gathered = dict(_counts)
        _counts.clear()
        _written = time.monotonic()
    if not gathered:
        return
    with transaction.atomic():
        for (dataset_id, day, kind), number in gathered.items():
            row, made = Use.objects.get_or_create(dataset_id=dataset_id, day=day, kind=kind, defaults={"count": number})
            if not made:
                Use.objects.filter(pk=row.pk).update(count=F("count") + number)
