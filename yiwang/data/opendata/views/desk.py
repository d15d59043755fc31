"""The desk of opening: what is open and prepared, the plan of a dataset, its check, review and release."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.data.catalogue import queries as catalogue
from yiwang.data.opendata import actions, disclosure, queries, treatments
from yiwang.data.opendata.actions.preparing import Plan
from yiwang.data.opendata.models import Dataset, Preparation
from yiwang.data.opendata.words import LICENCES, THEMES, TYPES
from yiwang.foundation.access.queries import acting
from yiwang.kernel.refusals import Invalid, Missing, Problem

_TONES = {
    "draft": "grey", "checking": "blue", "checked": "green", "failed": "red", "submitted": "blue", "returned": "amber", "released": "green",
}  # fmt: skip


@never_cache
@require_GET
def datasets(request: HttpRequest) -> HttpResponse:
    """What the reader's agencies have open or prepare, and what waits for review."""
    state = request.GET.get("state", "")
    page = queries.preparations(acting(request), state=state, cursor=request.GET.get("cursor", ""))
    known = [
        ("", _("全部")),
        ("submitted", _("等待审核")),
        ("released", _("已开放")),
        ("preparing", _("准备中")),
        ("withdrawn", _("已撤下")),
    ]
    tabs = [
        {"name": name, "href": f"?state={code}" if code else reverse("desk-open"), "current": code == state}
        for code, name in known
    ]
    rows = []
    for row in page.items:
        newest = max(row.preparations.all(), key=lambda each: each.number, default=None)
        rows.append({"row": row, "newest": newest, "tone": _TONES[newest.state] if newest else "grey"})
    return render(
        request,
        "opendata/desk/datasets.html",
        {"page": page, "rows": rows, "tabs": tabs, "may_prepare": _may_prepare(request)},
    )


def _may_prepare(request: HttpRequest) -> bool:
    return any(held.allows("opendata.prepare") for held in acting(request).held)


@never_cache
@require_GET
def new(request: HttpRequest) -> HttpResponse:
    """Choose a published resource to open."""
    return render(request, "opendata/desk/new.html", {"rows": queries.openable(acting(request))})


def _resource(request: HttpRequest, code: str, dataset: Dataset | None) -> Any:
    wanted = dataset.resource if dataset else request.GET.get("resource", "") or request.POST.get("resource", "")
    found = next((row for row, _code in queries.openable(acting(request)) if row.code == wanted), None)
    if found is None:
        raise Missing(_("没有这个可以开放的资源，它可能还没有发布。"))
    return found


@never_cache
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """The plan: what the dataset is called, and what is done to each field. ``code`` is "new" for a resource that was not opened before."""
    actor = acting(request)
    view = queries.preparation(actor, code) if code != "new" else None
    dataset = view.dataset if view else None
    resource = _resource(request, code, dataset)
    problems: tuple[Problem, ...] = ()
    subject = request.POST.get("subject") or (dataset.subject if dataset else "thing")
    if request.method == "POST":
        post = request.POST
        fields = {
            each.name: {
                part: post.get(f"{each.name}.{part}", "") for part in ("treatment", "option", "role", "meaning")
                if f"{each.name}.{part}" in post and (part != "option" or post.get(f"{each.name}.option"))
            }
            for each in resource.fields
        }  # fmt: skip
        threshold = post.get("threshold", "")
        plan = Plan(
            code=dataset.code if dataset else post.get("code", "").strip(), resource=resource.code, theme=post.get("theme", ""), subject=subject,
            licence=post.get("licence", ""), name=post.get("name", ""), abstract=post.get("abstract", ""),
            keywords=tuple(dict.fromkeys(re.split(r"[\s,，、]+", post.get("keywords", "").strip()))) if post.get("keywords", "").strip() else (),
            threshold=int(threshold) if threshold.isdecimal() and len(threshold) < 5 else 0, fields=fields, note=post.get("note", ""),
        )  # fmt: skip
        try:
            made = actions.prepare(actor, plan)
        except Invalid as refusal:
            problems = refusal.problems
        else:
            if post.get("check"):
                actions.check(actor, made.id)
            messages.success(request, _("已经保存，正在检查。") if post.get("check") else _("已经保存。"))
            return redirect("desk-open-dataset", made.dataset.code)
    given = request.POST
    treated = {
        each.name: each
        for each in (view.fields if view else [treatments.suggested(each, subject) for each in resource.fields])
    }
    rows = []
    for each in resource.fields:
        plan_of = treated.get(each.name) or treatments.suggested(each, subject)
        value = {
            part: given.get(f"{each.name}.{part}", getattr(plan_of, part))
            for part in ("treatment", "option", "role", "meaning")
        }
        rows.append({
            "field": each, "type_name": TYPES[each.type], "value": value,
            "treatments": [(one, treatments.NAMES[one]) for one in treatments.possible(each)],
            "roles": [(one, name) for one, name in treatments.ROLES.items() if one != treatments.COUNT or each.type in ("integer", "decimal", "money")],
            "wrong": next((p.message for p in problems if p.field.startswith(f"{each.name}.")), ""),
        })  # fmt: skip
    unconditional = resource.open == "unconditional"
    context = {
        "resource": resource, "dataset": dataset, "rows": rows, "problems": problems, "post": given, "subject": subject,
        "code": given.get("code", ""), "name": given.get("name", dataset.name if dataset else resource.name),
        "abstract": given.get("abstract", dataset.abstract if dataset else resource.abstract),
        "keywords": given.get("keywords", "、".join(dataset.keywords) if dataset else ""),
        "theme": given.get("theme", dataset.theme if dataset else ""),
        "licence": given.get("licence", dataset.licence if dataset else ("open-attribution" if unconditional else "conditional-use")),
        "threshold": given.get("threshold", view.preparation.threshold if view else disclosure.THRESHOLD),
        "note": given.get("note", view.preparation.note if view and view.preparation.state != Preparation.State.RELEASED else ""),
        "themes": [{"value": each.code, "label": each.name} for each in THEMES.values()],
        "subjects": [{"value": each, "label": _(str(label))} for each, label in Dataset.Subject.choices],
        "licences": [{"value": each.code, "label": each.name} for each in LICENCES.values() if each.open == unconditional],
    }  # fmt: skip
    return render(request, "opendata/desk/edit.html", context, status=422 if problems else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def dataset(request: HttpRequest, code: str) -> HttpResponse:
    """A dataset at the desk: its newest preparation with the report, what may be done with it, its editions and use."""
    actor = acting(request)
    view = queries.preparation(actor, code)
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        did, text = request.POST.get("do", ""), request.POST.get("text", "")
        acts: dict[str, tuple[Any, str]] = {
            "check": (lambda: actions.check(actor, view.preparation.id), _("正在检查，请稍等。")),
            "submit": (lambda: actions.submit(actor, view.preparation.id, text), _("已经提交数据局审核。")),
            "release": (lambda: actions.release(actor, view.preparation.id, text), _("已经发布，群众现在就能看到。")),
            "send_back": (lambda: actions.send_back(actor, view.preparation.id, text), _("已经退回。")),
            "withdraw": (lambda: actions.withdraw(actor, code, text), _("已经撤下。")),
        }
        if did in acts:
            try:
                acts[did][0]()
            except Invalid as refusal:
                problems = refusal.problems
            else:
                messages.success(request, acts[did][1])
                return redirect("desk-open-dataset", code)
    report = view.preparation.report
    badges = {"fail": ("red", _("不通过")), "warn": ("amber", _("请核实")), "ok": ("green", _("通过"))}
    order = ("fail", "warn", "ok")
    findings = [
        {**each, "tone": badges[each["severity"]][0], "badge": badges[each["severity"]][1]}
        for each in sorted(report.get("findings", []), key=lambda each: order.index(each["severity"]))
    ]
    try:
        catalogue_name = catalogue.resource(view.dataset.resource).name
    except Missing as refusal:
        catalogue_name = str(refusal)
    context = {
        "view": view, "dataset": view.dataset, "preparation": view.preparation, "findings": findings, "problems": problems, "report": report,
        "tone": _TONES[view.preparation.state], "checking": view.preparation.state == Preparation.State.CHECKING,
        "fields": [{"each": each, "how": treatments.NAMES[each.treatment], "role": treatments.ROLES[each.role]} for each in view.fields],
        "preview": queries.preview(actor, view),
        "kept": [each.label for each in view.fields if each.kept],
        "editions": list(view.dataset.editions.order_by("-number")[:20]), "catalogue_name": catalogue_name,
        "figures": queries.figures(actor, view.dataset) if view.dataset.released_at else None, "theme": THEMES[view.dataset.theme],
        "licence": LICENCES[view.dataset.licence],
    }  # fmt: skip
    return render(request, "opendata/desk/dataset.html", context, status=422 if problems else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def accesses(request: HttpRequest) -> HttpResponse:
    """Accesses in force; one can be ended with a reason."""
    actor = acting(request)
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            actions.revoke_access(actor, _uuid(request.POST.get("access", "")), request.POST.get("reason", ""))
        except Invalid as refusal:
            problems = refusal.problems
        else:
            messages.success(request, _("已经收回。"))
            return redirect("desk-open-accesses")
    rows = queries.waiting_accesses(actor)
    return render(
        request, "opendata/desk/accesses.html", {"rows": rows, "problems": problems}, status=422 if problems else 200
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)  # names nothing: the act says so, once it has asked who is there
