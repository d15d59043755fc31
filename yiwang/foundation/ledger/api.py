"""Receipts, heads, proofs and the public check for programs."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import File, Router, Schema
from ninja.files import UploadedFile

from yiwang.foundation.access.queries import acting
from yiwang.foundation.crypto.queries import Broken
from yiwang.kernel.canonical import readable_bytes
from yiwang.web.openapi import content

from . import queries
from .views import broken_words

router = Router()


class HeadOut(Schema):
    """A signed head. The signature (ECDSA P-256, DER in hex) is over the canonical JSON of the other members."""

    format: str
    node: str
    size: int
    root: str
    at: str
    key: int
    signature: str


class HeadsOut(Schema):
    items: list[HeadOut]
    next: str


class ProofOut(Schema):
    """A consistency proof of RFC 9162: hashes in hex."""

    first: int
    second: int
    path: list[str]


class InclusionOut(Schema):
    """An inclusion proof of RFC 9162: hashes in hex, from the leaf up; ``root`` is that of the signed head of ``size``."""

    index: int
    size: int
    leaf: str
    path: list[str]
    root: str


class SignerOut(Schema):
    name: str
    code: str
    at: dt.datetime


class VerdictOut(Schema):
    """``state``: "trusted", "unknown-signer" (compare ``fingerprint``) or "broken" (``part`` is to blame)."""

    state: str
    kind: str = ""
    part: str = ""
    message: str = ""
    fingerprint: str = ""
    signers: list[SignerOut] = []
    summary: list[tuple[str, str]] = []
    code: str = ""


class EntryOut(Schema):
    """What anybody with its code may know of an entry."""

    act: str
    at: dt.datetime
    code: str
    index: int | None
    size: int
    head_at: dt.datetime | None


@router.get("/ledger/head", auth=None, response=HeadOut, summary="The newest signed head of the log")
def head(request: HttpRequest) -> dict[str, Any]:
    return queries.head(acting(request))


@router.get("/ledger/heads", auth=None, response=HeadsOut, summary="Signed heads, newest first")
def heads(request: HttpRequest, cursor: str = "") -> dict[str, Any]:
    found = queries.heads(acting(request), cursor)
    return {"items": [queries.signed_head(item) for item in found.items], "next": found.next}


@router.get("/ledger/consistency", auth=None, response=ProofOut, summary="Proof that the log only grew")
def consistency(request: HttpRequest, first: int, second: int) -> dict[str, Any]:
    return {"first": first, "second": second, "path": queries.consistency(acting(request), first, second)}


@router.get("/ledger/inclusion", auth=None, response=InclusionOut, summary="Proof that a place belongs to the log")
def inclusion(request: HttpRequest, index: int, size: int = 0) -> queries.Inclusion:
    return queries.inclusion(acting(request), index, size)


@router.get(
    "/ledger/entries/{uuid:entry_id}/receipt",
    summary="The JSON receipt of an act, in its one form",
    openapi_extra=content("application/json", {"type": "object"}),
)
def receipt(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    document = queries.receipt(acting(request), entry_id)
    return HttpResponse(
        readable_bytes(document),
        content_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="receipt.json"', "Cache-Control": "private, no-store"},
    )


@router.get(
    "/ledger/entries/{uuid:entry_id}/receipt.pdf",
    summary="The receipt of an act as a sealed paper",
    openapi_extra=content("application/pdf"),
)
def receipt_pdf(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    return HttpResponse(
        queries.receipt_pdf(acting(request), entry_id),
        content_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="receipt.pdf"', "Cache-Control": "private, no-store"},
    )


@router.post("/verify", auth=None, response=VerdictOut, summary="Check a receipt, a licence or another sealed paper")
def verify(request: HttpRequest, file: Annotated[UploadedFile, File()]) -> dict[str, Any]:
    try:
        verdict = queries.examine_upload(acting(request), file.read(queries.LARGEST_UPLOAD + 1))
    except Broken as broken:
        return {"state": "broken", "part": broken.part, "message": broken_words(broken.part)}
    return {
        "state": "trusted" if verdict.trusted else "unknown-signer",
        "kind": verdict.kind,
        "fingerprint": verdict.fingerprint,
        "signers": [{"name": s.name, "code": s.code, "at": s.at} for s in verdict.signers],
        "summary": verdict.summary,
        "code": verdict.code,
    }


@router.get("/verify/{code}", auth=None, response=EntryOut, summary="Whether the act of a receipt's code is in the log")
def entry(request: HttpRequest, code: str) -> queries.PublicEntry:
    return queries.public_entry(acting(request), code)
