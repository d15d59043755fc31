"""Webhooks: other systems that are told of events, and what became of each delivery."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.foundation.access.queries import acting, allowed
from yiwang.foundation.events import actions
from yiwang.foundation.events import queries as events
from yiwang.kernel.refusals import Conflict, Invalid, Missing

MANAGE = "events.add_webhook"
STATES = {
    "delivered": (gettext_lazy("对方已收到"), "green", "circle-check"),
    "waiting": (gettext_lazy("等着推送"), "blue", "clock"),
    "retrying": (gettext_lazy("失败，会再试"), "amber", "refresh"),
    "held": (gettext_lazy("推送已停用，先留着"), "amber", "player-pause"),
    "dead": (gettext_lazy("多次失败，不再试"), "red", "alert-octagon"),
}
WHY_OFF = {
    "failures": gettext_lazy("连续多次失败，自动停用。请联系对方修好，再点“恢复推送”，留着的事件会接着推。"),
    "gone": gettext_lazy("对方说这个地址已经不用了(410)，自动停用。"),
    "person": gettext_lazy("由管理员停用。恢复后，留着的事件会接着推。"),
}


@never_cache
@require_http_methods(["GET", "POST"])
def webhooks(request: HttpRequest) -> HttpResponse:
    """All webhooks, and the form for another. A new secret is shown once, in the answer."""
    actor = acting(request)
    refusal, added, secret = None, None, ""
    chosen = request.POST.getlist("types") + request.POST.get("more", "").split()
    if request.method == "POST":
        try:
            added, secret = actions.add_webhook(
                actor, request.POST.get("name", ""), request.POST.get("url", ""), chosen
            )
        except (Invalid, Conflict) as wrong:
            refusal = wrong
    types = events.known_types()
    groups = sorted({f"{known.split('.', 1)[0]}.*" for known in types})
    context = {
        "hooks": events.webhooks(actor), "may_manage": allowed(actor, MANAGE), "added": added, "secret": secret,
        "post": request.POST if refusal is not None else {}, "chosen": chosen if refusal is not None else [],
        "refusal": refusal if refusal is not None and not refusal.problems else None,
        "problems": refusal.problems if refusal is not None else (), "form_open": refusal is not None,
        "types": [(one, one) for one in ["*", *groups, *types]],
    }  # fmt: skip
    return render(request, "desk/webhooks.html", context, status=refusal.status if refusal is not None else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def webhook(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """One webhook with the log of its deliveries."""
    actor = acting(request)
    secret = ""
    if request.method == "POST":
        doing = request.POST.get("do", "")
        try:
            if doing == "renew":
                secret = actions.renew_secret(actor, webhook_id)
            elif doing == "try":
                actions.try_webhook(actor, webhook_id)
                messages.success(request, _("试推已经排上，几秒后刷新看结果。"))
            elif doing in ("on", "off"):
                actions.switch_webhook(actor, webhook_id, doing == "on")
                messages.success(request, _("推送已恢复。") if doing == "on" else _("推送已停用。"))
            elif doing == "remove":
                actions.remove_webhook(actor, webhook_id)
                messages.success(request, _("推送地址已删除。"))
                return HttpResponseRedirect(reverse("desk-webhooks"))
            else:
                raise Missing(_("没有这个操作，请从页面上的按钮办理。"))
        except Conflict as refusal:
            messages.warning(request, str(refusal))
        if not secret:
            return HttpResponseRedirect(reverse("desk-webhook", args=[webhook_id]))
    hook = events.webhook(actor, webhook_id)
    found = events.deliveries(actor, webhook_id, cursor=request.GET.get("cursor", ""))
    rows = [
        {"delivery": row, "state": state, "words": STATES[state]}
        for row in found.items
        for state in [events.state_of(row)]
    ]
    context = {
        "hook": hook, "url": hook.url.plain(), "rows": rows, "page": found, "secret": secret,
        "may_manage": allowed(actor, MANAGE), "why_off": WHY_OFF.get(hook.off_why, ""),
    }  # fmt: skip
    return render(request, "desk/webhook.html", context)


@require_POST
def resend(request: HttpRequest, webhook_id: UUID, delivery_id: UUID) -> HttpResponse:
    """Send one event again."""
    try:
        actions.resend(acting(request), delivery_id)
    except Conflict as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("已经重新排上，几秒后刷新看结果。"))
    return HttpResponseRedirect(reverse("desk-webhook", args=[webhook_id]))


@never_cache
@require_GET
def how_to(request: HttpRequest) -> HttpResponse:
    """What the other side has to do: how to check a signature."""
    events.webhooks(acting(request))  # asks for access
    return render(request, "desk/webhook_help.html")
