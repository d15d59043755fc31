"""What this room does when others announce something."""

from __future__ import annotations

from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import system
from yiwang.foundation.events.slots import Happening, subscribe

from . import actions
from .models import Grant


@subscribe("resource.withdrawn")
def on_withdrawn(happening: Happening) -> None:
    """A resource has left the catalogue: nobody goes on using it. One that is published again is applied for again."""
    grants = Grant.objects.filter(resource=happening.subject).exclude(state=Grant.State.REVOKED)
    for number in grants.order_by("id").values_list("number", flat=True):
        actions.revoke(system(), number, _("资源已从目录撤回"))
