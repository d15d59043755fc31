"""What this room plugs into the rooms below: its kind of case and the panel of it, the holder of the lake, its places in the staff's menu."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yiwang.data.catalogue.slots import holders
from yiwang.foundation.access.queries import Actor, acting
from yiwang.foundation.cases import slots as case_slots
from yiwang.foundation.cases.queries import Case
from yiwang.foundation.desk.slots import Panel, panels
from yiwang.web.slots import Place, staff_places

from . import orders, queries, slots
from .own import cases_of_the_node
from .permissions import READ
from .tables import SCHEME, LakeHolder


def _shown(request: HttpRequest) -> bool:
    return any(held.allows(READ) for held in acting(request).held)


def _context(actor: Actor, case: Case) -> dict[str, Any]:
    found = queries.order_of_case(case.id)
    return {"order": found, "result": found.batch.results.filter(failed__gt=0).order_by("-failed")[:8] if found else []}


def plug() -> None:
    """Called once, when the room starts."""
    holders.plug(SCHEME, LakeHolder())
    case_slots.kinds.plug(orders.KIND, orders.Orders())
    panels.plug(orders.KIND, Panel("pipelines/order_panel.html", _context))
    slots.own_data.plug("cases", cases_of_the_node)
    staff_places.plug("pipelines", Place(_("数据归集"), "desk-pipelines", "database-import", 60, _("数据"), _shown))
    staff_places.plug(
        "data-quality", Place(_("数据质量"), "desk-data-quality", "chart-histogram", 61, _("数据"), _shown)
    )
