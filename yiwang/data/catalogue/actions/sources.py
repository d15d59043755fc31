"""One number, one source: claiming an element that another resource is the source of."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.catalogue import flows
from yiwang.data.catalogue.models import Claim, Item, Source
from yiwang.data.catalogue.writing import locked, scope_of
from yiwang.foundation.access.queries import Actor, act, require
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.queries import agency
from yiwang.foundation.standards import queries as standards
from yiwang.kernel.refusals import Conflict, Invalid, Problem


@act("catalogue.claim", gettext_lazy("申请成为数据来源"))
def claim(actor: Actor, element: str, code: str, why: str) -> Claim:
    """Claim that the resource ``code`` is the source of ``element``, which another one is now: a case that the data bureau settles.

    The holder of the element is heard first. Raises :class:`Invalid` for a resource that does not hold the element, :class:`Conflict`
    when it is the source already, or a claim to the element is open.
    """
    entry = locked(code)
    require(actor, scope_of(entry.provider), subject=f"resource:{code}")
    found = standards.element(element)
    if not Item.objects.filter(entry=entry, element=element).exists():
        message = _("“%(entry)s”里没有数据元“%(element)s”。") % {"entry": entry.name, "element": found.name}
        raise Invalid(message, problems=[Problem("element", "reference", message)])
    if not why.strip():
        message = _("请写明为什么应当由您单位作为来源，例如法定职责。")
        raise Invalid(message, problems=[Problem("why", "required", message)])
    source = Source.objects.select_related("entry").filter(element=element).first()
    if source is None or source.entry_id == entry.id:
        raise Conflict(_("“%(element)s”的来源已经是这个资源。") % {"element": found.name}, code="is-source")
    if Claim.objects.filter(element=element, state=Claim.State.OPEN).exists():
        raise _claimed(found.name)
    holder = agency(source.entry.provider_id)
    title = _("“%(element)s”的来源：%(old)s 还是 %(new)s") % {
        "element": found.name, "old": holder.short_name or holder.name, "new": entry.provider.short_name or entry.provider.name,
    }  # fmt: skip
    case = flows.open_case(actor, flows.CLAIM, title, holder, _("提出应当改为来源"))
    made = Claim(element=element, entry=entry, against=source.entry, why=why.strip()[:500], case=case)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:  # somebody claimed it at the same moment
        raise _claimed(found.name) from None
    record("claim", made.id, {"element": element, "resource": code, "against": source.entry.code, "case": case.number})
    emit("claim.opened", element, {"resource": code, "against": source.entry.code})
    return made


def _claimed(name: str) -> Conflict:
    return Conflict(_("“%(element)s”的来源正在裁定，请等结果。") % {"element": name}, code="claimed")
