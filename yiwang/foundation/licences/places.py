"""Where licences stand in the staff's menu."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import acting
from yiwang.web.slots import Place, staff_places

from .queries import READ


def _may(request: HttpRequest) -> bool:
    return any(held.allows(READ) for held in acting(request).held)


def plug() -> None:
    """Called once, when the room starts."""
    staff_places.plug("licences", Place(_("电子证照"), "desk-licences", "license", 110, _("证照与印章"), _may))
