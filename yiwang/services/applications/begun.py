"""Drafts that were begun: whose they are, and whether they may still be changed and handed in."""

from __future__ import annotations

from uuid import UUID

from django.db.models import UUIDField
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor, owner, require, require_level
from yiwang.kernel.prepared import Given, Prepared
from yiwang.kernel.refusals import Conflict, Missing
from yiwang.services.items import queries as items
from yiwang.services.items.queries import PublishedItem

from .models import Draft

_LOCKED = Prepared(lambda: Draft.objects.select_for_update().filter(id=Given("id", UUIDField())))


def mine(actor: Actor, draft_id: UUID | str) -> Draft:
    """The actor's draft, locked for a change. Raises Denied for anybody else's."""
    draft = _LOCKED.first(id=draft_id)
    require(
        actor, owner(draft.party_id, draft.item_code) if draft else owner(None), subject=f"draft:{draft_id}",
        message=_("没有找到这份申请，或者它不在您名下。"),
    )  # fmt: skip
    if draft is None:  # the node itself asked: nobody else gets past the line above
        raise Missing(_("没有找到这份申请。"))
    return draft


def still_open(draft: Draft) -> Draft:
    """The draft, if it was not submitted. Raises Conflict."""
    if draft.case_id is not None:
        raise Conflict(_("这份申请已经提交，不能再改。如需更改，请在办件页面查看办法。"), code="draft-submitted")
    return draft


def pinned(draft: Draft) -> PublishedItem:
    """The version of the item that a draft was begun with."""
    return items.version(draft.item_version)


def unfinished(party_id: UUID | None, item_code: str) -> Draft | None:
    """What a party began of an item and did not submit, in whichever version of the item it was begun."""
    rows = Draft.objects.filter(party__in=[party_id], item_code=item_code, case=None)
    return rows.order_by("-updated_at").first()


def offered(item_code: str) -> PublishedItem:
    """The item as it can be asked for today. Raises Missing when it was withdrawn, Conflict while it is closed."""
    item = items.published(item_code)
    if not item.online:
        raise Conflict(_("这项业务暂时不能网上办理，请到窗口办理。"), code="item-offline")
    if not item.open_on(timezone.localdate()):
        raise Conflict(item.service.reason or _("这项业务现在没有开放办理。"), code="item-closed")
    return item


def known_well_enough(actor: Actor, item: PublishedItem) -> None:
    """Refuse somebody whose real-name level is lower than the item asks for."""
    require_level(actor, "applications.start", level=item.real_name_level, subject=f"item:{item.code}")
