"""Figures of the gateway."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from yiwang.data.sharing import queries
from yiwang.foundation.access.queries import acting

from .tabs import tabs

PERIODS = {
    "day": gettext_lazy("今天"),
    "week": gettext_lazy("近 7 天"),
    "month": gettext_lazy("近 30 天"),
    "year": gettext_lazy("近一年"),
}


@never_cache
@require_GET
def figures(request: HttpRequest) -> HttpResponse:
    """Calls, rows, refusals and times, ranked by resource, agency and way of use."""
    actor = acting(request)
    period = request.GET.get("period", "month")
    period = period if period in PERIODS else "month"
    found = queries.figures(actor, period)
    lists = reverse("desk-sharing")
    tables = [
        (_("按信息资源"), [(line, f"{lists}?side=given&q={line.name}") for line in found.resources]),
        (_("按使用单位"), [(line, f"{lists}?side=given&q={line.name}") for line in found.agencies]),
        (_("按使用方式"), [(line, "") for line in found.modes]),
    ]
    context = {
        "found": found, "tables": tables, "tabs": tabs(actor, "figures"),
        "periods": [{"name": words, "href": f"?period={code}", "current": code == period} for code, words in PERIODS.items()],
    }  # fmt: skip
    return render(request, "sharing/figures.html", context)
