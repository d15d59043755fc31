"""What this room plugs into the rooms below: its kind of case, cases as contacts, its place in the staff's menu, its messages."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yiwang.foundation.access.queries import acting
from yiwang.foundation.cases import slots as case_slots
from yiwang.foundation.messages.slots import Template, templates
from yiwang.web.slots import Place, staff_places

from .contacts import CASE, FOLLOWUP, CaseContacts
from .followups import ANSWERED, CLOSED, Followups
from .permissions import FIGURES
from .slots import contacts


def _shown(request: HttpRequest) -> bool:
    return any(held.allows(FIGURES) for held in acting(request).held)


def plug() -> None:
    """Called once, when the room starts."""
    case_slots.kinds.plug(FOLLOWUP, Followups())
    contacts.plug(CASE, CaseContacts())
    staff_places.plug("ratings", Place(_("好差评"), "desk-ratings", "message-star", 40, _("办件"), _shown))
    templates.plug(
        ANSWERED,
        Template(
            _("您对“%(item)s”的评价有答复了"),
            _("办理单位已经核实整改，答复如下：%(answer)s\n我们还会给您打一次回访电话。"),
        ),
    )
    templates.plug(
        CLOSED,
        Template(
            _("您对“%(item)s”的评价已处理完"), _("已经整改并回访，结果：%(answer)s\n谢谢您帮我们把服务办得更好。")
        ),
    )
