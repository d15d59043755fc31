"""Grants: the lists, one grant with what may be done about it, its paper, its uses."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.data.sharing import actions, queries
from yiwang.data.sharing.modes import NAMES
from yiwang.foundation.access.queries import Actor, acting
from yiwang.foundation.ledger.queries import entries_about
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from .tabs import tabs


@never_cache
@require_GET
def grants(request: HttpRequest) -> HttpResponse:
    """Grants held by one's own agency, or given by it."""
    actor = acting(request)
    side = "given" if request.GET.get("side") == "given" else "ours"
    state = request.GET.get("state", "")
    text = request.GET.get("q", "").strip()[:100]
    found = queries.grants(
        actor,
        side=side,
        text=text,
        state=state if state in queries.STATES else "",
        cursor=request.GET.get("cursor", ""),
    )
    context = {
        "page": found, "side": side, "text": text, "state": state, "tabs": tabs(actor, side),
        "states": [(code, words) for code, (words, _tone) in queries.STATES.items() if code != "not-yet"],
    }  # fmt: skip
    return render(request, "sharing/grants.html", context)


def _narrow(actor: Actor, number: str, post: QueryDict) -> None:
    try:
        until = dt.date.fromisoformat(str(post["until"])) if post.get("until") else None
    except ValueError:
        raise Invalid(_("请填写日期"), problems=[Problem("until", "format", _("请填写日期"))]) from None
    volume = post.get("per_day", "").strip()
    if volume and not volume.isdecimal():
        raise Invalid(_("请填写整数"), problems=[Problem("per_day", "format", _("请填写整数"))])
    actions.narrow(
        actor,
        number,
        fields=post.getlist("fields"),
        modes=post.getlist("modes"),
        per_day=int(volume) if volume else None,
        until=until,
    )


@never_cache
@require_http_methods(["GET", "POST"])
def grant(request: HttpRequest, number: str) -> HttpResponse:
    """One grant: what it says, what was applied for, what was done with it."""
    actor = acting(request)
    refusal: Invalid | None = None
    doing = request.POST.get("do", "")
    if request.method == "POST":
        try:
            if doing == "suspend":
                actions.suspend(actor, number, request.POST.get("why", ""))
            elif doing == "resume":
                actions.resume(actor, number)
            elif doing == "revoke":
                actions.revoke(actor, number, request.POST.get("why", ""))
            elif doing == "narrow":
                _narrow(actor, number, request.POST)
            else:
                raise Missing(_("没有这个操作，请从页面上的按钮办理。"))
        except Conflict as conflict:
            messages.warning(request, str(conflict))
        except Invalid as wrong:
            refusal = wrong
        else:
            messages.success(request, _("已经办好。"))
        if refusal is None:
            return HttpResponseRedirect(reverse("desk-grant", args=[number]))
    view = queries.grant(actor, number)
    context = {
        "view": view, "grant": view.grant, "batches": queries.batches(actor, number), "doing": doing,
        "uses": queries.uses(actor, number, size=10).items, "mode_names": NAMES,
        "modes": [(mode, NAMES[mode]) for mode in view.grant.modes], "problems": refusal.problems if refusal else (),
    }  # fmt: skip
    return render(request, "sharing/grant.html", context, status=422 if refusal else 200)


@never_cache
@require_GET
def paper(request: HttpRequest, number: str) -> HttpResponse:
    """The grant as a paper that can be printed, with the code of its newest entry in the ledger."""
    view = queries.grant(acting(request), number)
    entries = entries_about("grant", number)
    return render(
        request, "sharing/paper.html", {"view": view, "grant": view.grant, "entry": entries[0] if entries else None}
    )


@never_cache
@require_GET
def uses(request: HttpRequest, number: str) -> HttpResponse:
    """Every call under a grant."""
    actor = acting(request)
    view = queries.grant(actor, number)
    found = queries.uses(actor, number, refused="refused" in request.GET, cursor=request.GET.get("cursor", ""))
    context = {
        "view": view,
        "grant": view.grant,
        "page": found,
        "refused": "refused" in request.GET,
        "mode_names": NAMES,
    }
    return render(request, "sharing/uses.html", context)
