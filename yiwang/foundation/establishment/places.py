"""Where the directory stands in the staff's menu."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import acting
from yiwang.web.slots import Place, staff_places

from .permissions import READ


def _may(request: HttpRequest) -> bool:
    return any(held.allows(READ) for held in acting(request).held)


def plug() -> None:
    """Called once, when the room starts."""
    group = _("机构与区划")
    staff_places.plug("agencies", Place(_("机构"), "desk-agencies", "building", 130, group, _may))
    staff_places.plug("regions", Place(_("区划"), "desk-regions", "map", 131, group, _may))
    staff_places.plug("calendar", Place(_("工作日历"), "desk-calendar", "calendar", 132, group, _may))
