"""Reading one's messages."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Level, acts_for, owner, permission, require
from yiwang.kernel.pages import Page, page
from yiwang.kernel.refusals import Denied, Missing

from .models import Message

READ = permission("messages.view", gettext_lazy("查看消息"), party=True, level=Level.NUMBER)
PAGE = 20


def inbox(actor: Actor, cursor: str = "") -> Page[Message]:
    """The messages to the party acted for, newest first. One query."""
    require(actor, owner(actor.party_id), READ, subject="inbox")
    return page(Message.objects.filter(party=actor.party_id), order=("-id",), cursor=cursor, size=PAGE)


def unread(actor: Actor) -> int:
    """How many messages to the party acted for are not read; 0 for somebody without a party."""
    if actor.party_id is None or not acts_for(actor, actor.party_id):
        return 0
    return Message.objects.filter(party=actor.party_id, read_at=None).count()


def message(actor: Actor, message_id: UUID) -> Message:
    """One message to a party of the actor's. Somebody else's is answered as if it were not there, and the attempt is kept."""
    return own(Message.objects.filter(id=message_id).first(), actor, message_id, READ)


def own(found: Message | None, actor: Actor, message_id: UUID, permission: str = "") -> Message:
    """``found``, if the actor may act for its party; else the same answer as for a message that is not there."""
    nothing = _("没有找到这条消息。")
    try:
        require(actor, owner(found.party_id if found else actor.party_id), permission, subject=f"message:{message_id}")
    except Denied as denied:
        if denied.code != Denied.code:
            raise
        denied.message, denied.code, denied.status = nothing, Missing.code, Missing.status
        raise
    if found is None:
        raise Missing(nothing)
    return found
