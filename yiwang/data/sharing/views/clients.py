"""Clients: the list, the form for another, and one client with its credentials."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yiwang.data.sharing import actions, queries
from yiwang.data.sharing.modes import MODES, NAMES
from yiwang.foundation.access.queries import Actor, Scope, acting, allowed
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Conflict, Invalid, Missing


def _agencies(actor: Actor) -> list[tuple[str, str]]:
    paths = [held.agency for held in actor.held if held.allows("sharing.register_client")]
    rows = Agency.objects.filter(until=None).order_by("path")
    return [(row.code, row.name) for row in rows if any(row.path.startswith(path) for path in paths)][:200]


@never_cache
@require_http_methods(["GET", "POST"])
def clients(request: HttpRequest) -> HttpResponse:
    """All clients within reach, and the form for another."""
    actor = acting(request)
    refusal: Invalid | Conflict | None = None
    if request.method == "POST":
        post = request.POST
        try:
            made = actions.register_client(
                actor,
                post.get("code", ""),
                post.get("name", ""),
                post.get("agency", ""),
                post.getlist("scopes"),
                post.get("contact", ""),
            )
        except (Invalid, Conflict) as wrong:
            refusal = wrong
        else:
            messages.success(request, _("已登记。接着登记公钥，或者发放客户端密码。"))
            return HttpResponseRedirect(reverse("desk-client", args=[made.code]))
    context = {
        "clients": queries.clients(actor), "peers": queries.peers(actor), "agencies": _agencies(actor), "scopes": list(NAMES.items()),
        "post": request.POST if refusal is not None else {}, "problems": refusal.problems if refusal is not None else (),
        "chosen": request.POST.getlist("scopes") if refusal is not None else list(MODES),
        "refusal": refusal if refusal is not None and not refusal.problems else None,
    }  # fmt: skip
    return render(request, "sharing/clients.html", context, status=refusal.status if refusal is not None else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def client(request: HttpRequest, code: str) -> HttpResponse:
    """One client: its credentials, and what may be done with it. A secret is shown once, in the answer."""
    actor = acting(request)
    secret, name = "", ""
    refusal: Invalid | Conflict | None = None
    if request.method == "POST":
        doing, post = request.POST.get("do", ""), request.POST
        try:
            if doing == "key":
                actions.add_key(actor, code, post.get("pem", ""))
            elif doing == "certificate":
                actions.add_certificate(actor, code, post.get("pem", ""))
            elif doing == "secret":
                made, secret = actions.new_secret(actor, code)
                name = made.name
            elif doing == "revoke":
                actions.revoke_credential(actor, post.get("credential", ""))
            elif doing in ("active", "suspended", "removed"):
                actions.set_client(actor, code, doing)
            else:
                raise Missing(_("没有这个操作，请从页面上的按钮办理。"))
        except (Invalid, Conflict) as wrong:
            refusal = wrong
        if refusal is None and not secret:
            messages.success(request, _("已经办好。"))
            return HttpResponseRedirect(reverse("desk-client", args=[code]))
    found = queries.client(actor, code)
    now = timezone.now()
    rows = [
        {"credential": row, "holds": row.revoked_at is None and (row.until is None or row.until > now)}
        for row in sorted(found.credentials.all(), key=lambda row: row.created_at, reverse=True)
    ]
    context = {
        "client": found, "rows": rows, "secret": secret, "secret_name": name, "scopes": [NAMES[scope] for scope in found.scopes],
        "may": allowed(actor, "sharing.set_client", Scope(agency=found.agency_path)),
        "problems": refusal.problems if refusal is not None else (), "post": request.POST if refusal is not None else {},
        "refusal": refusal if refusal is not None and not refusal.problems else None,
    }  # fmt: skip
    return render(request, "sharing/client.html", context, status=refusal.status if refusal is not None else 200)
