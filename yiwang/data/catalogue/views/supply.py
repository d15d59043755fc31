"""Supply and demand for officials: demands, the lists of duties and refusals, figures, the survey."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.data.catalogue import actions, queries, sheets
from yiwang.data.catalogue.models import Demand, Entry
from yiwang.foundation.access.queries import acting, allowed, require_somewhere
from yiwang.foundation.cases.queries import scope_of
from yiwang.foundation.standards import queries as standards
from yiwang.kernel.refusals import Invalid, Missing, Problem, TooLarge

from .common import day, number

GRADES = (1, 2, 3, 4, 5)


def grades() -> list[tuple[str, str]]:
    """GB/T 39046 A.8."""
    words = (_("非常满意"), _("满意"), _("基本满意"), _("不满意"), _("非常不满意"))
    return [(str(grade), word) for grade, word in zip(GRADES, words, strict=True)]


@never_cache
@require_GET
def demands(request: HttpRequest) -> HttpResponse:
    """What was asked of us and by us."""
    actor = acting(request)
    wanted = queries.demand_filter(request.GET)
    tabs = [
        {"name": name, "href": f"?side={side}" if side else "?", "current": wanted.side == side, "count": None}
        for side, name in (("", _("全部")), ("theirs", _("向我们要的")), ("ours", _("我们提出的")))
    ]
    context = {
        "page": queries.demands(actor, wanted, cursor=request.GET.get("cursor", "")), "wanted": wanted, "tabs": tabs,
        "states": Demand.State.choices, "filtered": wanted != queries.DemandFilter(), "grades": dict(enumerate(("", *(w for _n, w in grades())))),
        "may_demand": any(held.allows("catalogue.demand") for held in actor.held),
        "may_export": any(held.allows("desk.export") for held in actor.held),
    }  # fmt: skip
    return render(request, "catalogue/demands.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def new_demand(request: HttpRequest) -> HttpResponse:
    """Ask for data: first what is looked for, with what the catalogue has of it, then the rest."""
    actor = acting(request)
    require_somewhere(actor, "catalogue.demand")
    problems: tuple[Problem, ...] = ()
    given = request.POST or request.GET
    if request.method == "POST" and request.POST.get("do") != "look":
        post = request.POST
        try:
            made = actions.demand(
                actor, post.get("agency", ""), post.get("title", ""), wanted=post.get("wanted", ""), why=post.get("why", ""),
                basis=post.get("basis", ""), due_on=day(post.get("due_on", ""), "due_on"), provider=post.get("provider", ""),
                resource=post.get("resource", ""),
            )  # fmt: skip
        except Invalid as refusal:
            problems = refusal.problems
        else:
            messages.success(request, _("需求已送到%(agency)s，10 个工作日内答复。") % {"agency": made.provider.name})
            return redirect("desk-demand", demand_id=made.id)
    chosen = given.get("resource", "")
    matches = queries.matches(actor, f"{given.get('title', '')}、{given.get('wanted', '')}")
    if chosen and all(match.entry.code != chosen for match in matches):
        entry = queries.entry(actor, chosen).entry
        matches.insert(0, queries.Match(entry, (), 0))
    context = {
        "given": given, "problems": problems, "matches": matches, "chosen": chosen, "looked": bool(given.get("title") or given.get("wanted")),
        "agencies": [(agency.code, agency.name) for agency in queries.agencies(actor, "catalogue.demand")],
        "providers": [(agency.code, agency.name) for agency in queries.providers(actor)],
    }  # fmt: skip
    return render(request, "catalogue/new_demand.html", context, status=422 if problems else 200)


@never_cache
@require_GET
def demand(request: HttpRequest, demand_id: UUID) -> HttpResponse:
    """One demand: what was asked, where it is, what was answered."""
    return _demand(request, demand_id)


def _demand(request: HttpRequest, demand_id: UUID, problems: tuple[Problem, ...] = ()) -> HttpResponse:
    found, may = queries.demand(acting(request), demand_id)
    words = dict(grades())
    context = {
        "demand": found, "may": may, "problems": problems, "grades": grades(), "grade": words.get(str(found.grade or "")),
        "answered": found.state in (Demand.State.SUPPLIED, Demand.State.REFUSED),
        "may_read_case": allowed(acting(request), "cases.read", scope_of(found.case)),
    }  # fmt: skip
    return render(request, "catalogue/demand.html", context, status=422 if problems else 200)


@never_cache
@require_POST
def rate(request: HttpRequest, demand_id: UUID) -> HttpResponse:
    """Say how well a demand was answered."""
    try:
        actions.rate_demand(
            acting(request), demand_id, number(request.POST.get("grade", "")), request.POST.get("comment", "")
        )
    except Invalid as refusal:
        return _demand(request, demand_id, refusal.problems)
    messages.success(request, _("评价已提交。"))
    return redirect("desk-demand", demand_id=demand_id)


@never_cache
@require_http_methods(["GET", "POST"])
def responsibilities(request: HttpRequest) -> HttpResponse:
    """责任清单: who must supply what, and which sources are disputed. The data bureau declares duties here."""
    actor = acting(request)
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            if request.POST.get("end"):
                actions.end_duty(actor, request.POST["end"])
                messages.success(request, _("责任已取消。"))
            else:
                actions.declare_duty(
                    actor,
                    request.POST.get("agency", ""),
                    request.POST.get("element", "").strip(),
                    request.POST.get("basis", ""),
                )
                messages.success(request, _("责任已登记。"))
            return HttpResponseRedirect(reverse("desk-responsibilities"))
        except (Invalid, Missing) as refusal:
            problems = refusal.problems or (Problem("element", refusal.code, str(refusal)),)
    agency, state = request.GET.get("agency", "")[:40], request.GET.get("state", "")
    rows = queries.responsibility_list(actor, agency=agency, state=state)
    everything = rows if not (agency or state) else queries.responsibility_list(actor)
    names = (
        ("", _("全部")),
        ("supplied", _("已有来源")),
        ("owed", _("有责任、还没有数据")),
        ("nobody", _("有人要、没人管")),
    )
    tabs = [
        {"name": name, "href": f"?state={each}" if each else "?", "current": state == each,
         "count": sum(1 for row in everything if not each or row.state == each)}
        for each, name in names
    ]  # fmt: skip
    context = {
        "rows": rows, "tabs": tabs, "agency": agency, "state": state, "problems": problems, "claims": queries.claims(actor, open_only=True),
        "providers": [(each.code, each.short_name or each.name) for each in queries.providers(actor)],
        "may_declare": allowed(actor, "catalogue.declare_duty"), "elements": standards.every("element"), "typed": request.POST,
        "names": {row.code: row.name for row in standards.every("element")},
        "may_export": any(held.allows("desk.export") for held in actor.held),
    }  # fmt: skip
    return render(request, "catalogue/responsibilities.html", context, status=422 if problems else 200)


@never_cache
@require_GET
def negative_list(request: HttpRequest) -> HttpResponse:
    """负面清单: what is not shared, with the law."""
    actor = acting(request)
    agency = request.GET.get("agency", "")[:40]
    context = {
        "rows": queries.negative_list(actor, agency=agency), "agency": agency,
        "providers": [(each.code, each.short_name or each.name) for each in queries.providers(actor)],
        "may_export": any(held.allows("desk.export") for held in actor.held),
    }  # fmt: skip
    return render(request, "catalogue/negative_list.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def figures(request: HttpRequest) -> HttpResponse:
    """How complete and how fresh the catalogue is; the data bureau may have freshness looked at now."""
    actor = acting(request)
    if request.method == "POST":
        codes = list(Entry.objects.filter(listed=True).order_by("code").values_list("code", flat=True))
        found: dict[str, str] = {}
        for start in range(0, max(len(codes), 1), actions.BATCH):
            found |= actions.measure(actor, codes[start : start + actions.BATCH])
        late = sum(state == "late" for state in found.values())
        messages.success(
            request, _("检查了 %(n)d 个资源，%(late)d 个超期，已向提供单位催办。") % {"n": len(found), "late": late}
        )
        return redirect("desk-catalogue-figures")
    context = {"found": queries.statistics(actor), "may_measure": allowed(actor, "catalogue.measure")}
    return render(request, "catalogue/figures.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def survey(request: HttpRequest) -> HttpResponse:
    """Download the prepared file, hand the filled-in one in, look at former ones."""
    actor = acting(request)
    done = queries.surveys(actor)
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            made = _taken(request)
        except (Invalid, TooLarge) as refusal:
            problems = refusal.problems or (Problem("file", refusal.code, str(refusal)),)
        else:
            return redirect("desk-survey-result", survey_id=made.id)
    agencies = [(agency.code, agency.name) for agency in queries.agencies(actor, "catalogue.survey")]
    context = {
        "surveys": done,
        "agencies": agencies,
        "problems": problems,
        "largest": sheets.LARGEST // 1024**2,
        "typed": request.POST,
    }
    return render(request, "catalogue/survey.html", context, status=422 if problems else 200)


def _taken(request: HttpRequest) -> Any:
    given = request.FILES.get("file")
    if given is None:
        message = _("请先选择填好的文件。")
        raise Invalid(message, problems=[Problem("file", "required", message)])
    content = given.read(sheets.LARGEST + 1)
    return actions.survey(acting(request), request.POST.get("agency", ""), given.name or "", content)


@never_cache
@require_GET
def survey_file(request: HttpRequest, kind: str) -> HttpResponse:
    """The prepared file of one agency: what it has entered so far, to be corrected and added to."""
    actor = acting(request)
    mine = {agency.code for agency in queries.agencies(actor, "catalogue.survey")}
    agency = request.GET.get("agency", "")
    if agency not in mine:
        raise Missing(_("请选择您能登记的单位。"))
    entries = [
        entry for entry in queries.every(actor, queries.Wanted(provider=agency)) if entry.state != Entry.State.WITHDRAWN
    ]
    newest = queries.newest_bodies(actor, entries)
    rows = sheets.resource_rows(entries, lambda entry: newest[entry.code])
    if kind == "csv":
        content, media = sheets.as_csv(rows), "text/csv; charset=utf-8"
    else:
        content = sheets.as_xlsx(rows, sheets.system_rows(queries.systems(actor, provider=agency)))
        media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    response = HttpResponse(content, content_type=media)
    response["Content-Disposition"] = f'attachment; filename="survey-{agency}.{kind}"'
    return response


@never_cache
@require_GET
def survey_result(request: HttpRequest, survey_id: UUID) -> HttpResponse:
    """What came of a survey, with the doubtful rows."""
    found = queries.survey_of(acting(request), survey_id)
    names = {"new": _("新登记"), "changed": _("有变化，已存草稿"), "same": _("没有变化"), "refused": _("没有导入")}
    context = {
        "found": found, "counts": [(names[what], found.counts[what]) for what in names if found.counts.get(what)],
        "rows": [{**row, "what": names[row["outcome"]]} for row in found.report],
    }  # fmt: skip
    return render(request, "catalogue/survey_result.html", context)
