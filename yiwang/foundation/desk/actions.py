"""The acts of the workbench itself: taking a list away as a file, running a dead job again."""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, act, require, require_somewhere
from yiwang.foundation.events.actions import revive
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Invalid, Missing, Problem

from .files import Sheet, sheet
from .models import Export
from .slots import listings

LONGEST_PURPOSE = 200


@act("desk.export", gettext_lazy("导出清单"))
def export(actor: Actor, listing: str, filters: str, purpose: str) -> Sheet:
    """Make a file of a list as it is filtered, at most :data:`files.MOST` rows, and keep who took it and why.

    ``filters`` is the list's query string. Raises :class:`Missing` for an unknown list, :class:`Invalid` without a purpose.
    """
    require_somewhere(actor, "desk.export")
    assert actor.account_id is not None, "a list is taken away by somebody"
    if listing not in listings:
        raise Missing(_("没有这份清单，请从清单页面导出。"))
    purpose = purpose.strip()
    if not purpose:
        message = _("请写明导出做什么用，比如“科室周例会核对进度”。")
        raise Invalid(message, problems=[Problem("purpose", "required", message)])
    if len(purpose) > LONGEST_PURPOSE:
        message = _("用途最多写 %(most)s 个字。") % {"most": LONGEST_PURPOSE}
        raise Invalid(message, problems=[Problem("purpose", "max-length", message)])
    made = sheet(actor, listing, filters, purpose)
    kept = Export(
        account_id=actor.account_id, listing=listing, filters=filters, purpose=purpose, rows=made.rows,
        sha256=hashlib.sha256(made.content).hexdigest(),
    )  # fmt: skip
    kept.save(force_insert=True)
    record("export", kept.id, {"listing": listing, "rows": made.rows, "sha256": kept.sha256})
    return made


@act("desk.rerun", gettext_lazy("重新运行失败的任务"))
def rerun(actor: Actor, job_id: UUID | str) -> None:
    """Give a dead job all its tries again. Raises :class:`Missing` when it is not dead (any more)."""
    require(actor, subject=f"job:{job_id}")
    job = revive(str(job_id))
    record("job", job.id, {"name": job.name})
