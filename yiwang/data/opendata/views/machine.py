"""The catalogue and single datasets for other catalogues, as DCAT-AP."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yiwang.data.opendata import dcat, queries
from yiwang.data.opendata.models import Dataset
from yiwang.foundation.access.queries import acting
from yiwang.kernel.pages import LARGEST
from yiwang.kernel.refusals import Missing

MOST = 5000


def _answer(kind: str, triples: list[dcat.Triple]) -> HttpResponse:
    if kind == "ttl":
        return HttpResponse(dcat.turtle(triples), content_type=dcat.MEDIA[kind])
    return HttpResponse(json.dumps(dcat.jsonld(triples), ensure_ascii=False), content_type=dcat.MEDIA["jsonld"])


def _known(kind: str) -> None:
    if kind not in dcat.MEDIA:
        raise Missing(_("只有 ttl 和 jsonld 两种"))


@require_GET
def catalog(request: HttpRequest, kind: str) -> HttpResponse:
    """The whole catalogue."""
    _known(kind)
    actor = acting(request)
    rows: list[Dataset] = []
    cursor = ""
    while len(rows) < MOST:
        page = queries.datasets(actor, cursor=cursor, size=LARGEST)
        rows += page.items
        cursor = page.next
        if not cursor:
            break
    return _answer(kind, list(dcat.catalogue(rows)))


@require_GET
def dataset(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """One dataset."""
    _known(kind)
    return _answer(kind, list(dcat.dataset(queries.dataset(acting(request), code))))
