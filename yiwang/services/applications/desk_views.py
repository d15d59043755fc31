"""What the office does after a decision: hand the result over, put an error right. One form each, reached from the case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yiwang.foundation.access.queries import acting
from yiwang.foundation.cases import queries as cases
from yiwang.kernel.refusals import Invalid, Problem

from . import actions, delivering, queries


def _form(
    request: HttpRequest, number: str, field: str, act: Callable[[str], str], **shown: Any
) -> HttpResponse:  # fmt: skip
    """A form of one field; ``act`` gets what was typed and gives the number of the case to go on with."""
    problems: tuple[Problem, ...] = ()
    typed = request.POST.get(field, "")
    if request.method == "POST":
        try:
            number = act(typed)
        except Invalid as invalid:
            problems = invalid.problems
        else:
            messages.success(request, shown["done"])
            return redirect("desk-case", number=number)
    shown |= {"case": cases.find(acting(request), number), "field": field, "typed": typed, "problems": problems}
    return render(request, "applications/desk_after.html", shown, status=422 if problems else 200)


@require_http_methods(["GET", "POST"])
def reopen(request: HttpRequest, number: str) -> HttpResponse:
    """Why a decision was wrong; then the same application runs again under a number of its own."""
    return _form(
        request, number, "reason", lambda text: actions.reopen(acting(request), number, text).number,
        heading=_("更正重办"), icon="rotate", field_type="textarea", field_label=_("发现了什么错误"), required=True,
        done=_("已经更正重办，这是新的办件。"),
        lead=[_("原来的决定留作记录，同一份申请按现在的流程重新办理，申请人会收到通知，不用重新申请。")],
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def deliver(request: HttpRequest, number: str) -> HttpResponse:
    """Write down that the result was fetched or posted."""
    wanted = queries.handing(acting(request), number)
    posted = wanted.get("way") == delivering.POST
    return _form(
        request, number, "tracking", lambda text: actions.deliver(acting(request), number, text).case.number,
        heading=_("登记寄出") if posted else _("登记已领取"), icon="truck-delivery" if posted else "hand-grab", field_type="text",
        field_label=_("邮件号") if posted else _("备注号"), required=posted, done=_("已经登记送达。"),
        lead=[_("收件人：%(name)s，%(phone)s，%(address)s") % wanted] if posted else [_("请核对领取人的身份证件。")],
    )  # fmt: skip
