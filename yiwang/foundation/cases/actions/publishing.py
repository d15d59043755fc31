"""Publishing procedures."""

from __future__ import annotations

import hashlib

from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, act, require
from yiwang.foundation.cases import drafted, engine, procedures
from yiwang.foundation.cases.models import Procedure
from yiwang.foundation.ledger.actions import record


@act("cases.publish_procedure", gettext_lazy("发布流程"))
def publish_procedure(actor: Actor, code: str, name: str, bpmn: str) -> Procedure:
    """Publish a procedure. The same BPMN again is the same version; other BPMN is a new one, for new cases only.

    The procedures that it calls are pinned to their newest versions. Raises :class:`Invalid` with every mistake and the id of the
    element that has it.
    """
    require(actor)
    digest = hashlib.sha256(bpmn.encode()).hexdigest()
    latest = Procedure.objects.filter(code=code).order_by("-version").first()
    definition = procedures.read(code, name, bpmn)
    if latest and (latest.digest, latest.name, latest.calls) == (digest, name, definition.pins):
        record("procedure", code, {"version": latest.version, "unchanged": True})
        return latest
    engine.begin(definition, engine.spec_of(definition), lambda step: None)  # a trial: it must reach a first task
    row = Procedure(
        code=code, name=name, bpmn=bpmn, digest=digest, calls=definition.pins, version=latest.version + 1 if latest else 1
    )  # fmt: skip
    row.save(force_insert=True)
    record("procedure", code, {"version": row.version, "sha256": digest, "calls": definition.pins})
    drafted.published(code, name, bpmn)
    return row
