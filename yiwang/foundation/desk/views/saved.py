"""Views that somebody kept: links with a name above a list."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yiwang.foundation.access.queries import Actor, acting
from yiwang.foundation.desk import actions, queries
from yiwang.kernel.refusals import Invalid

from .common import back_of

PAGES = {"queue": "desk", "cases": "desk-cases"}


def shown(actor: Actor, listing: str, query: str) -> list[dict[str, Any]]:
    """The views above a list; the one whose query is that of the page is current."""
    return [
        {
            "id": view.id, "name": view.name.plain(), "query": view.query.plain(), "current": view.query == query,
            "mine": view.account_id == actor.account_id, "agency": view.agency,
        }
        for view in queries.views(actor, listing)
    ]  # fmt: skip


def _back(listing: str, query: str) -> HttpResponse:
    return HttpResponseRedirect(reverse(PAGES.get(listing, "desk")) + (f"?{query}" if query else ""))


def clean(query: str) -> str:
    """A list's query string as it is kept: without the open case and the place in the pages."""
    values = QueryDict(back_of(query), mutable=True)
    values.pop("cursor", None)
    return values.urlencode()


@require_POST
def save(request: HttpRequest, listing: str) -> HttpResponse:
    """Keep the list as it is filtered now."""
    query = clean(request.POST.get("query", ""))
    try:
        actions.save_view(
            acting(request), listing, request.POST.get("name", ""), query, share=request.POST.get("share", "")
        )
    except Invalid as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("视图已保存，以后点名字就能打开。"))
    return _back(listing, query)


@require_POST
def delete(request: HttpRequest, listing: str, view_id: UUID) -> HttpResponse:
    """Delete a view of one's own."""
    actions.delete_view(acting(request), view_id)
    messages.success(request, _("视图已删除。"))
    return _back(listing, "")
