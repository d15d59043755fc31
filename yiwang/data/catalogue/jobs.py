"""Background work of the catalogue."""

from __future__ import annotations

from yiwang.foundation.access.queries import system
from yiwang.foundation.events.slots import every

from .actions import BATCH, measure
from .models import Entry


@every(6 * 3600)
def measure_all() -> None:
    """Ask how fresh every resource is, and ask the providers of those that are late."""
    codes = list(Entry.objects.filter(listed=True).order_by("code").values_list("code", flat=True))
    for start in range(0, len(codes), BATCH):
        measure(system(), codes[start : start + BATCH])
