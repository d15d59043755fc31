"""Pages about one's own account. Signing in itself is allauth's; its pages are in ``templates/account`` and ``templates/mfa``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account import views as allauth_views
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yiwang.config.environment import environment
from yiwang.kernel.refusals import Missing

from .actions import DEMO_PASSWORD
from .devices import device_name
from .queries import Level, demo_accounts


class SignIn(allauth_views.LoginView):
    """The sign-in page; on a demo node it offers the sample accounts."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if environment.demo:
            context.update(demo_groups=demo_accounts(), demo_password=DEMO_PASSWORD)
        return context


def forgotten(request: HttpRequest) -> HttpResponse:
    """What to do without a password: it is set anew by somebody who has seen the identity card."""
    return render(request, "account/forgotten.html")


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Everything about my account, on one page of links."""
    kinds = set(Authenticator.objects.filter(user_id=request.user.pk).values_list("type", flat=True))
    second_factor = bool(kinds & {Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN})
    level = getattr(request.user, "level", 0)
    return render(request, "accounts/account.html", {"second_factor": second_factor, "level": Level(level).label})


@dataclass(frozen=True, slots=True)
class Device:
    """A browser in which this account is signed in."""

    id: int
    name: str
    address: str
    since: datetime
    current: bool


@login_required
def devices(request: HttpRequest) -> HttpResponse:
    """Where I am signed in."""
    rows = UserSession.objects.purge_and_list(request.user)
    found = [
        Device(
            row.pk, device_name(row.user_agent), row.ip, row.created_at, row.session_key == request.session.session_key
        )
        for row in rows
    ]
    found.sort(key=lambda device: (not device.current, -device.since.timestamp()))
    return render(request, "accounts/devices.html", {"devices": found})


@login_required
@require_POST
def end_device(request: HttpRequest) -> HttpResponse:
    """Sign out one other browser of mine, or all others."""
    rows = UserSession.objects.filter(user_id=request.user.pk).exclude(session_key=request.session.session_key)
    chosen = request.POST.get("device", "")
    if chosen != "others":
        rows = rows.filter(pk=chosen) if chosen.isdigit() else rows.none()
        if not rows.exists():
            raise Missing(_("没有找到这个设备，它可能已经退出了。"))
    for row in rows:
        row.end()
    messages.success(request, _("已经退出。别人在那台设备上要重新登录才能用您的账号。"))
    return HttpResponseRedirect(reverse("devices"))
