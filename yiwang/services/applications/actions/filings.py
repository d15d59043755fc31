"""The act of submitting."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, act, later, running
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.ids import uuid7
from yiwang.kernel.refusals import Invalid
from yiwang.services.applications import checks, deciding, evidence, messages
from yiwang.services.applications.begun import known_well_enough, mine, offered, pinned
from yiwang.services.applications.filing import check_signature, make_filing, sources_of_draft
from yiwang.services.applications.models import Draft, Filing
from yiwang.services.items.queries import PublishedItem


def _limits(item: PublishedItem) -> dict[str, dict[str, Any]]:
    """The item's limits as the case engine counts them. An instant item has no acceptance of its own."""
    found: dict[str, dict[str, Any]] = {}
    if item.limits.acceptance_days and not item.instant:
        found["acceptance"] = {"count": item.limits.acceptance_days, "unit": "working"}
    for kind, limit in (("statutory", item.limits.statutory), ("promised", item.limits.promised)):
        if limit is not None and limit.count:
            found[kind] = {"count": limit.count, "unit": limit.unit}
    return found


@act("applications.submit", gettext_lazy("提交申请"), party=True)
def submit(actor: Actor, draft_id: UUID | str, *, signed_name: str, agreed: bool) -> Filing:
    """Check everything, sign, and open the case. A draft submitted again gives its first filing: a retry is never a second case.

    Raises :class:`Invalid` with every problem of the whole draft at once.
    """
    draft = mine(actor, draft_id)
    if draft.case_id is not None:
        current = running()
        assert current is not None
        current.recorded = True  # recorded when it was done; coming again changes nothing
        return Filing.objects.select_related("case").get(case=draft.case_id, revision=1)
    item = pinned(draft)
    offered(draft.item_code)
    known_well_enough(actor, item)
    gathered = checks.gathered(item, draft)
    wrong = [
        *checks.problems(actor, item, draft, gathered),
        *check_signature(actor, signed_name, agreed),
    ]
    if wrong:
        raise Invalid(_("还有 %(n)s 处需要修改，申请没有提交。") % {"n": len(wrong)}, problems=wrong)

    materials = evidence.handed_in(gathered)
    data = checks.form_of(draft).kept(draft.data, checks.context(draft, actor))
    case_id = uuid7()
    filing = make_filing(
        actor, draft, case_id=case_id, revision=1, data=data, sources=sources_of_draft(draft, data), materials=materials
    )
    limits = _limits(item)
    new = cases.NewCase(
        id=case_id,
        kind="application",
        type_code=item.code,
        type_name=item.name,
        title=item.name,
        procedure=case_queries.procedure_id(item.procedure),
        agency_code=item.agency_code,
        agency_path=item.agency_path,
        region_path=item.region_path,
        party_id=draft.party_id,
        limits=limits,
        starts=("acceptance",) if "acceptance" in limits else ("statutory", "promised"),
    )
    facts = deciding.facts_of(actor, item, filing) if item.decision else None
    case, words = cases.open_case(actor, new, facts=facts)
    entry = record(
        "application",
        case.number,
        {
            "item": item.code,
            "version": item.version,
            "digest": filing.digest,
            "materials": [{"code": row.code, "how": str(row.how), "sha256": row.sha256} for row in materials],
            "decided": case.outcome or (words and "started") or "",
        },
    )
    filing.entry_id = entry.id
    later(filing, *materials)
    Draft.objects.filter(id=draft.id).update(case=case)
    emit(
        "application.submitted",
        case.number,
        {"case": case.id, "item": item.code, "party": draft.party_id, "ended": case.outcome},
    )
    if case.closed_at is not None:
        messages.tell_decided(case, words)
    filing.case = case
    return filing
