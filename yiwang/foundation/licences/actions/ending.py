"""Ending licences: before their time, or when it is over."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import NODE, Actor, act, require
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.licences.editions import checked_reason, newest, scope_of, turn
from yiwang.foundation.licences.models import Licence
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

BATCH = 200


@act("licences.annul", gettext_lazy("注销、撤销或吊销电子证照"))
def annul(actor: Actor, number: str, reason: str, ground: str = Licence.Ground.DEREGISTERED) -> Licence:
    """End a licence before its time. ``ground`` is deregistered 注销, revoked 撤销 or withdrawn 吊销 (Licensing Law, 69, 70)."""
    licence = newest(number, for_update=True)
    require(actor, scope_of(licence) if licence else NODE, subject=f"licence:{number}")
    if licence is None:
        raise Missing(_("没有这个证照，请检查编号。"))
    reason = checked_reason(reason)
    if ground not in Licence.Ground.values:
        raise Invalid(_("请选择注销、撤销或吊销。"), problems=[Problem("ground", "choice", _("请选择一种"))])
    if licence.state in (Licence.State.ANNULLED, Licence.State.SUPERSEDED):
        raise Conflict(_("这个证照%(state)s。") % {"state": licence.state_words})
    turn(licence, Licence.State.ANNULLED, timezone.now(), ground, reason)
    record("licence", number, {"state": licence.state, "ground": ground})
    emit("licence.annulled", number, {"party": licence.party_id, "type": licence.type.code, "ground": ground})
    return licence


@act("licences.expire", gettext_lazy("证照到期"))
def expire(actor: Actor, today: dt.date) -> int:
    """Write down what ran out before ``today``, at most some hundreds at a time; returns how many. Done by a job."""
    require(actor)
    now = timezone.now()
    over = list(
        Licence.objects.select_for_update(of=("self",))
        .select_related("type")
        .filter(state=Licence.State.VALID, valid_until__lt=today)
        .order_by("valid_until", "id")[:BATCH]
    )
    for licence in over:
        licence.state, licence.state_since = Licence.State.EXPIRED, now
        emit("licence.expired", licence.number, {"party": licence.party_id, "type": licence.type.code})
    Licence.objects.bulk_update(over, ["state", "state_since"])
    record("licence", "expired", {"day": today, "numbers": [licence.number for licence in over]})
    return len(over)
