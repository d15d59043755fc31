"""Choosing the party one acts for."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Invalid, Problem
from yiwang.web.views import safe_next

from .actors import Actor
from .acts import owner, permission, require
from .middleware import PARTY_KEY

ACT_FOR = permission("access.act-for", _("代表当事人办事"), party=True)


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
