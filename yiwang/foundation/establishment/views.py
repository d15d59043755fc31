"""The directory for staff: the tree of agencies, an agency, a division, the calendar of working days."""

from __future__ import annotations

import calendar as months
import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _later
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.foundation.access.queries import Scope, acting, allowed
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem, Refusal

from . import actions, notice_text, queries
from .maps import picture
from .queries import AgencyPage

# What a form of the agency's page does: its name in the address, its act, its words.
_CHANGES = {
    "appoint": ("appoint", _later("任命")),
    "post": ("add_post", _later("增设岗位")),
    "rename": ("rename_agency", _later("更名")),
    "move": ("move_agency", _later("划转")),
    "merge": ("merge_agency", _later("合并")),
    "close": ("close_agency", _later("撤销机构")),
}


def _day(text: str, field: str = "on") -> dt.date:
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        message = _("请填写存在的日期，写成 2026-11-21 的样子。")
        raise Invalid(message, problems=[Problem(field, "format", message)]) from None


def _on(request: HttpRequest) -> dt.date:
    text = request.GET.get("on", "")
    return _day(text) if text else timezone.localdate()


@require_GET
def agencies(request: HttpRequest) -> HttpResponse:
    """The tree of agencies as it was on a day."""
    day = _on(request)
    rows = queries.agencies(acting(request), day)
    today = timezone.localdate()
    return render(request, "establishment/agencies.html", {"rows": rows, "day": day, "past": day != today})


@require_GET
def agency(request: HttpRequest, code: str) -> HttpResponse:
    """One agency on a day: posts, people, history, and what may be changed."""
    return _agency(request, code, _on(request))


def _agency(
    request: HttpRequest, code: str, day: dt.date, refused: Refusal | None = None, change: str = ""
) -> HttpResponse:
    actor = acting(request)
    page = queries.agency(actor, code, day)
    scope = Scope(agency=page.row.path)
    change = change or request.GET.get("change", "")
    tabs = [
        {"name": name, "href": f"?change={key}#change", "current": key == change}
        for key, (act, name) in _CHANGES.items()
        if page.row.until is None and allowed(actor, f"establishment.{act}", scope)
    ]
    problems = () if refused is None else refused.problems or (Problem("", refused.code, str(refused)),)
    return render(
        request, "establishment/agency.html",
        {
            "page": page, "day": day, "past": day != timezone.localdate(), "tabs": tabs, "change": change if tabs else "",
            "may_relieve": allowed(actor, "establishment.relieve", scope), "problems": problems,
            "values": request.POST if refused else {}, "others": _others(request, page) if tabs else [],
            "today": timezone.localdate().isoformat(),
            "posts": [{"value": post.name, "label": post.name} for post, _held in page.posts],
            "trail": [(_("机构"), reverse("desk-agencies"))],
        },
        status=422 if refused else 200,
    )  # fmt: skip


def _others(request: HttpRequest, page: AgencyPage) -> list[dict[str, str]]:
    rows = queries.agencies(acting(request))
    return [{"value": r.agency.code, "label": r.agency.name} for r in rows if r.agency.code != page.row.code]


@require_POST
def change(request: HttpRequest, code: str, change: str) -> HttpResponse:
    """One of the changes of an agency, from a form of its page."""
    acts: dict[str, Callable[[], object]] = {
        "rename": lambda: actions.rename_agency(
            acting(request), code, given("name"), on=_day(given("on")), basis=given("basis"), short_name=given("short_name")
        ),
        "move": lambda: actions.move_agency(
            acting(request), code, given("parent"), on=_day(given("on")), basis=given("basis")
        ),
        "merge": lambda: actions.merge_agency(
            acting(request), code, given("into"), on=_day(given("on")), basis=given("basis")
        ),
        "close": lambda: actions.close_agency(acting(request), code, on=_day(given("on")), basis=given("basis")),
        "post": lambda: actions.add_post(acting(request), code, given("name")),
        "appoint": lambda: actions.appoint(
            acting(request), given("username"), code, given("post"), _day(given("since"), "since")
        ),
    }  # fmt: skip

    def given(name: str) -> str:
        return request.POST.get(name, "").strip()

    if change not in acts:
        raise Missing(_("没有这一种变更。"))
    try:
        acts[change]()
    except (Invalid, Conflict) as refusal:
        return _agency(request, code, timezone.localdate(), refusal, change)
    messages.success(request, _("已登记。"))
    return redirect("desk-agency", code=code)


@require_POST
def relieve(request: HttpRequest, posting: int) -> HttpResponse:
    """End a posting from the page of its agency."""
    try:
        row = actions.relieve(acting(request), posting, _day(request.POST.get("until", ""), "until"))
    except (Invalid, Conflict) as refusal:
        return _agency(request, request.POST.get("agency", ""), timezone.localdate(), refusal, "relieve")
    messages.success(request, _("已登记。"))
    return redirect("desk-agency", code=row.post.agency_id)


@require_GET
def regions(request: HttpRequest) -> HttpResponse:
    """The top of the divisions; the first one, where there is only one."""
    top = queries.regions(acting(request))
    if len(top) == 1:
        return redirect("desk-region", code=top[0].code)
    return render(request, "establishment/regions.html", {"rows": top})


@require_http_methods(["GET", "POST"])
def region(request: HttpRequest, code: str) -> HttpResponse:
    """One division: its outline with those inside it, what it was called, and the form for another name."""
    actor = acting(request)
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        given = {name: request.POST.get(name, "").strip() for name in ("name", "on", "basis")}
        try:
            actions.rename_region(actor, code, given["name"], on=_day(given["on"]), basis=given["basis"])
        except (Invalid, Conflict) as refusal:
            problems = refusal.problems or (Problem("", refusal.code, str(refusal)),)
        else:
            messages.success(request, _("已登记。"))
            return redirect("desk-region", code=code)
    page = queries.region(actor, code, _on(request))
    levels = dict(type(page.row).Level.choices)
    return render(
        request, "establishment/region.html",
        {
            "page": page, "picture": picture(page.row, page.children), "problems": problems, "values": request.POST,
            "inside": [(levels[level], count) for level, count in page.inside.items()],
            "may_rename": allowed(actor, "establishment.rename_region", Scope(region=page.row.path)),
            "today": timezone.localdate().isoformat(),
            "trail": [(found.name, reverse("desk-region", args=[found.code])) for found in page.above],
        },
        status=422 if problems else 200,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def calendar(request: HttpRequest) -> HttpResponse:
    """A year of working days, the notice behind it, and the form by which an administrator loads a notice."""
    actor = acting(request)
    text = request.POST.get("year", "") or request.GET.get("year", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else timezone.localdate().year
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            days = notice_text.read(request.POST.get("days", ""))
            loaded = actions.load_notice(actor, number, request.POST.get("source", "").strip(), days)
        except Invalid as refusal:
            problems = tuple(
                Problem("days" if problem.field.startswith("days") else problem.field, problem.rule, problem.message)
                for problem in refusal.problems
            )
        else:
            messages.success(request, _said(loaded.new, len(loaded.changed)))
            return redirect(f"{request.path}?year={number}")
    found = queries.year(actor, number)
    return render(
        request, "establishment/calendar.html",
        {
            "page": found, "months": _months(found), "problems": problems, "values": request.POST,
            "may_load": allowed(actor, "establishment.load_notice"), "worked": sum(day.works for day in found.days),
            "tabs": [
                {"name": str(year), "href": f"?year={year}", "current": year == number}
                for year in sorted({*found.years, number, timezone.localdate().year + 1})
            ],
        },
        status=422 if problems else 200,
    )  # fmt: skip


def _said(new: bool, changed: int) -> str:
    if not new:
        return _("这份通知已经载入过，没有变化。")
    return _("已载入，%(n)s 天的安排有变化。正在办理的件将重新计算期限。") % {"n": changed}


def _months(found: queries.Year) -> list[dict[str, Any]]:
    """Twelve months of weeks; a day outside the month is None."""
    by_date = {day.date: day for day in found.days}
    weeks = months.Calendar().monthdatescalendar
    return [
        {
            "number": month,
            "weeks": [
                [by_date[day] if day.month == month and day in by_date else None for day in week]
                for week in weeks(found.year, month)
            ],
        }
        for month in range(1, 13)
    ]
