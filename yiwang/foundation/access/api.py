"""How a program signs in: allauth's session token, or the browser's own session with its CSRF token."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from allauth.headless.contrib.ninja.security import XSessionTokenAuth
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from ninja.security import SessionAuth

from yiwang.foundation.accounts.queries import Level
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Denied, Missing

from . import grants, helping, holders
from .acts import LEVELS
from .levels import ladder
from .middleware import acting, actor_of
from .models import Grant


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


class RungOut(Schema):
    """A real-name level, what parties may do from it on (permissions), and whether the account has reached it."""

    level: int
    name: str
    reached: bool
    permissions: list[str]


@router.get("/me/level", response=list[RungOut], summary="The real-name levels, and what each opens")
def my_level(request: HttpRequest) -> list[RungOut]:
    return [
        RungOut(
            level=rung.level, name=rung.words, reached=rung.reached,
            permissions=sorted(code for code, level in LEVELS.items() if level == rung.level),
        )
        for rung in ladder(acting(request))
    ]  # fmt: skip


class LevelIn(Schema):
    """The level to which somebody's identity was checked at a counter (0 … 3), and how."""

    level: int
    purpose: str


@router.post(
    "/access/accounts/{account_id}/level", response=RungOut, summary="Write down a real-name level checked at a counter"
)
def set_level(request: HttpRequest, account_id: int, body: LevelIn) -> RungOut:
    account = helping.set_level(acting(request), account_id, body.level, body.purpose)
    return RungOut(level=account.level, name=str(Level(account.level).label), reached=True, permissions=[])


class GrantIn(Schema):
    """A role within an agency and a region with what is below them ("" is everywhere), from a day to the day before ``until``."""

    account: int
    role: str
    agency: str = ""
    region: str = ""
    since: dt.date
    until: dt.date | None = None
    reason: str


class GrantOut(Schema):
    """A role as somebody holds it."""

    id: int
    account: int
    name: str
    role: str
    role_name: str
    agency: str
    region: str
    since: dt.date
    until: dt.date | None


class ReasonIn(Schema):
    reason: str


def _grant(row: Grant) -> GrantOut:
    return GrantOut(
        id=row.pk, account=row.account_id, name=row.account.name, role=row.role_id, role_name=row.role.name,
        agency=row.agency_id or "", region=row.region_id or "", since=row.since, until=row.until,
    )  # fmt: skip


@router.get("/access/who-may", response=list[GrantOut], summary="Who may do something in an agency today")
def who_may(
    request: HttpRequest,
    permission: Annotated[str, Query(max_length=80)],
    agency: Annotated[str, Query(max_length=40, description='a code; "" is the whole node')] = "",
) -> list[GrantOut]:
    place = Agency.objects.filter(code=agency).first() if agency else None
    if agency and place is None:
        raise Missing(_("没有代码为“%(code)s”的机构") % {"code": agency})
    return [_grant(row) for row in holders.who_may(acting(request), permission, place)]


@router.post("/access/grants", response={201: GrantOut}, summary="Give a role; the same again sets another term")
def give(request: HttpRequest, body: GrantIn) -> Status[Any]:
    made = grants.grant(
        acting(request), body.account, body.role, agency=body.agency, region=body.region, since=body.since,
        until=body.until, reason=body.reason,
    )  # fmt: skip
    return Status(201, _grant(made))


@router.post("/access/grants/{grant_id}/revoke", response=GrantOut, summary="Take a role away, at once")
def take(request: HttpRequest, grant_id: int, body: ReasonIn) -> GrantOut:
    return _grant(grants.revoke(acting(request), grant_id, reason=body.reason))
