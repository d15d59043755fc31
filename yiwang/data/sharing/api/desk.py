"""Applications, grants, clients and figures for officials' programs."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Header, Query, Router, Schema
from ninja.responses import Status

from yiwang.data.sharing import actions, queries
from yiwang.data.sharing.models import Client, DataRequest, Grant
from yiwang.foundation.access.queries import acting

router = Router()
Mode = Literal["look-up", "verify", "batch", "file", "changes"]
Cursor = Annotated[str, Query(max_length=400, description="`next` of the page before; empty for the first page")]
OnceKey = Annotated[str, Header(alias="Idempotency-Key", max_length=100)]


class WishIn(Schema):
    """What an agency asks for."""

    agency: str = Field(max_length=40)
    resource: str = Field(max_length=120, description="code of the catalogue")
    fields: list[str] = Field(max_length=500)
    purpose: str = Field(max_length=120)
    basis: str = Field(max_length=300)
    modes: list[Mode]
    per_day: int = Field(description="rows a day")
    until: dt.date = Field(description="the last day")
    item: str = Field("", max_length=120)
    renews: str = Field("", max_length=30, description="number of a grant to be extended or widened")


class RequestOut(Schema):
    id: UUID
    case: str
    resource: str
    stage: str
    outcome: str = Field(description="granted, refused, or empty while it is decided")
    grant: str


class FieldOut(Schema):
    name: str
    label: str
    type: str
    level: int
    mask: str


class GrantOut(Schema):
    number: str
    state: str
    resource: str
    resource_name: str
    agency: str
    provider: str
    purpose: str
    basis: str
    item: str
    modes: list[str]
    fields: list[FieldOut]
    per_day: int
    since: dt.date
    until: dt.date
    by_law: bool
    why: str


class GrantsOut(Schema):
    items: list[GrantOut]
    next: str


class WhyIn(Schema):
    why: str = Field(max_length=300)


class NarrowIn(Schema):
    """Only what is to become less."""

    fields: list[str] | None = None
    masks: dict[str, str] | None = None
    modes: list[Mode] | None = None
    per_day: int | None = None
    until: dt.date | None = None


class TermsIn(Schema):
    fields: list[str]
    masks: dict[str, str] = {}
    modes: list[Mode] = []
    per_day: int = 0
    until: dt.date | None = None
    cache: int = Field(0, description="seconds for which answers may be kept")
    opinion: str = Field("", max_length=500)


class ClientIn(Schema):
    code: str = Field(max_length=40)
    name: str = Field(max_length=80)
    agency: str = Field(max_length=40)
    scopes: list[Mode]
    contact: str = Field("", max_length=80)


class CredentialOut(Schema):
    id: UUID
    kind: str
    name: str
    algorithm: str
    until: dt.datetime | None
    revoked: bool


class ClientOut(Schema):
    code: str
    name: str
    agency: str
    state: str
    scopes: list[str]


class ClientViewOut(ClientOut):
    credentials: list[CredentialOut]


class PemIn(Schema):
    pem: str = Field(max_length=10_000)


class SecretOut(Schema):
    name: str
    secret: str = Field(description="shown once")


class StateIn(Schema):
    state: Literal["active", "suspended", "removed"]


class LineOut(Schema):
    code: str
    name: str
    calls: int
    rows: int
    refused: int
    mean: int = Field(description="ms")
    longest: int = Field(description="ms")


class FiguresOut(Schema):
    since: dt.date
    total: LineOut
    resources: list[LineOut]
    agencies: list[LineOut]
    modes: list[LineOut]


def _request(made: DataRequest) -> RequestOut:
    return RequestOut(
        id=made.id, case=made.case.number, resource=made.resource, stage=made.case.stage, outcome=made.case.outcome,
        grant=made.grant.number if made.grant else "",
    )  # fmt: skip


def _grant(view: queries.GrantView) -> GrantOut:
    grant: Grant = view.grant
    plain = {
        name: getattr(grant, name)
        for name in ("number", "resource", "resource_name", "purpose", "basis", "item", "modes", "per_day", "since", "until", "by_law", "why")
    }  # fmt: skip
    fields = [
        FieldOut(**{**{name: one[name] for name in ("name", "label", "type", "level")}, "mask": one["agreed"]})
        for one in view.fields
    ]
    return GrantOut(**plain, state=view.state, agency=grant.agency_id, provider=grant.provider_id, fields=fields)


def _client(found: Client) -> dict[str, Any]:
    return {
        "code": found.code, "name": found.name, "agency": found.agency_id, "state": str(found.state), "scopes": found.scopes,
    }  # fmt: skip


@router.post(
    "/data-requests",
    response={201: RequestOut},
    summary="Apply for a resource; what is shared freely is granted at once",
)
def apply(request: HttpRequest, body: WishIn, key: OnceKey = "") -> Status[RequestOut]:
    return Status(201, _request(actions.apply(acting(request), actions.Wish(**body.dict()), key=key)))


@router.get("/data-requests", response=list[RequestOut], summary="The newest applications of agencies within reach")
def requests(request: HttpRequest) -> list[RequestOut]:
    return [_request(one) for one in queries.requests(acting(request), size=100).items]


@router.post("/data-requests/tasks/{task_id}/agree", response=RequestOut, summary="Agree as the provider, on terms")
def decide(request: HttpRequest, task_id: UUID, body: TermsIn) -> RequestOut:
    terms = body.dict()
    opinion = terms.pop("opinion")
    return _request(actions.decide(acting(request), task_id, actions.Terms(**terms), opinion))


@router.get(
    "/grants-of-data", response=GrantsOut, summary="Grants held or given by agencies within reach, newest first"
)
def grants(request: HttpRequest, side: Literal["", "ours", "given"] = "", cursor: Cursor = "") -> GrantsOut:
    found = queries.grants(acting(request), side=side, cursor=cursor)
    return GrantsOut(items=[_grant(view) for view in found.items], next=found.next)


@router.get("/grants-of-data/{number}", response=GrantOut, summary="One grant")
def grant(request: HttpRequest, number: str) -> GrantOut:
    return _grant(queries.grant(acting(request), number))


@router.post("/grants-of-data/{number}/narrow", response=GrantOut, summary="Give less")
def narrow(request: HttpRequest, number: str, body: NarrowIn) -> GrantOut:
    actions.narrow(acting(request), number, **body.dict())
    return _grant(queries.grant(acting(request), number))


@router.post("/grants-of-data/{number}/suspend", response=GrantOut, summary="Stop the use for a time")
def suspend(request: HttpRequest, number: str, body: WhyIn) -> GrantOut:
    actions.suspend(acting(request), number, body.why)
    return _grant(queries.grant(acting(request), number))


@router.post("/grants-of-data/{number}/resume", response=GrantOut, summary="Let a suspended grant be used again")
def resume(request: HttpRequest, number: str) -> GrantOut:
    actions.resume(acting(request), number)
    return _grant(queries.grant(acting(request), number))


@router.post("/grants-of-data/{number}/revoke", response=GrantOut, summary="End a grant for good")
def revoke(request: HttpRequest, number: str, body: WhyIn) -> GrantOut:
    actions.revoke(acting(request), number, body.why)
    return _grant(queries.grant(acting(request), number))


@router.get("/exchange-clients", response=list[ClientOut], summary="Clients of agencies within reach")
def clients(request: HttpRequest) -> list[dict[str, Any]]:
    return [_client(one) for one in queries.clients(acting(request))]


@router.post("/exchange-clients", response={201: ClientOut}, summary="Register a system of an agency")
def register(request: HttpRequest, body: ClientIn) -> Status[dict[str, Any]]:
    return Status(201, _client(actions.register_client(acting(request), **body.dict())))


@router.get("/exchange-clients/{code}", response=ClientViewOut, summary="One client with its credentials")
def client(request: HttpRequest, code: str) -> dict[str, Any]:
    found = queries.client(acting(request), code)
    credentials = [
        {"id": row.id, "kind": row.kind, "name": row.name, "algorithm": row.algorithm, "until": row.until, "revoked": row.revoked_at is not None}
        for row in found.credentials.all()
    ]  # fmt: skip
    return {**_client(found), "credentials": credentials}


@router.post("/exchange-clients/{code}/keys", response={201: CredentialOut}, summary="Enter a public key")
def add_key(request: HttpRequest, code: str, body: PemIn) -> Status[dict[str, Any]]:
    row = actions.add_key(acting(request), code, body.pem)
    return Status(
        201,
        {
            "id": row.id,
            "kind": row.kind,
            "name": row.name,
            "algorithm": row.algorithm,
            "until": row.until,
            "revoked": False,
        },
    )


@router.post("/exchange-clients/{code}/secrets", response={201: SecretOut}, summary="Make a secret; it is shown once")
def new_secret(request: HttpRequest, code: str) -> Status[SecretOut]:
    row, secret = actions.new_secret(acting(request), code)
    return Status(201, SecretOut(name=row.name, secret=secret))


@router.post(
    "/exchange-clients/credentials/{credential_id}/revoke",
    response={204: None},
    summary="Let a credential hold no longer",
)
def revoke_credential(request: HttpRequest, credential_id: UUID) -> Status[None]:
    actions.revoke_credential(acting(request), credential_id)
    return Status(204, None)


@router.post("/exchange-clients/{code}/state", response=ClientOut, summary="Suspend, resume or remove a client")
def set_client(request: HttpRequest, code: str, body: StateIn) -> dict[str, Any]:
    return _client(actions.set_client(acting(request), code, body.state))


@router.get("/exchange/figures", response=FiguresOut, summary="Calls, rows, refusals and times of a period, ranked")
def figures(request: HttpRequest, period: Literal["day", "week", "month", "year"] = "month") -> dict[str, Any]:
    found = queries.figures(acting(request), period)
    return {
        "since": found.since, "total": found.total, "resources": found.resources, "agencies": found.agencies, "modes": found.modes,
    }  # fmt: skip
