"""Pages on which the public asks: for access, for data, for a correction, for a place among the show-cases; and what became of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.data.opendata import actions, queries
from yiwang.data.opendata.actions.asking import DAYS
from yiwang.data.opendata.models import Wish
from yiwang.foundation.access.queries import acting, keep_post, kept_post
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Conflict, Invalid, Problem

MOST_AGENCIES = 500


def _form(request: HttpRequest, template: str, context: dict[str, Any], act: Any, done: str) -> HttpResponse:
    """A form that performs ``act`` with what was typed: back with its problems, or to one's own list."""
    if (to_sign_in := keep_post(request)) is not None:
        return to_sign_in
    problems: tuple[Problem, ...] = ()
    typed: QueryDict = kept_post(request) or request.POST
    if request.method == "POST":
        try:
            act(acting(request), typed)
        except Invalid as refusal:
            problems = refusal.problems or (Problem("", "refused", str(refusal)),)
        except Conflict as refusal:
            problems = (Problem("", refusal.code, str(refusal)),)
        else:
            messages.success(request, done)
            return redirect("open-mine")
    return render(request, template, {**context, "problems": problems, "post": typed}, status=422 if problems else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def access(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for a dataset that is open on conditions."""
    found = queries.dataset(acting(request), code)
    options = [{"value": str(days), "label": _("%(n)d 天") % {"n": days}} for days in DAYS]

    def act(actor: Any, typed: QueryDict) -> None:
        days = typed.get("days", "")
        actions.ask_access(
            actor,
            code,
            typed.get("purpose", ""),
            typed.get("safeguards", ""),
            int(days) if days.isdecimal() and len(days) < 5 else 0,
        )

    return _form(
        request,
        "opendata/access.html",
        {"dataset": found, "options": options},
        act,
        _("申请已经提交，有结果会通知您。"),
    )


@never_cache
@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, code: str) -> HttpResponse:
    """Say what is wrong in a dataset."""
    found = queries.dataset(acting(request), code)
    return _form(
        request, "opendata/correct.html", {"dataset": found}, lambda actor, typed: actions.correct(actor, code, typed.get("text", "")),
        _("已经收到，提供数据的部门会核实，结果会通知您。"),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def subscribe(request: HttpRequest, code: str) -> HttpResponse:
    """Be told of new editions, or no more."""
    actor = acting(request)
    found = queries.dataset(actor, code)
    if request.method == "POST":
        if request.POST.get("stop"):
            actions.unsubscribe(actor, code)
            messages.success(request, _("已经取消订阅。"))
        else:
            actions.subscribe(actor, code)
            messages.success(request, _("已经订阅，有新版本会给您发消息。"))
        return redirect("open-mine")
    subscribed = any(row.dataset_id == found.id for row in queries.mine(actor).subscriptions)
    return render(request, "opendata/subscribe.html", {"dataset": found, "subscribed": subscribed})


@require_GET
def wishes(request: HttpRequest) -> HttpResponse:
    """What people would like to see opened; public."""
    state = request.GET.get("state", "")
    page, joined = queries.wishes(acting(request), state=state, cursor=request.GET.get("cursor", ""))
    tabs = [{"name": _("全部"), "href": reverse("open-wishes"), "current": state not in Wish.State.values}]
    tabs += [
        {"name": _(str(label)), "href": f"?state={code}", "current": state == code}
        for code, label in Wish.State.choices
    ]
    tones = {"asked": "grey", "planned": "blue", "opened": "green", "refused": "amber"}
    rows = [
        {"wish": row, "tone": tones[row.state], "joined": row.id in joined, "open": row.state in ("asked", "planned")}
        for row in page.items
    ]
    return render(request, "opendata/wishes.html", {"page": page, "rows": rows, "tabs": tabs})


@never_cache
@require_http_methods(["GET", "POST"])
def new_wish(request: HttpRequest) -> HttpResponse:
    """Ask for data that is not open yet."""
    rows = Agency.objects.filter(parent__parent=None, region__level="city").order_by("code")[:MOST_AGENCIES]
    options = [{"value": row.code, "label": row.name} for row in rows]
    return _form(
        request, "opendata/wish.html", {"options": options},
        lambda actor, typed: actions.wish(actor, typed.get("title", ""), typed.get("why", ""), typed.get("agency", "")),
        _("已经提交给这个部门，15 个工作日内答复；有结果会通知您。"),
    )  # fmt: skip


@require_POST
def vote(request: HttpRequest, wish_id: UUID) -> HttpResponse:
    """Join a wish."""
    if (to_sign_in := keep_post(request)) is not None:
        return to_sign_in
    actions.vote(acting(request), wish_id)
    messages.success(request, _("已经记下您的支持。"))
    return HttpResponseRedirect(reverse("open-wishes"))


@require_GET
def showcases(request: HttpRequest) -> HttpResponse:
    """What was made with open data; public."""
    page = queries.showcases(acting(request), cursor=request.GET.get("cursor", ""))
    return render(request, "opendata/showcases.html", {"page": page})


@never_cache
@require_http_methods(["GET", "POST"])
def new_showcase(request: HttpRequest) -> HttpResponse:
    """Hand in what was made with open data."""
    rows = queries.datasets(acting(request), queries.Wanted(sort="name"), size=200).items
    options = [{"value": row.code, "label": row.name} for row in rows]
    chosen = request.POST.getlist("datasets") or [request.GET.get("dataset", "")]
    return _form(
        request, "opendata/showcase.html", {"options": options, "chosen": chosen},
        lambda actor, typed: actions.show(
            actor, typed.get("name", ""), typed.get("summary", ""), typed.get("url", ""), typed.getlist("datasets")
        ),
        _("已经提交，审核后会展示，结果会通知您。"),
    )  # fmt: skip


@never_cache
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """What the party acted for has asked, and what became of it."""
    return render(request, "opendata/mine.html", {"mine": queries.mine(acting(request))})


@never_cache
@require_POST
def token(request: HttpRequest, access_id: UUID) -> HttpResponse:
    """A new token, shown this once."""
    made = actions.issue_token(acting(request), access_id)
    return render(request, "opendata/token.html", {"token": made})
