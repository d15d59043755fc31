"""What this room plugs into the rooms below: its holder, its uses of data, its places in the staff's menu, the panel of its cases."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yiwang.data.catalogue import slots as catalogue
from yiwang.data.registries import slots as registries
from yiwang.foundation.access.queries import acting
from yiwang.foundation.desk.slots import Listing, listings, panels
from yiwang.web.slots import Place, staff_places

from . import grounds, panel, queries, subjects
from .kind import KIND
from .peers import PeerHolder
from .permissions import CLIENTS, READ

USES_HEAD = (
    _("时间"), _("方式"), _("系统"), _("用途"), _("业务编号"), _("查询条数"), _("给出条数"), _("拒绝原因"), _("用时(毫秒)"),
)  # fmt: skip


def _shown(permission: str) -> Callable[[HttpRequest], bool]:
    def shown(request: HttpRequest) -> bool:
        return any(held.allows(permission) for held in acting(request).held)

    return shown


def plug() -> None:
    """Called once, when the room starts."""
    catalogue.holders.plug("peer", PeerHolder())
    registries.uses.plug("sharing", subjects.uses_of)
    registries.grounds.plug("grants", grounds.number)
    panels.plug(KIND, panel.PANEL)
    listings.plug(
        "data-uses",
        Listing(
            _("使用记录"),
            "desk-sharing",
            USES_HEAD,
            lambda actor, wanted: queries.uses_rows(actor, wanted.get("grant", "")),
        ),
    )
    group = _("数据")
    staff_places.plug("sharing", Place(_("数据共享"), "desk-sharing", "arrows-exchange", 30, group, _shown(READ)))
    staff_places.plug(
        "sharing-clients", Place(_("接入系统"), "desk-clients", "plug-connected", 31, group, _shown(CLIENTS))
    )
