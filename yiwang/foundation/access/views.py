"""Choosing the party one acts for."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from yiwang.foundation.accounts.queries import Level
from yiwang.kernel.refusals import Invalid, Problem
from yiwang.web.views import safe_next

from .actors import Actor
from .acts import ACTS, LEVELS, owner, permission, require
from .levels import ladder
from .middleware import PARTY_KEY

ACT_FOR = permission("access.act-for", _("代表当事人办事"), party=True, level=Level.NUMBER, any_matter=True)


@login_required
def identity(request: HttpRequest) -> HttpResponse:
    """Show for whom I may act and let me choose. The choice lives in the session; each act records it in the ledger."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    way_back = safe_next(request, request.POST.get("next") or request.GET.get("next", ""), "")
    if request.method == "POST":
        try:
            party_id = UUID(request.POST.get("party", ""))
        except ValueError:
            raise Invalid(
                _("请选择您要代表谁办事。"), problems=[Problem("party", "required", _("请选择其中一项"))]
            ) from None
        require(actor, owner(party_id), ACT_FOR, subject=f"party:{party_id}")
        request.session[PARTY_KEY] = str(party_id)
        return HttpResponseRedirect(way_back or "/")
    return render(request, "access/identity.html", {"way_back": way_back})


@login_required
def level(request: HttpRequest) -> HttpResponse:
    """How surely the node knows me, what each level opens, and how to raise mine. ``for`` and ``level`` say what somebody was stopped at."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    wanted, needed = request.GET.get("for", ""), request.GET.get("level", "")
    shown = {
        "ladder": ladder(actor),
        "level": Level(actor.level),
        "stopped_at": ACTS.get(wanted, "") if wanted in LEVELS else "",
        "needed": Level(int(needed)) if needed in map(str, Level.values) else LEVELS.get(wanted, Level.NONE),
    }
    return render(request, "access/level.html", shown)
