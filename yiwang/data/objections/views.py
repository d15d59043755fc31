"""The page of one's own objections."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yiwang.foundation.access.queries import acting

from . import queries


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """What I said is wrong, who looks into it, and what was answered."""
    shown = {"found": queries.mine(acting(request)), "trail": [(_("我的数据"), reverse("my-data"))]}
    return render(request, "objections/mine.html", shown)
