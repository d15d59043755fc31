"""For the operator and the auditor: background jobs that failed, calls that were refused; and taking a list away."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.foundation.access.queries import ACTS, acting, allowed, require_somewhere
from yiwang.foundation.desk import actions, queries
from yiwang.foundation.desk.files import MOST
from yiwang.foundation.desk.filters import denial_filter
from yiwang.foundation.desk.slots import listings
from yiwang.foundation.events import queries as events
from yiwang.kernel.refusals import Invalid, Missing, Problem

from .common import back_of


@never_cache
@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """What waits in the background, and what has failed for good."""
    actor = acting(request)
    found = events.dead_jobs(actor, cursor=request.GET.get("cursor", ""))
    rows = [{"job": job, "last_line": job.last_error.strip().rsplit("\n", 1)[-1][:200]} for job in found.items]
    context = {
        "backlog": events.backlog(actor), "rows": rows, "page": found,
        "may_rerun": allowed(actor, "desk.rerun"),
    }  # fmt: skip
    return render(request, "desk/jobs.html", context)


@require_POST
def rerun(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Run a dead job again."""
    try:
        actions.rerun(acting(request), job_id)
    except Missing as refusal:  # somebody else was faster: the list says so, nothing is lost
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("任务已重新排队，马上会再运行。"))
    return HttpResponseRedirect(reverse("desk-jobs"))


@never_cache
@require_GET
def denials(request: HttpRequest) -> HttpResponse:
    """Who was refused what, newest first."""
    wanted = denial_filter(request.GET)
    found = queries.denials(acting(request), wanted, cursor=request.GET.get("cursor", ""))
    rows = [{"denial": denial, "what": ACTS.get(denial.permission, denial.permission)} for denial in found.items]
    context = {
        "rows": rows, "page": found, "wanted": wanted, "listing": "denials", "back": back_of(request.GET.urlencode()),
        "days": [("1", _("最近一天")), ("7", _("最近七天")), ("30", _("最近三十天"))],
        "filtered": wanted != queries.DenialFilter(),
    }  # fmt: skip
    return render(request, "desk/denials.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def export(request: HttpRequest, listing: str) -> HttpResponse:
    """Ask why, then hand out the list as it is filtered."""
    actor = acting(request)
    require_somewhere(actor, "desk.export")
    plug = listings.get(listing)
    if plug is None:
        raise Missing(_("没有这份清单，请从清单页面导出。"))
    filters = back_of(request.GET.urlencode())
    problems: tuple[Problem, ...] = ()
    purpose = ""
    if request.method == "POST":
        purpose = request.POST.get("purpose", "")
        try:
            made = actions.export(actor, listing, filters, purpose)
        except Invalid as refusal:
            problems = refusal.problems
        else:
            response = HttpResponse(made.content, content_type="text/csv; charset=utf-8")
            response["Content-Disposition"] = content_disposition_header(True, made.name) or "attachment"
            return response
    context = {
        "listing": plug, "purpose": purpose, "problems": problems, "most": MOST,
        "way_back": reverse(plug.page) + (f"?{filters}" if filters else ""),
    }  # fmt: skip
    return render(request, "desk/export.html", context, status=422 if problems else 200)
