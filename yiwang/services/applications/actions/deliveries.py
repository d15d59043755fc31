"""Handing the result over 送达."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, act, owner, require
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases.queries import Case, clean_number
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Invalid, Problem
from yiwang.services.applications import delivering, messages
from yiwang.services.applications.correcting import latest
from yiwang.services.applications.models import Delivery

LONGEST_TRACKING = 60


@act("applications.deliver", gettext_lazy("登记结果送达"))
def deliver(actor: Actor, number: str, tracking: str = "") -> Delivery:
    """Write down that the result of a closed case was fetched or posted, as the applicant chose; ``tracking`` is the post's number.

    Raises :class:`Conflict` when there is nothing to hand over, :class:`Invalid` when a posted letter has no number.
    """
    case = Case.objects.select_for_update(of=("self",)).filter(number=clean_number(number) or "-").first()
    require(actor, cases.scope_of(case) if case else owner(None), subject=f"case:{number[:40]}")
    filing = latest(case) if case else None
    way = filing.delivery.get("way", delivering.ELECTRONIC) if filing else delivering.ELECTRONIC
    if case is None or case.closed_at is None or case.outcome == "withdrawn" or way == delivering.ELECTRONIC:
        raise Conflict(_("这件事没有要交给申请人的纸质结果。"), code="nothing-to-deliver")
    if Delivery.objects.filter(case=case).exists():
        raise Conflict(_("已经登记过送达了。"), code="delivered")
    tracking = "".join(tracking.split())
    if (way == delivering.POST and not tracking) or len(tracking) > LONGEST_TRACKING:
        raise Invalid(
            _("请填写邮件号。"),
            problems=[Problem("tracking", "required", _("请填写邮件号（60 个字符以内），申请人凭它查询"))],
        )
    assert actor.account_id is not None  # the node hands nothing over
    done = Delivery.objects.create(case=case, way=way, tracking=tracking, handed_by_id=actor.account_id)
    words = _("寄出了结果，邮件号 %(n)s") % {"n": tracking} if way == delivering.POST else _("申请人领取了结果")
    entry = record("application", case.number, {"delivered": way})
    cases.note(actor, case, "applications.deliver", words, entry=entry.id)
    if way == delivering.POST:
        messages.tell(case, "application-posted", outcome=case.outcome_name, reason=tracking)
    return done
