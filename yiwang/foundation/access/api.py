"""How a program signs in: allauth's session token, or the browser's own session with its CSRF token."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.headless.contrib.ninja.security import XSessionTokenAuth
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.security import SessionAuth

from yiwang.kernel.refusals import Denied

from .middleware import acting, actor_of


class TokenAuth(XSessionTokenAuth):
    """X-Session-Token, as /_allauth/app/v1/auth/login gives it."""

    openapi_name = "X-Session-Token"
    openapi_in = "header"
    param_name = "X-Session-Token"

    def __call__(self, request: HttpRequest) -> Any:
        account = super().__call__(request)
        if account is None:
            return None
        if account.password_temporary:
            raise Denied(_("您现在用的是临时密码，请先在网页上换成自己的密码。"), code="temporary-password")
        request.user = account
        request.actor = actor_of(request, channel="api")  # type: ignore[attr-defined]
        return account


class BrowserAuth(SessionAuth):
    """The session cookie of a signed-in browser; unsafe methods need the CSRF token."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return request.user if request.user.is_authenticated else None


signed_in: list[Any] = [TokenAuth(), BrowserAuth()]


router = Router()


class PartyOut(Schema):
    """A party that the account may act for, and on what ground: self, legal-representative or agent."""

    id: UUID
    name: str
    kind: str
    ground: str


class MeOut(Schema):
    """Who is signed in. ``party`` is the one acted for; choose another with the header X-Yiwang-Party."""

    name: str
    level: int
    party: UUID | None
    parties: list[PartyOut]
    roles: list[str]


@router.get("/me", response=MeOut, summary="Who I am, and for whom I may act")
def me(request: HttpRequest) -> MeOut:
    actor = acting(request)
    parties = [PartyOut(id=id, name=name, kind=kind, ground=ground) for id, name, kind, ground in actor.parties]
    return MeOut(name=actor.name, level=actor.level, party=actor.party_id, parties=parties, roles=actor.roles())
