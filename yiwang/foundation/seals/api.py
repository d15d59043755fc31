"""The trust anchor for programs; the register and its log."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from ninja import Router, Schema

from yiwang.foundation.access.queries import acting, permission, require
from yiwang.foundation.crypto.queries import KeyRow
from yiwang.web.openapi import content

from . import actions, queries
from .models import Seal, SealUse

router = Router()
ANCHOR = permission("seals.anchor", gettext_lazy("下载信任根证书"), public=True)


class SealOut(Schema):
    """One seal of the register."""

    code: str
    name: str
    kind: str
    agency: str | None
    status: str
    status_since: dt.datetime

    @staticmethod
    def resolve_agency(seal: Seal) -> str | None:
        return seal.agency_id


class SealUseOut(Schema):
    """One use of a seal; hashes are SHA-256 in hex."""

    at: dt.datetime
    actor: str
    reason: str
    kind: str
    subject: str
    document: str
    sealed: str


class SealUsesOut(Schema):
    items: list[SealUseOut]
    next: str


@router.get(
    "/node/trust-anchor",
    auth=None,
    summary="The node's root certificate, for checking papers offline",
    openapi_extra=content("application/x-pem-file"),
)
def trust_anchor(request: HttpRequest) -> HttpResponse:
    require(acting(request), permission=ANCHOR)
    return HttpResponse(
        queries.trust_anchor(),
        content_type="application/x-pem-file",
        headers={"Content-Disposition": 'attachment; filename="anchor.pem"'},
    )


@router.get("/seals", response=list[SealOut], summary="The register of seals")
def seals(request: HttpRequest) -> list[Seal]:
    return queries.seals(acting(request))


@router.get("/seals/{code}/uses", response=SealUsesOut, summary="The log of a seal's use, newest first")
def uses(request: HttpRequest, code: str, cursor: str = "") -> dict[str, object]:
    found = queries.uses(acting(request), code, cursor)
    items: list[SealUse] = found.items
    return {"items": items, "next": found.next}


class KeyOut(Schema):
    """One key; nothing secret. ``not_after`` is the end of its certificate."""

    owner: str
    purpose: str
    algorithm: str
    version: int
    since: dt.datetime
    not_after: dt.datetime | None
    for_life: bool


class RotateIn(Schema):
    owner: str
    purpose: str
    reason: str


class RotatedOut(Schema):
    version: int


@router.get("/keys", response=list[KeyOut], summary="The keys of the node and its agencies")
def keys(request: HttpRequest) -> list[KeyRow]:
    return queries.keys(acting(request))


@router.post("/keys/rotate", response=RotatedOut, summary="Make the next version of a key")
def rotate(request: HttpRequest, body: RotateIn) -> dict[str, int]:
    return {"version": actions.rotate_key(acting(request), body.owner, body.purpose, body.reason)}
