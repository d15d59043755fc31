"""The acts of rating."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Level, act, owner, require
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from . import followups
from .importing import PastContact as PastContact
from .importing import import_past as import_past
from .indicators import BAD, CHANNELS, GRADES, VERSION, tags_of
from .models import Contact, Rating
from .slots import Described, contacts

if TYPE_CHECKING:
    from yiwang.foundation.cases.models import Procedure

LONGEST_TEXT = 500


def ensure_procedure(actor: Actor) -> Procedure:
    """See to it that the procedure for bad ratings is published; for the loader of packs. The first bad rating does the same."""
    return followups.publish(actor)


def offer(kind: str, key: str) -> Contact | None:
    """Enter a contact that has ended, so that it can be rated and counts for coverage. Idempotent; for use in a job or an act.

    Returns None for one that cannot be rated (it goes on, has no party, or is not known).
    """
    described = contacts[kind].describe(key)
    return _enter(kind, key, described) if described is not None and described.ended_at is not None else None


def _enter(kind: str, key: str, found: Described) -> Contact:
    assert found.ended_at is not None
    contact, _made = Contact.objects.get_or_create(
        kind=kind, key=key,
        defaults={
            "party_id": found.party_id, "agency": found.agency, "agency_path": found.agency.path,
            "region_path": found.region_path, "item_code": found.item_code, "item_name": found.item_name,
            "channel": found.channel, "ended_at": found.ended_at, "judged": list(found.judged),
        },
    )  # fmt: skip
    return contact


@act("ratings.rate", gettext_lazy("评价服务"), party=True, level=Level.NUMBER)
def rate(
    actor: Actor, kind: str, key: str, grade: int, tags: Sequence[str] = (), text: str = "", *, channel: str = "api"
) -> Rating:
    """Rate a contact, once and for good. Grade 1 非常满意 … 5 非常不满意; 4 and 5 open a follow-up case.

    Only the party who was served may. ``tags`` are reasons that belong to the grade. The same rating again is the first one; another is
    a :class:`Conflict` ("already-rated"), as is a contact that still goes on ("not-ended"). Raises :class:`Invalid` with problems for
    the fields grade, tags, text, channel.
    """
    plug = contacts[kind]
    key = plug.clean(key) or key[:40]
    described = plug.describe(key)
    require(
        actor, owner(described.party_id, described.item_code) if described else owner(None), subject=f"{kind}:{key}",
        message=_("没有找到这次服务，或者它不是您办的。请核对编号；如果是替别人办的，请先切换到对方名下。"),
    )  # fmt: skip
    if described is None:  # a role of the whole node passes the line above
        raise Missing(_("没有找到这次服务，请核对编号。"))
    assert actor.account_id is not None
    if described.ended_at is None:
        raise Conflict(_("这件事还在办，办结后就可以评价。"), code="not-ended")
    tags, text = list(dict.fromkeys(tags)), text.strip()
    _check(grade, tags, text, channel)
    contact = _enter(kind, key, described)
    before = Rating.objects.filter(contact=contact).first()
    if before is not None:
        if (before.grade, before.tags, before.text.plain()) != (grade, tags, text):
            raise Conflict(_("这件事您已经评价过。评价提交后不能修改。"), code="already-rated")
        record("rating", before.id, {"grade": before.grade, "repeated": True})
        return before
    followup = followups.open_followup(contact, actor.channel) if grade >= BAD else None
    rating = Rating(
        contact=contact, account_id=actor.account_id, grade=grade, tags=tags, indicators=VERSION, text=text,
        channel=channel, followup=followup,
    )  # fmt: skip
    try:
        with transaction.atomic():
            rating.save(force_insert=True)
    except IntegrityError:
        raise Conflict(_("这件事您已经评价过。评价提交后不能修改。"), code="already-rated") from None
    record("rating", rating.id, {"grade": grade, "tags": tags, "indicators": VERSION, "channel": channel})
    emit("rating.given", rating.id, {"grade": grade, "agency": contact.agency_id, "item": contact.item_code})
    return rating


def _check(grade: int, tags: Sequence[str], text: str, channel: str) -> None:
    problems = []
    if grade not in GRADES:
        problems.append(Problem("grade", "choice", _("请选择满意程度，五个里选一个")))
    elif unknown := [tag for tag in tags if tag not in tags_of(grade)]:
        problems.append(Problem("tags", "choice", _("原因“%(tag)s”和所选的满意程度不配") % {"tag": unknown[0][:40]}))
    if len(text) > LONGEST_TEXT:
        problems.append(Problem("text", "max-length", _("最多写 %(most)s 个字") % {"most": LONGEST_TEXT}))
    if channel not in CHANNELS:
        problems.append(Problem("channel", "choice", _("没有这种评价渠道")))
    if problems:
        raise Invalid(_("评价还没有提交，请改正后再交。"), problems=problems)
