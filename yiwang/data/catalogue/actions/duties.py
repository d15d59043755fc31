"""Declared duties of supply, and whether resources are updated in time."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.catalogue import flows, freshness
from yiwang.data.catalogue.models import Duty, Entry, Overdue
from yiwang.data.catalogue.writing import locked, provider_of, scope_of
from yiwang.foundation.access.queries import NODE, Actor, act, require
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.standards import queries as standards
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

BATCH = 200  # entries that one measuring looks at


@act("catalogue.declare_duty", gettext_lazy("登记供数责任"))
def declare_duty(actor: Actor, agency: str, element: str, basis: str, *, update_period: str = "") -> Duty:
    """Declare that an agency must supply an element (责任清单), by a law or a document. The same duty again changes its basis."""
    require(actor, NODE, subject=f"duty:{element}"[:120])
    holder = provider_of(agency)
    standards.element(element)
    if not basis.strip() or len(basis) > 300:
        message = _("请写明依据：法规、三定规定或文件，最多 300 个字。")
        raise Invalid(message, problems=[Problem("basis", "required", message)])
    made, new = Duty.objects.update_or_create(
        agency=holder, element=element, ended_at=None, defaults={"basis": basis.strip(), "update_period": update_period}
    )
    record("duty", made.id, {"agency": agency, "element": element, "new": new})
    return made


@act("catalogue.end_duty", gettext_lazy("取消供数责任"))
def end_duty(actor: Actor, duty_id: UUID | str) -> Duty:
    """End a declared duty. Raises :class:`Missing`."""
    require(actor, NODE, subject=f"duty:{duty_id}")
    found = Duty.objects.select_for_update().filter(id=duty_id, ended_at=None).first()
    if found is None:
        raise Missing(_("没有这项责任，或者它已经取消。"))
    found.ended_at = timezone.now()
    found.save(update_fields=["ended_at"])
    record("duty", found.id, {"agency": found.agency_id, "element": found.element, "ended": True})
    return found


@act("catalogue.report", gettext_lazy("登记数据更新"))
def report(actor: Actor, code: str, as_of: dt.date, *, rows: int | None = None) -> Entry:
    """Say up to which day a resource holds that this node does not read itself (its place is empty). Raises :class:`Conflict` for one
    that the node reads: it knows better."""
    entry = locked(code)
    require(actor, scope_of(entry.provider), subject=f"resource:{code}")
    if entry.place and freshness.is_read(entry.place):
        raise Conflict(_("这个资源的更新情况由系统自动读取，不用登记。"), code="read-here")
    today = timezone.localdate(actor.now())
    if as_of > today:
        message = _("数据日期不能晚于今天。")
        raise Invalid(message, problems=[Problem("as_of", "future", message)])
    if rows is not None and rows < 0:
        message = _("数据量不能为负数。")
        raise Invalid(message, problems=[Problem("rows", "range", message)])
    freshness.keep(entry, as_of, rows, today)
    record("resource", code, {"as_of": as_of, "rows": rows})
    return entry


@act("catalogue.measure", gettext_lazy("检查数据是否按期更新"))
def measure(actor: Actor, codes: list[str]) -> dict[str, str]:
    """Ask the holders of these resources how fresh they are; what is late is asked of its provider as a case, one at a time.

    Returns the freshness of each. Run by a job, and by whoever of the data bureau wants to know now. A holder that cannot be read makes
    its resource "broken" and nothing else.
    """
    require(actor, NODE, subject="freshness")
    today = timezone.localdate(actor.now())
    found: dict[str, str] = {}
    rows = Entry.objects.select_for_update(of=("self",)).filter(code__in=codes[:BATCH], listed=True)
    for entry in rows.select_related("provider__region").order_by("code"):
        freshness.look(entry, today)
        found[entry.code] = entry.freshness
        if entry.freshness == Entry.Freshness.LATE:
            _ask(actor, entry)
    record("freshness", "catalogue", {"measured": len(found), "late": sum(state == "late" for state in found.values())})
    return found


def _ask(actor: Actor, entry: Entry) -> None:
    """Open the case for a resource that is late, unless one is open."""
    if Overdue.objects.filter(entry=entry, closed_at=None).exists():
        return
    title = _("超期未更新：%(name)s") % {"name": entry.name}
    case = flows.open_case(actor, flows.OVERDUE, title, entry.provider, _("超过更新周期没有更新"))
    try:
        with transaction.atomic():
            Overdue(entry=entry, as_of=entry.as_of, case=case).save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("这个资源刚刚催办过。"), code="asked") from error
    emit("resource.overdue", entry.code, {"provider": entry.provider_id, "as_of": entry.as_of})
