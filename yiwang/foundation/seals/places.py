"""Where the register of seals stands in the staff's menu."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import NODE, acting, allowed
from yiwang.web.slots import Place, staff_places

from .queries import READ, READ_KEYS


def _may(request: HttpRequest) -> bool:
    return any(held.allows(READ) for held in acting(request).held)


def _may_keys(request: HttpRequest) -> bool:
    return allowed(acting(request), READ_KEYS, NODE)


def plug() -> None:
    """Called once, when the room starts."""
    staff_places.plug("seals", Place(_("电子印章"), "desk-seals", "rubber-stamp", 120, _("证照与印章"), _may))
    staff_places.plug("keys", Place(_("密钥"), "desk-keys", "key", 130, _("证照与印章"), _may_keys))
