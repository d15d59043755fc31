"""Pages of mandates: who acts for whom, giving one, answering one, ending it. All of them work without script."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.foundation.access.queries import LEVELS, Actor, acting, require_level
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Refusal, SignInNeeded

from . import actions, queries

TERMS = (30, 90, 180, 365)  # days that can be chosen with one touch


def _signed_in(request: HttpRequest) -> Actor:
    actor: Actor = acting(request)
    if not actor.signed_in:
        raise SignInNeeded(_("请先登录。"))
    return actor


def _trail() -> list[tuple[str, str]]:
    return [(_("谁替谁办事"), reverse("my-mandates"))]


@require_GET
def mandates(request: HttpRequest) -> HttpResponse:
    """Who acts for whom."""
    actor = _signed_in(request)
    found = queries.mine(actor)
    shown = {"found": found, "may_give": actor.party_id in queries.grounds(actor)}
    return render(request, "mandates/mandates.html", shown)


def _until(post: Any) -> dt.date | None:
    """The first day on which it no longer holds: a term of days from today, or the day after a last day that was typed."""
    term = post.get("term", "")
    if term.isdigit() and int(term) in TERMS:
        return timezone.localdate() + dt.timedelta(days=int(term))
    try:
        return dt.date.fromisoformat(post.get("last", "").strip()) + dt.timedelta(days=1)
    except (ValueError, OverflowError):
        return None


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Give a mandate. "Find" shows matters to choose from and keeps what was typed; ``item`` in the address chooses one from its guide."""
    actor = _signed_in(request)
    require_level(actor, "mandates.give", subject="mandates")
    if actor.party_id not in queries.grounds(actor):
        messages.warning(request, _("您现在是受托办事。要委托别人，请先切换回您本人。"))
        return HttpResponseRedirect(f"{reverse('identity')}?next={reverse('new-mandate')}")
    given = request.POST if request.method == "POST" else request.GET
    chosen = [code for code in (given.getlist("matters") or given.getlist("item")) if code][: actions.MOST_MATTERS]
    extent = request.POST.get("extent", "some" if chosen else "")
    refusal: Refusal | None = None
    if request.method == "POST" and request.POST.get("do") != "find":
        try:
            made = actions.give(
                actor, request.POST.get("name", ""), request.POST.get("code", ""), until=_until(request.POST),
                matters=chosen, everything=extent == "all",
            )  # fmt: skip
        except Invalid as wrong:
            refusal = wrong
        else:
            messages.success(request, _("委托已经发出，等对方登录后接受。"))
            return redirect("mandate", mandate_id=made.id)
    known = queries.names(chosen)
    text = request.POST.get("q", "").strip()[:40]
    offered = [(code, name) for code, name in queries.find(text, actor.party_kind) if code not in known]
    shown = {
        "trail": _trail(), "chosen": known.items(), "offered": offered, "post": request.POST, "q": text,
        "extents": [("all", _("所有的事")), ("some", _("只办下面选中的事"))], "extent": extent,
        "terms": [(str(days), words) for days, words in zip(TERMS, (_("一个月"), _("三个月"), _("半年"), _("一年")), strict=True)] + [("", _("自己定日子"))],
        "term": request.POST.get("term", "30"), "problems": refusal.problems if refusal else (), "level": LEVELS["mandates.give"],
    }  # fmt: skip
    return render(request, "mandates/new.html", shown, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "POST"])
def mandate(request: HttpRequest, mandate_id: UUID) -> HttpResponse:
    """One mandate: what it is for, what was done under it, and the buttons of the side that looks at it."""
    actor = _signed_in(request)
    if request.method == "POST":
        done = {
            "accept": (actions.accept, _("您已接受委托。要替对方办事，请先切换身份。")),
            "decline": (actions.decline, _("您没有接受这份委托。")),
            "end": (actions.end, _("委托已经结束，马上生效。")),
        }.get(request.POST.get("do", ""))
        if done is None:
            raise Missing(_("没有这个操作，请从页面上的按钮办理。"))
        try:
            done[0](actor, mandate_id)
            messages.success(request, done[1])
        except (Conflict, Invalid) as refusal:
            messages.warning(request, str(refusal))
        return redirect("mandate", mandate_id=mandate_id)
    view = queries.mandate(actor, mandate_id)
    last = view.mandate.until - dt.timedelta(days=1)
    return render(
        request, "mandates/mandate.html", {"view": view, "mandate": view.mandate, "last": last, "trail": _trail()}
    )


@require_POST
def end_standing(request: HttpRequest, standing_id: UUID) -> HttpResponse:
    """End what was entered at a counter."""
    actions.end_standing(_signed_in(request), standing_id)
    messages.success(request, _("委托已经结束，马上生效。"))
    return redirect("my-mandates")
