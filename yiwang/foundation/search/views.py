"""The search page: one large field, what was found, and ways on when nothing was."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yiwang.kernel.pages import Page

from .queries import DEEPEST, search
from .slots import kinds, ways_on

SIZE = 20


@require_GET
def results(request: HttpRequest) -> HttpResponse:
    """What a query finds; its filters and its page are in the address. An address that is wrong shows the first page."""
    text = request.GET.get("q", "").strip()
    kind = request.GET.get("kind", "")
    kind = kind if kind in kinds else ""
    audience = request.GET.get("for", "")
    audience = audience if audience in ("person", "organisation") else ""
    cursor = request.GET.get("cursor", "")
    offset = min(int(cursor), DEEPEST) if cursor.isascii() and cursor.isdigit() and len(cursor) < 7 else 0
    found = search(text, kinds=(kind,) if kind else (), audience=audience, limit=SIZE, offset=offset)
    more = offset + SIZE
    context = {
        "text": text,
        "found": found,
        "page": Page(found.hits, str(more) if more < found.total and more <= DEEPEST else ""),
        "audience": audience,
        "audiences": [("", _("全部")), ("person", _("个人办的")), ("organisation", _("企业和单位办的"))],
        "kind": kind,
        "kinds": [(code, plug.name) for code, plug in kinds.items()],
        "ways": ways_on.values(),
        "filtered": bool(kind or audience),
    }
    return render(request, "search/results.html", context)
