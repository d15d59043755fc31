"""Making what is handed in: the signature asked for, the filing built and signed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor
from yiwang.kernel.refusals import Problem
from yiwang.services.items.queries import PublishedItem

from . import signing
from .models import Draft, Filing, FilingMaterial

STATEMENT = gettext_lazy("我已核对以上内容，保证真实、完整，并愿意承担相应的法律责任。")


def check_signature(actor: Actor, signed_name: str, agreed: bool) -> list[Problem]:
    """What is missing from the signature: the statement accepted, and the signer's own name."""
    found = []
    if not agreed:
        found.append(Problem("agreed", "required", _("请先阅读并勾选声明。")))
    if not _letters(signed_name) or _letters(signed_name) != _letters(actor.name):
        found.append(Problem("signed_name", "mismatch", _("请在签名处写下您本人的姓名，与账号姓名一致。")))
    return found


def _letters(name: str) -> str:
    """A name by its letters alone: spaces, and the many dots of 阿依古丽·买买提, are typed in many ways."""
    return "".join(character for character in name if character.isalnum()).casefold()


def make_filing(
    actor: Actor, like: Draft | Filing, *, case_id: UUID, revision: int, data: dict[str, Any], sources: dict[str, Any],
    materials: Sequence[FilingMaterial], delivery: dict[str, str] | None = None, reply: str = "",
) -> Filing:  # fmt: skip
    """Build and sign a filing (not saved) for what ``like`` applies for: the same for an application and for a correction."""
    assert actor.account_id is not None  # nobody else has a party to apply for
    filing = Filing(
        case_id=case_id, revision=revision, item_code=like.item_code, item_version=like.item_version,
        form_code=like.form_code, form_version=like.form_version, party_id=like.party_id, situation=like.situation,
        data=data, sources=sources, delivery=delivery or {}, reply=reply, signed_by_id=actor.account_id, signed_name=actor.name,
        signed_at=actor.now(), statement=str(STATEMENT),
    )  # fmt: skip
    signing.sign(filing, materials)
    for row in materials:
        row.filing = filing
    return filing


def sources_of_draft(draft: Draft, data: dict[str, Any]) -> dict[str, Any]:
    """Where the answers came from that are still what a register said."""
    return {
        name: {"source": known["source"], "as_of": known["as_of"]}
        for name, known in draft.prefilled.items()
        if name in data and data[name] == known["value"]
    }


def limits_of(item: PublishedItem) -> dict[str, dict[str, Any]]:
    """The item's limits as the case engine counts them. An instant item has no acceptance of its own."""
    found: dict[str, dict[str, Any]] = {}
    if item.limits.acceptance_days and not item.instant:
        found["acceptance"] = {"count": item.limits.acceptance_days, "unit": "working"}
    for kind, limit in (("statutory", item.limits.statutory), ("promised", item.limits.promised)):
        if limit is not None and limit.count:
            found[kind] = {"count": limit.count, "unit": limit.unit}
    return found
