"""What applicants are told, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yiwang.foundation.cases.queries import Case
from yiwang.foundation.messages.actions import send
from yiwang.foundation.messages.slots import Template, templates

templates.plug(
    "application-accepted",
    Template(_("%(item)s：已受理"), _("您的申请已经受理，编号 %(number)s。办理进度可以随时查看。")),
)
templates.plug(
    "application-correction",
    Template(_("%(item)s：请补正材料"), _("窗口请您补正：%(reason)s。办件编号 %(number)s。"), asks=True),
)
templates.plug(
    "application-not-accepted",
    Template(
        _("%(item)s：不予受理"),
        _("您的申请没有受理，编号 %(number)s。理由：%(reason)s。如有疑问，可以到窗口询问，也可以依法申请复议。"),
    ),
)
templates.plug(
    "application-inspected",
    Template(_("%(item)s：完成现场核查"), _("工作人员已经完成现场核查，编号 %(number)s。办理时限继续计算。")),
)
templates.plug(
    "application-decided",
    Template(_("%(item)s：%(outcome)s"), _("您的申请已经办结：%(outcome)s，编号 %(number)s。结果在“我的办件”里。")),
)
templates.plug(
    "application-refused",
    Template(
        _("%(item)s：%(outcome)s"),
        _(
            "您的申请已经办结：%(outcome)s，编号 %(number)s。理由：%(reason)s。"
            "不同意这个决定的，可以到窗口申请人工核实，也可以依法申请行政复议或者提起行政诉讼。"
        ),
    ),
)


def page_of(case: Case) -> str:
    """Where the applicant sees the case."""
    return f"/my/cases/{case.number}"


def tell(case: Case, template: str, *, outcome: str, reason: str) -> None:
    """Tell the applicant, inside the act under way."""
    if case.party_id is None:
        return
    words = {"item": case.type_name, "number": case.number, "outcome": outcome, "reason": reason.rstrip("。；")}
    send(case.party_id, template, words, link=page_of(case))


def tell_decided(case: Case, reason: str) -> None:
    """Tell what a case came to; a refusal with its reason and what can be done against it (行政许可法第三十八条)."""
    template = "application-refused" if case.outcome == "refused" else "application-decided"
    tell(case, template, outcome=case.outcome_name, reason=reason)
