"""What people are told about mandates. Names of people stand in the message, which is sealed; the ledger holds none."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from yiwang.foundation.messages.actions import send
from yiwang.foundation.messages.slots import Template, templates

OFFERED, ACCEPTED, DECLINED, ENDED = "mandate-offered", "mandate-accepted", "mandate-declined", "mandate-ended"
templates.plug(
    OFFERED,
    Template(
        _("%(giver)s想请您代办事情"),
        _("请看看要办什么、到哪天为止，再决定要不要接受。%(day)s前没有答复，这份委托就作废。不认识对方，请不要接受。"),
        asks=True,
    ),
)
templates.plug(
    ACCEPTED, Template(_("%(agent)s接受了您的委托"), _("从现在起可以替您办事，到%(day)s为止。您随时可以结束委托。"))
)
templates.plug(DECLINED, Template(_("%(agent)s没有接受您的委托"), _("您可以另请别人代办，或者自己办。")))
templates.plug(ENDED, Template(_("%(who)s结束了委托"), _("从现在起，受托人不能再替委托人办事。已经办了的事仍然有效。")))


def tell(party_id: UUID | None, template: str, mandate_id: UUID, **data: object) -> None:
    """Tell a party about a mandate; nobody when the party is not known to the node."""
    if party_id is not None:
        send(party_id, template, data, link=f"/my/mandates/{mandate_id}")
