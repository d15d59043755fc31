"""What parties are told by the case engine itself, whatever kind of case it is."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yiwang.foundation.messages.slots import Template, templates

templates.plug(
    "case-asked",
    Template(_("%(item)s：请您补充说明"), _("工作人员请您补充：%(question)s。办件编号 %(number)s。"), asks=True),
)
templates.plug(
    "case-suspended",
    Template(
        _("%(item)s：暂停计算办理时限"),
        _("原因：%(reason)s。所需时间不计入办理时限，预计最晚到 %(until)s。办件编号 %(number)s。"),
    ),
)
templates.plug(
    "case-resumed",
    Template(_("%(item)s：恢复办理"), _("您的事项已经恢复办理，办理时限继续计算。办件编号 %(number)s。")),
)
templates.plug(
    "case-terminated",
    Template(_("%(item)s：终止办理"), _("理由：%(reason)s。%(remedy)s办件编号 %(number)s。")),
)
