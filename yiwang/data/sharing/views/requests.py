"""Applying: choosing a resource, the form, and one's own applications."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.data.catalogue import queries as catalogue
from yiwang.data.protection.queries import NAMES as MASKS
from yiwang.data.protection.queries import chosen
from yiwang.data.sharing import actions, queries
from yiwang.data.sharing.modes import NAMES
from yiwang.data.sharing.permissions import READ
from yiwang.foundation.access.queries import Actor, acting, require_somewhere
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Conflict, Invalid

from .tabs import tabs

SHARES = {
    "unconditional": (gettext_lazy("无条件共享，提交后马上能用"), "green"),
    "conditional": (gettext_lazy("有条件共享，由提供方审核"), "blue"),
    "refused": (gettext_lazy("不予共享"), "grey"),
}


@never_cache
@require_GET
def requests(request: HttpRequest) -> HttpResponse:
    """The applications of one's own agency."""
    actor = acting(request)
    found = queries.requests(actor, cursor=request.GET.get("cursor", ""))
    return render(request, "sharing/requests.html", {"page": found, "tabs": tabs(actor, "requests")})


@never_cache
@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """Resources that may be applied for."""
    actor = acting(request)
    require_somewhere(actor, READ)
    text = request.GET.get("q", "").strip()[:100]
    found = catalogue.published(cursor=request.GET.get("cursor", ""), size=200 if text else 50)
    rows = [
        one
        for one in found.items
        if not text or all(word in f"{one.name} {one.abstract} {one.code}" for word in text.split())
    ]
    context = {"rows": [{"resource": one, "share": SHARES[one.share]} for one in rows], "page": found, "text": text}
    return render(request, "sharing/choose.html", context)


def _agencies(actor: Actor) -> list[tuple[str, str]]:
    """The agencies for which the reader may apply."""
    paths = [held.agency for held in actor.held if held.allows("sharing.apply")]
    rows = Agency.objects.filter(until=None).order_by("path")
    return [(row.code, row.name) for row in rows if any(row.path.startswith(path) for path in paths)][:200]


def _wish(code: str, post: Any) -> actions.Wish:
    volume = post.get("per_day", "").strip()
    try:
        until = dt.date.fromisoformat(post.get("until", ""))
    except ValueError:
        until = dt.date.min
    return actions.Wish(
        agency=post.get("agency", ""), resource=code, fields=post.getlist("fields"), purpose=post.get("purpose", ""),
        basis=post.get("basis", ""), modes=post.getlist("modes"), until=until, item=post.get("item", ""),
        per_day=int(volume) if volume.isdecimal() and len(volume) < 10 else 0, renews=post.get("renews", ""),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def apply(request: HttpRequest, code: str) -> HttpResponse:
    """The form for a resource, also for a grant that is to be renewed or widened."""
    actor = acting(request)
    require_somewhere(actor, READ)
    resource = catalogue.resource(code)
    refusal: Invalid | Conflict | None = None
    if request.method == "POST":
        try:
            made = actions.apply(actor, _wish(code, request.POST))
        except (Invalid, Conflict) as wrong:
            refusal = wrong
        else:
            if made.grant is not None:
                messages.success(request, _("无条件共享的资源，已经自动授权，现在就能用。"))
                return HttpResponseRedirect(reverse("desk-grant", args=[made.grant.number]))
            messages.success(request, _("申请已提交，提供方在 10 个工作日内答复。"))
            return HttpResponseRedirect(reverse("desk-sharing-requests"))
    renews = request.POST.get("renews") or request.GET.get("renews", "")
    post: dict[str, Any] = {}
    if refusal is not None:
        post = request.POST.dict() | {name: request.POST.getlist(name) for name in ("fields", "modes")}
    elif renews:
        held = queries.grant(actor, renews).grant
        post = {
            "agency": held.agency_id, "fields": [field["name"] for field in held.shape["fields"]], "modes": held.modes,
            "purpose": held.purpose, "basis": held.basis, "item": held.item, "per_day": held.per_day,
        }  # fmt: skip
    post.setdefault("until", (timezone.localdate() + dt.timedelta(days=365)).isoformat())
    context = {
        "resource": resource, "share": SHARES[resource.share], "agencies": _agencies(actor), "post": post, "renews": renews,
        "fields": [
            (field.name, f"{field.label} · {field.level} {_('级')} · {MASKS[chosen(field)]}")
            for field in resource.fields if field.share != "refused"
        ],
        "modes": [(mode, words) for mode, words in NAMES.items() if resource.key or mode in ("file", "changes")],
        "problems": refusal.problems if refusal is not None else (),
        "refusal": refusal if refusal is not None and not refusal.problems else None,
    }  # fmt: skip
    return render(request, "sharing/apply.html", context, status=refusal.status if refusal is not None else 200)
