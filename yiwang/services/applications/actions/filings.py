"""The act of submitting."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Level, about, act, change_later, later, running
from yiwang.foundation.cases import actions as cases
from yiwang.foundation.cases import queries as case_queries
from yiwang.foundation.events.actions import emit, enqueue
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.ids import uuid7
from yiwang.kernel.refusals import Invalid
from yiwang.services.applications import checks, deciding, delivering, evidence, messages, papers
from yiwang.services.applications.begun import known_well_enough, mine, offered, pinned
from yiwang.services.applications.filing import check_signature, limits_of, make_filing, sources_of_draft
from yiwang.services.applications.jobs import seal_paper
from yiwang.services.applications.models import Filing


@act("applications.submit", gettext_lazy("提交申请"), party=True, level=Level.FACE)
def submit(
    actor: Actor, draft_id: UUID | str, *, signed_name: str, agreed: bool, delivery: Mapping[str, str] | None = None
) -> Filing:
    """Check everything, sign, and open the case. A draft submitted again gives its first filing: a retry is never a second case.

    ``delivery`` says how the result is to come: {"way": "electronic" | "pickup" | "post"}, and for the post "name", "phone", "address".
    Raises :class:`Invalid` with every problem of the whole draft at once.
    """
    draft = mine(actor, draft_id)
    if draft.case_id is not None:
        current = running()
        assert current is not None
        current.recorded = True  # recorded when it was done; coming again changes nothing
        return Filing.objects.select_related("case").get(case=draft.case_id, revision=1)
    actor = about(actor, draft.item_code)
    item = pinned(draft)
    offered(draft.item_code)
    known_well_enough(actor, item)
    gathered = checks.gathered(item, draft)
    handing, undeliverable = delivering.checked(item, delivery or {})
    wrong = [
        *checks.problems(actor, item, draft, gathered),
        *undeliverable,
        *check_signature(actor, signed_name, agreed),
    ]
    if wrong:
        raise Invalid(_("还有 %(n)s 处需要修改，申请没有提交。") % {"n": len(wrong)}, problems=wrong)

    materials = evidence.handed_in(gathered)
    data = checks.form_of(draft).kept(draft.data, checks.context(draft, actor))
    case_id = uuid7()
    filing = make_filing(
        actor, draft, case_id=case_id, revision=1, data=data, sources=sources_of_draft(draft, data), materials=materials,
        delivery=handing,
    )  # fmt: skip
    limits = limits_of(item)
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
    draft.case = case
    change_later(draft, "case")
    emit(
        "application.submitted",
        case.number,
        {"case": case.id, "item": item.code, "party": draft.party_id, "ended": case.outcome},
    )
    if case.closed_at is not None:
        messages.tell_decided(case, words)
        if kind := papers.kind_of_end(case, item):
            paper = papers.compose(case, filing, item, kind, words, automatic=True)
            later(paper)
            enqueue(seal_paper, paper_id=str(paper.id))
    filing.case = case
    return filing
