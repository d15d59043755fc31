"""What this room plugs into the rooms below: its cases, messages, places in the menus, and datasets as something that is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from yiwang.foundation.access.queries import Actor, acting, require
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries
from yiwang.foundation.cases import slots as case_slots
from yiwang.foundation.desk.slots import Panel, panels
from yiwang.foundation.messages.slots import Template, templates
from yiwang.foundation.search.slots import Kind, WayOn, kinds, ways_on
from yiwang.web.slots import Place, citizen_places, staff_places

from .askings import ANSWERED, ASKINGS, NEW_EDITION
from .permissions import STAFF
from .writing import KIND

if TYPE_CHECKING:
    from yiwang.foundation.cases.models import Case


def _shown(request: HttpRequest) -> bool:
    return any(held.allows(STAFF) for held in acting(request).held)


def _context(actor: Actor, case: Case) -> dict[str, Any]:
    """What was asked, for who may read the case."""
    require(actor, cases.scope_of(case), case_queries.READ, subject=f"case:{case.number}/asked")
    found = ASKINGS[case.kind].asked(case)
    lines: list[tuple[str, str]] = []
    link = ""
    if case.kind == "open-access":
        lines = [(_("数据集"), found.dataset.name), (_("用途"), found.purpose.plain()), (_("安全措施"), found.safeguards.plain()),
                 (_("期限"), _("%(n)d 天") % {"n": found.days})]  # fmt: skip
        link = reverse("open-dataset", args=[found.dataset.code])
    elif case.kind == "open-wish":
        lines = [
            (_("想要的数据"), found.title),
            (_("用途"), found.why.plain()),
            (_("支持"), _("%(n)d 人") % {"n": found.votes}),
        ]
        link = reverse("open-wishes")
    elif case.kind == "open-correction":
        lines = [
            (_("数据集"), found.dataset.name),
            (_("版本"), str(found.edition)),
            (_("哪里不对"), found.text.plain()),
        ]
        link = reverse("open-dataset", args=[found.dataset.code])
    else:
        names = "、".join(found.datasets.values_list("name", flat=True))
        lines = [(_("应用"), found.name), (_("说明"), found.summary), (_("网址"), found.url), (_("用到的数据"), names)]
    return {"asked_lines": lines, "asked_link": link}


def plug() -> None:
    """Called once, when the room starts."""
    for code, asking in ASKINGS.items():
        case_slots.kinds.plug(code, asking)
        panels.plug(code, Panel("opendata/desk/asked.html", _context))
    templates.plug(ANSWERED, Template(later("“%(title)s”有结果了：%(result)s"), later("%(answer)s")))
    templates.plug(
        NEW_EDITION,
        Template(later("“%(dataset)s”有新版本"), later("您订阅的开放数据“%(dataset)s”发布了第 %(edition)s 版。")),
    )
    kinds.plug(
        KIND,
        Kind(
            later("开放数据"), "database-export", lambda code: reverse("open-dataset", args=[code]), "opendata/hit.html"
        ),
    )
    ways_on.plug("opendata", WayOn(later("到开放数据里找"), "database-export", "open"))
    citizen_places.plug("opendata", Place(later("开放数据"), "open", "database-export", 70))
    staff_places.plug("opendata", Place(later("数据开放"), "desk-open", "database-export", 135, later("数据"), _shown))
