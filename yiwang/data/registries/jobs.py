"""Background work of registers: runs of linking, and clearing up after those that were killed."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from yiwang.data.engine import queries as engine
from yiwang.foundation.events.slots import every, job

from . import matching
from .models import Linking


@job(tries=3)
def run_linking(linking_id: str) -> None:
    """One run of a register's model. A second try begins anew; what the first one has kept stays as it is."""
    linking = Linking.objects.select_related("register").get(id=linking_id)
    if linking.state == Linking.State.DONE:
        return

    def say(**changes: Any) -> None:
        Linking.objects.filter(pk=linking.pk).update(**changes)

    try:
        matching.run(linking, say)
    except Exception as error:
        say(state=Linking.State.FAILED, ended_at=timezone.now(), failure=engine.explain(error)[:200])
        raise


@every(60)
def sweep_linking() -> None:
    """Remove what killed runs have left in the data folder."""
    from . import likening

    likening.sweep()
