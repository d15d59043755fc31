"""The acts of the workbench itself: taking a list away as a file, keeping a view of one, running a dead job again."""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, act, deny, require, require_somewhere
from yiwang.foundation.cases.queries import READ
from yiwang.foundation.events.actions import revive
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Invalid, Missing, Problem

from .files import Sheet, sheet
from .models import Export, SavedView
from .permissions import WORK
from .queries import may, my_agencies
from .slots import listings

LONGEST_PURPOSE = 200
LONGEST_NAME = 30
MOST_VIEWS = 50  # of one account
KEPT_LISTS = {"queue": WORK, "cases": READ}  # whose views can be kept, and who sees them


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


@act("desk.save_view", gettext_lazy("保存视图"), public=True)
def save_view(actor: Actor, listing: str, name: str, query: str, *, share: str = "") -> SavedView:
    """Keep a list as it is filtered, under a name; the same name again replaces it. Whoever sees the list may.

    ``share`` is the code of an agency of the actor's own, whose people all see the view. Raises :class:`Invalid`.
    """
    require(actor, subject=f"listing:{listing}")
    if not actor.signed_in or listing not in KEPT_LISTS or not may(actor, KEPT_LISTS[listing]):
        deny(actor, subject=f"listing:{listing}")
    name = name.strip()
    problems = []
    if not name or len(name) > LONGEST_NAME:
        problems.append(Problem("name", "required", _("请给视图起个名字，最多 %(n)s 个字") % {"n": LONGEST_NAME}))
    if share and share not in {agency.code for agency in my_agencies(actor)}:
        problems.append(Problem("share", "choice", _("只能和自己所在的单位共用")))
    mine = list(SavedView.objects.filter(account=actor.account_id, listing=listing))
    same = next((view for view in mine if view.name == name), None)
    if same is None and len(mine) >= MOST_VIEWS:
        problems.append(Problem("name", "too-many", _("最多存 %(n)s 个视图，请先删掉不用的") % {"n": MOST_VIEWS}))
    if problems:
        raise Invalid(problems[0].message, problems=problems)
    assert actor.account_id is not None, "somebody is signed in"
    view = same or SavedView(account_id=actor.account_id, listing=listing)
    view.name, view.query, view.agency_id = name, query, share or None
    view.save()
    record("view", view.id, {"listing": listing, "shared": share})
    return view


@act("desk.delete_view", gettext_lazy("删除视图"), public=True)
def delete_view(actor: Actor, view_id: UUID | str) -> None:
    """Delete a view of one's own, also for those with whom it was shared."""
    require(actor, subject=f"view:{view_id}")
    view = SavedView.objects.filter(id=view_id).first()
    if view is not None and view.account_id != actor.account_id:
        deny(actor, subject=f"view:{view_id}", message=_("这个视图是同事存的，只有本人能删。"))
    if view is None:
        raise Missing(_("没有这个视图，可能已经删掉。"))
    view.delete()
    record("view", view_id, {"deleted": True})
