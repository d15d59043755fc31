"""Licences run out by themselves."""

from __future__ import annotations

from django.utils import timezone

from yiwang.foundation.access.queries import system
from yiwang.foundation.events.slots import every

from .actions import BATCH, expire
from .models import Licence


@every(900)
def run_out() -> None:
    """Write down the licences whose last day has passed."""
    today = timezone.localdate()
    while Licence.objects.filter(state=Licence.State.VALID, valid_until__lt=today).exists():
        if expire(system(), today) < BATCH:
            return
