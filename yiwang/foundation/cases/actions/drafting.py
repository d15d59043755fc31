"""The acts by which a procedure is drawn: its next version is kept as a draft until it is published."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, act, require
from yiwang.foundation.cases.drafted import KIND, body_of
from yiwang.foundation.cases.models import Procedure
from yiwang.foundation.cases.procedures import parse
from yiwang.foundation.drafts import actions as drafts
from yiwang.foundation.drafts.queries import Draft
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Invalid, Problem

_CODE = re.compile(r"[a-z][a-z0-9_-]{0,59}")


@act("cases.draft_procedure", gettext_lazy("起草流程"))
def draft_procedure(actor: Actor, code: str, name: str, bpmn: str, *, seen: int = 0) -> Draft:
    """Keep the BPMN as the next version of the procedure ``code`` while it is being drawn; it may still be wrong.

    ``seen`` is the revision of the draft that the writer had before them, 0 for none. Raises :class:`Conflict` when somebody
    else has saved since, :class:`Invalid` for a code, a name or a file that no procedure could have.
    """
    require(actor, subject=f"procedure:{code[:60]}")
    problems = []
    if not _CODE.fullmatch(code):
        message = _("流程代码只能用小写英文字母、数字、下划线和连字符，以字母开头，最长 60 个字符。")
        problems.append(Problem("code", "format", message))
    if not name.strip() or len(name) > 120:
        problems.append(Problem("name", "required", _("请填写流程名称，最长 120 个字。")))
    if problems:
        raise Invalid(_("草稿没有保存。"), problems=problems)
    parse(bpmn)
    newest = Procedure.objects.filter(code=code).order_by("-version").values_list("version", flat=True).first()
    body = body_of(name, bpmn)
    row = drafts.keep(KIND, code, body, title=name, based_on=newest or 0, seen=seen)
    record("procedure", code, {"draft": row.revision, "digest": row.digest})
    return row


@act("cases.drop_procedure_draft", gettext_lazy("删除流程草稿"))
def drop_procedure_draft(actor: Actor, code: str) -> None:
    """Drop the draft of a procedure. Raises :class:`Missing`."""
    require(actor, subject=f"procedure:{code[:60]}")
    row = drafts.drop(KIND, code)
    record("procedure", code, {"dropped": row.revision, "digest": row.digest})
