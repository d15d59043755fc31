"""Licences for programs: the holder's, the paper, and the check that is open to everybody."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from yiwang.foundation.access.queries import acting
from yiwang.web.openapi import content

from . import actions, queries
from .models import Licence

router = Router()


class LicenceOut(Schema):
    """A licence for its holder and its agency. ``valid_until`` is its last day; null is without end."""

    number: str
    edition: int
    cause: str
    type_code: str
    type_name: str
    issuer: str
    holder: str
    identifier: str
    verification_code: str
    case_number: str
    valid_from: dt.date
    valid_until: dt.date | None
    state: str
    fields: list[tuple[str, str]]

    @staticmethod
    def of(licence: Licence) -> LicenceOut:
        return LicenceOut(
            number=licence.number, edition=licence.edition, cause=licence.cause, type_code=licence.type.code, type_name=licence.type.name,
            issuer=licence.agency.name, holder=licence.shown_holder, identifier=licence.identifier,
            verification_code=licence.code, case_number=licence.case_number, valid_from=licence.valid_from,
            valid_until=licence.valid_until, state=licence.state_now, fields=queries.shown_fields(licence),
        )  # fmt: skip


class SealCheckOut(Schema):
    """Whether the kept paper still carries the seal, checked at this moment."""

    sound: bool
    name: str
    at: dt.datetime | None
    seal_state: str


class PublicOut(Schema):
    """What everybody may know. ``state``: valid, pending, expired, annulled, superseded."""

    type_name: str
    number: str
    edition: int
    issuer: str
    holder: str
    valid_from: dt.date
    valid_until: dt.date | None
    state: str
    state_words: str
    state_since: dt.datetime
    fields: list[tuple[str, str]]
    seal: SealCheckOut
    checked_at: dt.datetime
    successor: str
    shown_by_holder: bool


class ShownOut(Schema):
    """A code that lives for a minute."""

    path: str
    until: dt.datetime


class AnnulIn(Schema):
    reason: str
    ground: str = "deregistered"


class LicencesOut(Schema):
    items: list[LicenceOut]
    next: str


class ReasonIn(Schema):
    reason: str


class ChangeIn(ReasonIn):
    """``fields``: the values that change, in words, by the names of the type."""

    fields: dict[str, str]


@router.get("/licences", response=list[LicenceOut], summary="The licences of the party acted for")
def held(request: HttpRequest) -> list[LicenceOut]:
    return [LicenceOut.of(licence) for licence in queries.held(acting(request))]


@router.get("/licences/register", response=LicencesOut, summary="The licences in reach of the staff, newest first")
def register(
    request: HttpRequest, type_code: str = "", state: str = "", text: str = "", cursor: str = ""
) -> dict[str, object]:
    found = queries.licences(acting(request), type_code=type_code, state=state, text=text, cursor=cursor)
    return {"items": [LicenceOut.of(licence) for licence in found.items], "next": found.next}


@router.get("/licences/check/{code}", auth=None, response=PublicOut, summary="Check a licence by its code or number")
def check(request: HttpRequest, code: str) -> queries.PublicLicence:
    return queries.public_check(code, acting(request))


@router.get("/licences/shown/{token}", auth=None, response=PublicOut, summary="Check a licence that its holder shows")
def shown(request: HttpRequest, token: str) -> queries.PublicLicence:
    return queries.shown_check(token, acting(request))


@router.get("/licences/{number}", response=LicenceOut, summary="One licence")
def licence(request: HttpRequest, number: str) -> LicenceOut:
    return LicenceOut.of(queries.licence(acting(request), number))


@router.get("/licences/{number}/editions", response=list[LicenceOut], summary="Every edition, newest first")
def editions(request: HttpRequest, number: str) -> list[LicenceOut]:
    return [LicenceOut.of(licence) for licence in queries.editions(acting(request), number)]


@router.get("/licences/{number}/pdf", summary="The sealed paper of a licence", openapi_extra=content("application/pdf"))
def pdf(request: HttpRequest, number: str, edition: int | None = None) -> HttpResponse:
    return HttpResponse(
        queries.pdf(acting(request), number, edition),
        content_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="licence.pdf"', "Cache-Control": "private, no-store"},
    )


@router.post("/licences/{number}/show", response=ShownOut, summary="Show a licence: a code that lives for a minute")
def show(request: HttpRequest, number: str) -> ShownOut:
    done = actions.show(acting(request), number)
    return ShownOut(path=done.path, until=done.until)


@router.post("/licences/{number}/annul", response=LicenceOut, summary="End a licence before its time")
def annul(request: HttpRequest, number: str, body: AnnulIn) -> LicenceOut:
    done = actions.annul(acting(request), number, body.reason, body.ground)
    return LicenceOut.of(queries.licence(acting(request), done.number))


@router.post("/licences/{number}/change", response=LicenceOut, summary="Change what a licence says: its next edition")
def change(request: HttpRequest, number: str, body: ChangeIn) -> LicenceOut:
    return LicenceOut.of(actions.change(acting(request), number, body.fields, body.reason))


@router.post("/licences/{number}/correct", response=LicenceOut, summary="Put a mistake right: its next edition")
def correct(request: HttpRequest, number: str, body: ChangeIn) -> LicenceOut:
    return LicenceOut.of(actions.correct(acting(request), number, body.fields, body.reason))


@router.post("/licences/{number}/reissue", response=LicenceOut, summary="Make the same licence again: its next edition")
def reissue(request: HttpRequest, number: str, body: ReasonIn) -> LicenceOut:
    return LicenceOut.of(actions.reissue(acting(request), number, body.reason))
