"""The steward's pages: pipelines, runs, wrong rows, work orders, lineage, quality."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.foundation.access.queries import acting
from yiwang.kernel.refusals import Invalid, Missing, Problem

from . import actions, queries, report_paper

TONES = {"waiting": "grey", "running": "blue", "held": "amber", "failed": "red", "cancelled": "grey", "done": "green"}
STAGE_NAMES = {
    "land": gettext_lazy("接收"),
    "standardise": gettext_lazy("标准化"),
    "check": gettext_lazy("检查"),
    "publish": gettext_lazy("发布"),
}
PAGE = 50


def _problem(refusal: Invalid) -> tuple[Problem, ...]:
    return refusal.problems or (Problem("", "invalid", str(refusal.message)),)


@never_cache
@require_GET
def pipelines(request: HttpRequest) -> HttpResponse:
    """The pipelines of the steward's agencies, those in trouble first, and the work orders that are open."""
    actor = acting(request)
    lines = queries.pipelines(actor)
    context = {
        "lines": lines, "tones": TONES, "orders": queries.orders_open(actor), "held": sum(line.held for line in lines),
        "trouble": sum(1 for line in lines if line.last and line.last.state in ("held", "failed")),
    }  # fmt: skip
    return render(request, "pipelines/pipelines.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def pipeline(request: HttpRequest, code: str) -> HttpResponse:
    """One pipeline: its way, its rules, its runs; run it, hand a file over, fill a span in, let it rest."""
    actor = acting(request)
    found, spec = queries.pipeline(actor, code)
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            return _steer(request, code)
        except Invalid as refusal:
            problems = _problem(refusal)
    field = request.GET.get("field", "")
    context = {
        "pipeline": found, "spec": spec, "problems": problems, "typed": request.POST, "drawing": queries.graph(actor, code, field), "field": field,
        "page": queries.batches(actor, code, cursor=request.GET.get("cursor", ""), size=15), "tones": TONES,
        "may_run": queries.may(actor, "pipelines.start", found), "may_drop": queries.may(actor, "pipelines.drop", found),
        "may_pause": queries.may(actor, "pipelines.pause", found), "does": _DOES, "dimensions": queries.NAMES,
    }  # fmt: skip
    return render(request, "pipelines/pipeline.html", context, status=422 if problems else 200)


_DOES = {"warn": gettext_lazy("提醒"), "hold_row": gettext_lazy("拦下这一行"), "hold_batch": gettext_lazy("拦下整批")}


def _steer(request: HttpRequest, code: str) -> HttpResponse:
    actor, what = acting(request), request.POST.get("do", "")
    if what == "drop":
        upload = request.FILES.get("file")
        if upload is None:
            raise Invalid(_("请选择文件。"), problems=[Problem("file", "required", _("请选择文件。"))])
        batch = actions.drop(actor, code, upload.name or "", upload)
    elif what == "backfill":
        batch = actions.start(actor, code, since=request.POST.get("since", ""), until=request.POST.get("until", ""))
    elif what in ("pause", "resume"):
        actions.pause(actor, code, paused=what == "pause")
        return HttpResponseRedirect(reverse("desk-pipeline", args=[code]))
    else:
        batch = actions.start(actor, code)
    return HttpResponseRedirect(reverse("desk-batch", args=[batch.id]))


@never_cache
@require_http_methods(["GET", "POST"])
def batch(request: HttpRequest, batch_id: str) -> HttpResponse:
    """One run: how far it is, what each stage took, what the rules found; cancel, let pass, run again."""
    actor = acting(request)
    found = queries.batch(actor, batch_id)
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            what = request.POST.get("do", "")
            if what == "cancel":
                actions.cancel(actor, batch_id)
            elif what == "release":
                actions.release(actor, batch_id, request.POST.get("why", ""))
            elif what == "rerun":
                actions.rerun(actor, batch_id)
            return HttpResponseRedirect(reverse("desk-batch", args=[batch_id]))
        except Invalid as refusal:
            problems = _problem(refusal)
    done = [run.stage for run in found.stages if run.ended_at]
    steps = [
        {
            "name": name, "state": "done" if code in done else "now" if found.at_work and found.batch.stage == code else "wait",
            "runs": [run for run in found.stages if run.stage == code],
            "note": _("已完成") if code in done else _("正在做") if found.at_work and found.batch.stage == code else _("还没开始"),
        }
        for code, name in STAGE_NAMES.items()
    ]  # fmt: skip
    own = found.batch.pipeline
    context = {
        "view": found, "batch": found.batch, "spec": found.spec, "steps": steps, "tones": TONES, "problems": problems, "typed": request.POST,
        "dimensions": queries.NAMES, "does": _DOES, "stage_names": STAGE_NAMES,
        "may_cancel": found.batch.state in ("waiting", "running", "held") and queries.may(actor, "pipelines.cancel", own),
        "may_release": found.batch.state == "held" and found.batch.reason_code != "missing" and queries.may(actor, "pipelines.release", own),
        "may_rerun": found.batch.state in ("failed", "cancelled", "done") and queries.may(actor, "pipelines.rerun", own),
        "may_rows": queries.may(actor, queries.ROWS, own),
    }  # fmt: skip
    return render(request, "pipelines/batch.html", context, status=422 if problems else 200)


@never_cache
@require_GET
def rows(request: HttpRequest, batch_id: str) -> HttpResponse:
    """The wrong rows of a run as they came, each with every reason."""
    actor = acting(request)
    found = queries.batch(actor, batch_id)
    start = int(text) if (text := request.GET.get("start", "")).isdigit() else 0
    rule = request.GET.get("rule", "")
    listed = queries.wrong_rows(actor, batch_id, rule=rule, start=start, size=PAGE + 1)
    context = {
        "batch": found.batch, "rows": listed[:PAGE], "columns": [name for name, _value in listed[0].cells] if listed else [],
        "refused": queries.refused_rows(actor, batch_id) if not rule and not start else [], "next": start + PAGE if len(listed) > PAGE else 0,
        "start": start, "rule": next((item.label for item in found.spec.rules if item.code == rule), ""), "code": rule,
    }  # fmt: skip
    return render(request, "pipelines/rows.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def order(request: HttpRequest, order_id: str) -> HttpResponse:
    """A work order: what is wrong, the file to correct, and where it is handed back."""
    actor = acting(request)
    found = queries.order(actor, order_id)
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        upload = request.FILES.get("file")
        try:
            if upload is None:
                raise Invalid(
                    _("请选择更正后的文件。"), problems=[Problem("file", "required", _("请选择更正后的文件。"))]
                )
            made = actions.return_rows(actor, order_id, upload.name or "", upload)
            messages.success(request, _("收到了，正在检查更正的数据。全部没有问题，工单会自动办结。"))
            return HttpResponseRedirect(reverse("desk-batch", args=[made.id]))
        except Invalid as refusal:
            problems = _problem(refusal)
    context = {
        "view": found,
        "order": found.order,
        "problems": problems,
        "may_return": queries.may(actor, "pipelines.return_rows", found.order.pipeline),
    }
    return render(request, "pipelines/order.html", context, status=422 if problems else 200)


@never_cache
@require_GET
def order_file(request: HttpRequest, order_id: str, kind: str) -> HttpResponse:
    """The rows of a work order that are still wrong, as a file."""
    if kind not in ("csv", "xlsx"):
        raise Missing(_("没有这种格式。"))
    content = queries.order_file(acting(request), order_id, kind)
    media = (
        "text/csv; charset=utf-8"
        if kind == "csv"
        else "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    answer = HttpResponse(content, content_type=media)
    answer["Content-Disposition"] = content_disposition_header(True, f"{_('问题数据')}.{kind}") or "attachment"
    return answer


@never_cache
@require_GET
def table(request: HttpRequest, code: str) -> HttpResponse:
    """A row of a theme table through time, and where each version came from."""
    actor, key = acting(request), request.GET.get("key", "").strip()
    origins: list[Any] = []
    found, nothing = None, ""
    if key:
        try:
            found, origins = queries.history(actor, code, key)
        except Missing as refusal:
            nothing = str(refusal.message)
    labels = {item["name"]: item["label"] for item in found.fields} if found else {}
    shown = [
        {
            "origin": origin,
            "values": [(name, labels.get(name, name), value) for name, value in origin.values.items()],
            "landed": list((origin.landed or {}).items()),
        }
        for origin in origins
    ]
    return render(
        request,
        "pipelines/table.html",
        {"code": code, "key": key, "table": found, "origins": shown, "nothing": nothing},
    )


def _bars(trend: Any, width: int = 120, height: int = 28) -> dict[str, Any]:
    """A small line of scores, 0 … 100 from the bottom to the top."""
    points = list(trend)
    step = width / max(len(points) - 1, 1)
    places = [
        (round(n * step, 1), round(height - 2 - (height - 4) * score / 100, 1))
        for n, (_day, score) in enumerate(points)
    ]
    return {
        "line": " ".join(f"{x},{y}" for x, y in places), "last": places[-1] if places else None,
        "words": "、".join(f"{day:%m-%d} {score:.1f}" for day, score in points[-5:]), "width": width + 8, "height": height,
    }  # fmt: skip


@never_cache
@require_GET
def quality(request: HttpRequest) -> HttpResponse:
    """Scores of quality by agency and by resource, with their trend and the rows behind them."""
    agencies, lines = queries.quality(acting(request), agency=request.GET.get("agency", ""))

    def shown(items: Any) -> list[dict[str, Any]]:
        return [
            {"line": item, "cells": [item.dimensions.get(name) for name in queries.NAMES], "trend": _bars(item.trend)}
            for item in items
        ]

    context = {
        "agencies": shown(agencies),
        "lines": shown(lines),
        "names": list(queries.NAMES.values()),
        "agency": request.GET.get("agency", ""),
    }
    return render(request, "pipelines/quality.html", context)


@never_cache
@require_GET
def report(request: HttpRequest) -> HttpResponse:
    """The report of quality as a PDF."""
    answer = HttpResponse(report_paper.quality_report(acting(request)), content_type="application/pdf")
    answer["Content-Disposition"] = content_disposition_header(False, f"{_('数据质量报告')}.pdf") or "inline"
    return answer
