"""The office corrects itself 更正, and looks again at what the node decided alone 抽查."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, act, later, owner, require
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries
from yiwang.foundation.cases.queries import Case, clean_number
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.ids import uuid7
from yiwang.kernel.refusals import Conflict, Denied, Invalid, Problem
from yiwang.services.applications import messages, rechecking
from yiwang.services.applications.correcting import latest, origins
from yiwang.services.applications.filing import limits_of
from yiwang.services.applications.models import Recheck, Reopening
from yiwang.services.items import queries as items

LONGEST_REASON = 500


@act("applications.reopen", gettext_lazy("更正重办"))
def reopen(actor: Actor, number: str, reason: str) -> Case:
    """Open a decided application again because the office found an error in its own decision; returns the new case.

    The new case goes by the item's present procedure, with the application that was handed in, and is linked to the former one, which stays
    as it was. A table decides nothing twice: a person does. Raises :class:`Conflict` for a case that runs, was taken back, or is
    open again already; :class:`Denied` for a case of the official's own.
    """
    former = (
        Case.objects.select_for_update(of=("self",))
        .select_related("agency")
        .filter(number=clean_number(number) or "-")
        .first()
    )
    require(actor, cases.scope_of(former) if former else owner(None), subject=f"case:{number[:40]}")
    filing = latest(former) if former else None
    if former is None or filing is None or former.closed_at is None or former.outcome == "withdrawn":
        raise Conflict(_("只有已经作出决定的申请才能更正重办。"), code="not-decided")
    if cases.own_case(actor, former):
        raise Denied(_("这是您自己的申请，按回避要求请交给其他同事。"), code="recused")
    if Reopening.objects.filter(former=former, case__closed_at=None).exists():
        raise Conflict(_("这件事已经在更正重办。"), code="reopened")
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        message = _("请写明发现了什么错误（%(n)s 字以内），申请人会看到。") % {"n": LONGEST_REASON}
        raise Invalid(_("请写明更正的理由。"), problems=[Problem("reason", "required", message)])
    item = items.version(filing.item_version)
    limits = limits_of(item)
    new = cases.NewCase(
        kind=former.kind, type_code=former.type_code, type_name=former.type_name, title=former.title,
        procedure=case_queries.procedure_id(item.procedure), agency_code=former.agency_id, agency_path=former.agency_path,
        region_path=former.region_path, party_id=former.party_id, limits=limits, id=uuid7(), words=str(_("更正重办")),
        starts=("acceptance",) if "acceptance" in limits else ("statutory", "promised"),
    )  # fmt: skip
    case, _words = cases.open_case(actor, new, facts={})
    later(Reopening(case=case, former=former, origin_id=origins(former)[-1], reason=reason))
    entry = record("application", case.number, {"reopens": former.number, "item": former.type_code})
    cases.note(actor, former, "applications.reopen", _("发现决定有误，已更正重办"), note=reason, entry=entry.id)
    emit("application.reopened", case.number, {"case": case.id, "former": former.number, "party": former.party_id})
    messages.tell(case, "application-reopened", outcome="", reason=reason)
    return case


@act("applications.draw_recheck", gettext_lazy("抽取复核"))
def draw_recheck(actor: Actor, number: str) -> Recheck | None:
    """Draw whether an instant decision is looked at again, and open the case for it. Done by the node once for each; None when none was due."""
    case = Case.objects.select_for_update(of=("self",)).select_related("agency").filter(number=number).first()
    require(actor, cases.scope_of(case) if case else owner(None), subject=f"case:{number[:40]}")
    filing = latest(case) if case else None
    done = Recheck.objects.filter(case=case).first() if case else None
    if case is None or filing is None or done is not None or case.closed_at is None or filing.case_id != case.id:
        record("application", number[:40], {"recheck": "none" if done is None else "repeated"})
        return done
    percent, draw = rechecking.percent_of(items.version(filing.item_version)), rechecking.draw(filing.digest, number)
    followup = rechecking.open_followup(case, filing) if rechecking.chosen(draw, percent) else None
    found: dict[str, Any] = {"draw": draw, "percent": percent, "followup": followup.number if followup else ""}
    row = Recheck(case=case, draw=draw, percent=percent, followup=followup)
    later(row)
    record("application", number, found)
    return row
