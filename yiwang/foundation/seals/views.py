"""The register of seals for staff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.config.environment import environment
from yiwang.foundation.access.queries import NODE, acting, allowed
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from . import actions, queries
from .kinds import KINDS, RECEIPT
from .models import Seal

_TONES = {Seal.Status.ACTIVE: "green", Seal.Status.SUSPENDED: "amber", Seal.Status.REVOKED: "red"}
_CHANGES: dict[str, tuple[Callable[..., Seal], Any]] = {
    "suspend": (actions.suspend, lambda: _("已停用。")),
    "resume": (actions.resume, lambda: _("已恢复使用。")),
    "revoke": (actions.revoke_seal, lambda: _("已注销。")),
}


def _row(seal: Seal) -> dict[str, Any]:
    return {
        "seal": seal,
        "kind": queries.kind_name(seal.kind),
        "tone": _TONES[Seal.Status(seal.status)],
        "image": mark_safe(seal.image),  # noqa: S308  # drawn by this node
    }


@require_GET
def register(request: HttpRequest) -> HttpResponse:
    """Every seal that the reader may see."""
    actor = acting(request)
    found = [_row(seal) for seal in queries.seals(actor)]
    may_make = any(held.allows("seals.make") for held in actor.held)
    return render(request, "seals/register.html", {"rows": found, "may_make": may_make})


@require_http_methods(["GET", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    """The form for a new seal."""
    values = {"agency": "", "name": "", "kind": "official"}
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        values = {key: request.POST.get(key, "").strip() for key in values}
        try:
            made = actions.make(acting(request), values["agency"], values["name"], values["kind"])
        except (Invalid, Conflict, Missing) as refusal:
            problems = refusal.problems or (Problem("agency", refusal.code, str(refusal)),)
        else:
            messages.success(request, _("“%(name)s”已制作完成，可以用印。") % {"name": made.name})
            return redirect("desk-seal", code=made.code)
    kinds = [{"value": code, "label": kind.name} for code, kind in KINDS.items() if code != RECEIPT]
    return render(
        request, "seals/make.html", {"values": values, "problems": problems, "kinds": kinds},
        status=422 if problems else 200,
    )  # fmt: skip


@require_GET
def seal(request: HttpRequest, code: str) -> HttpResponse:
    """One seal: its image, its state, the log of its use."""
    actor = acting(request)
    found = queries.seal(actor, code)
    scope = actions.scope_of(found)
    changes = {
        name: allowed(actor, f"seals.{name}", scope) and found.status in states
        for name, states in {
            "suspend": {Seal.Status.ACTIVE},
            "resume": {Seal.Status.SUSPENDED},
            "revoke": {Seal.Status.ACTIVE, Seal.Status.SUSPENDED},
        }.items()
    }
    uses = queries.uses(actor, code, request.GET.get("cursor", ""))
    trail = [(_("电子印章"), reverse("desk-seals"))]
    context = {
        **_row(found), "uses": uses, "changes": changes, "certificates": queries.certificates(actor, code), "trail": trail,
    }  # fmt: skip
    return render(request, "seals/seal.html", context)


@require_POST
def change(request: HttpRequest, code: str, change: str) -> HttpResponse:
    """Suspend, resume or revoke."""
    if change not in _CHANGES:
        raise Missing(_("没有这种办理。"))
    action, said = _CHANGES[change]
    try:
        action(acting(request), code, request.POST.get("reason", ""))
    except (Invalid, Conflict) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said())
    return redirect("desk-seal", code=code)


@require_GET
def keys(request: HttpRequest) -> HttpResponse:
    """The keys of the node and its agencies."""
    actor = acting(request)
    context = {"rows": queries.keys(actor), "may_rotate": allowed(actor, "seals.rotate-key", NODE), "suite": _suite()}
    return render(request, "seals/keys.html", context)


def _suite() -> str:
    return (
        _("国密 (SM2、SM3、SM4)") if environment.crypto_suite == "national" else _("国际通用 (P-256、SHA-256、AES-256)")
    )


@require_POST
def rotate(request: HttpRequest) -> HttpResponse:
    """Make the next version of a key."""
    given = [request.POST.get(name, "") for name in ("owner", "purpose", "reason")]
    try:
        version = actions.rotate_key(acting(request), *given)
    except (Invalid, Conflict, Missing) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("已更换，现在是第 %(n)d 版。") % {"n": version})
    return redirect("desk-keys")
