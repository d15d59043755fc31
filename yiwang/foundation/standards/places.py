"""Where the library stands in the staff's menu."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import acting
from yiwang.web.slots import Place, staff_places


def _official(request: HttpRequest) -> bool:
    return acting(request).official


def plug() -> None:
    """Called once, when the room starts."""
    staff_places.plug("standards", Place(_("标准库"), "standards", "books", 320, _("数据"), _official))
