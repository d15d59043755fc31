"""The catalogue for everybody: what is opened, and what it holds."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from yiwang.data.catalogue import queries
from yiwang.data.catalogue.bodies import OPENS
from yiwang.data.catalogue.wording import code_name
from yiwang.foundation.standards import queries as standards


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """What is opened to the public, by provider and words."""
    wanted = queries.wanted_of(request.GET)
    wanted = queries.Wanted(provider=wanted.provider, open=wanted.open, text=wanted.text)
    context = {
        "page": queries.open_entries(wanted, cursor=request.GET.get("cursor", "")), "wanted": wanted,
        "providers": queries.open_providers(), "opens": [(code, word) for code, word in OPENS.items() if code != "refused"],
        "filtered": wanted != queries.Wanted(),
    }  # fmt: skip
    return render(request, "catalogue/public_list.html", context)


@require_GET
def resource(request: HttpRequest, code: str) -> HttpResponse:
    """One resource that is opened: who answers for it, what it holds, how often it is updated."""
    entry, found = queries.open_entry(code)
    context = {
        "entry": entry, "resource": found, "open_name": OPENS[found.open], "period": code_name("update_period", found.update_period),
        "conditions": entry.current.body.get("open_conditions", "") if entry.current else "",
        "fields": [
            {"label": field.label, "name": field.name, "type": standards.TYPES.get(field.type, field.type), "length": field.length,
             "open": OPENS[field.open]}
            for field in found.fields if field.open != "refused"
        ],
        "hidden": sum(field.open == "refused" for field in found.fields),
    }  # fmt: skip
    return render(request, "catalogue/public_resource.html", context)
