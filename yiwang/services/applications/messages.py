"""What applicants are told, in words."""

from __future__ import annotations

from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from yiwang.foundation.cases.queries import Case
from yiwang.foundation.messages.actions import send
from yiwang.foundation.messages.slots import Template, templates

from . import remedies

_REMEDIES = lazy(remedies.in_short, str)()

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
        format_lazy("{}{}", _("您的申请没有受理，编号 %(number)s。理由：%(reason)s。"), _REMEDIES),
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
        format_lazy("{}{}", _("您的申请已经办结：%(outcome)s，编号 %(number)s。理由：%(reason)s。"), _REMEDIES),
    ),
)
templates.plug(
    "application-posted",
    Template(_("%(item)s：结果已寄出"), _("您的办理结果已经寄出，编号 %(number)s，邮件号 %(reason)s。")),
)
templates.plug(
    "application-reopened",
    Template(
        _("%(item)s：更正重办"),
        _("我们发现原来的决定有误，现在更正重办，新的编号 %(number)s。理由：%(reason)s。您不用重新申请。"),
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
