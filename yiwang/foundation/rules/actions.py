"""Publishing tables, and deciding by them."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Again, UnfinishedAct, act, require, running, system
from yiwang.foundation.drafts import actions as drafts
from yiwang.foundation.drafts.queries import Draft
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.canonical import canonical_bytes

from . import tables
from .models import DecisionRecord, TableVersion
from .queries import DRAFT, Decision, table, version_row


@act("rules.publish", gettext_lazy("发布规则"))
def publish(actor: Actor, code: str, body: dict[str, Any]) -> TableVersion:
    """Publish ``body`` as the next version of the table ``code``; the newest body again is the newest version again.

    Everything is checked and the table's own tests are run first. Raises :class:`Invalid` with every mistake.
    """
    require(actor, subject=f"rule:{code}")
    tables.check(code, body)
    digest = hashlib.sha256(canonical_bytes(body)).hexdigest()
    newest = TableVersion.objects.filter(code=code).order_by("-version").first()
    if newest is not None and newest.digest == digest:
        record("rule", code, {"version": newest.version, "digest": digest, "unchanged": True})
        return newest
    row = TableVersion(
        code=code, version=newest.version + 1 if newest else 1, title=body["title"], body=body, digest=digest,
        published_by=actor.reference(),
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # somebody published at the same moment
        raise Again from None
    record("rule", code, {"version": row.version, "digest": digest})
    drafts.published(DRAFT, code, body)
    emit("rule.published", code, {"version": row.version})
    return row


@act("rules.draft", gettext_lazy("起草规则"))
def save_draft(actor: Actor, code: str, body: dict[str, Any], *, seen: int = 0) -> Draft:
    """Keep ``body`` as the next version of the table ``code`` while it is being written; it may still be wrong.

    ``seen`` is the revision of the draft that the writer had before them, 0 for none. Raises :class:`Conflict` when somebody
    else has saved since, :class:`Invalid` for a code or a body that no table could have.
    """
    require(actor, subject=f"rule:{code}")
    tables.check_shape(code, body)
    newest = TableVersion.objects.filter(code=code).order_by("-version").values_list("version", flat=True).first()
    row = drafts.keep(DRAFT, code, body, title=str(body["title"]), based_on=newest or 0, seen=seen)
    record("rule", code, {"draft": row.revision, "digest": row.digest})
    return row


@act("rules.drop_draft", gettext_lazy("删除规则草稿"))
def drop_draft(actor: Actor, code: str) -> None:
    """Drop the draft of a table. Raises :class:`Missing`."""
    require(actor, subject=f"rule:{code}")
    row = drafts.drop(DRAFT, code)
    record("rule", code, {"dropped": row.revision, "digest": row.digest})


def decide(code: str, facts: dict[str, Any], *, kind: str, subject: object, version: int = 0) -> Decision:
    """Decide by the table ``code`` (its newest version, or a given one) about the thing ``subject`` of ``kind``.

    Part of the act under way, in its transaction; the decision is kept and traced as the node's own act. A decision in which
    no row matched has ``decided`` False and is for a person to take. Raises :class:`Invalid` for facts that the table does not
    take, LookupError for a table that is not there.
    """
    if running() is None:
        raise UnfinishedAct("rules.decide belongs inside an act")
    return _decide(system(), code, facts, kind, str(subject), version)


@act("rules.decide", gettext_lazy("按规则自动判断"))
def _decide(actor: Actor, code: str, facts: dict[str, Any], kind: str, subject: str, version: int) -> Decision:
    require(actor, subject=f"rule:{code}")
    row = version_row(code, version)
    output, matched = table(row.id).evaluate(facts)
    kept = DecisionRecord(
        at=timezone.now(), table_id=row.id, kind=kind, subject=subject, facts=facts,
        outcome={"output": output, "matched": [asdict(line) for line in matched]},
    )  # fmt: skip
    kept.save(force_insert=True)
    about = {
        "rule": code,
        "version": row.version,
        "kind": kind,
        "subject": subject,
        "rows": [line.id for line in matched],
    }
    record("decision", kept.id, about)
    return Decision(kept.id, code, row.version, output, tuple(matched))
