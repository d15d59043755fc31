"""The gateway: what a client may ask under a grant. Each call names its purpose, is counted, and leaves a trace that the subject sees."""

from __future__ import annotations

import codecs
import datetime as dt
import io
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Field, Form, Query, Router, Schema
from ninja.responses import Status

from yiwang.data.sharing import actions, describing, gate, gateway, peers, signatures
from yiwang.data.sharing.models import Batch, Grant
from yiwang.kernel.refusals import Invalid, Missing, Problem

router = Router()


def client(request: HttpRequest) -> gate.Caller:
    """Sign-in of a client: signature (RFC 9421), token (OAuth 2.0) or certificate."""
    return gate.caller(request, str(request.META.get("REMOTE_ADDR", ""))[:45])


def _caller(request: HttpRequest) -> gate.Caller:
    return cast("gate.Caller", request.auth)  # type: ignore[attr-defined]


Purpose = Annotated[str, Field(min_length=2, max_length=120, description="what for; kept, and shown to the subject")]
About = Annotated[
    str, Field(max_length=80, description="the business that needs it, as a case number; no identity numbers")
]
Number = str


class LookIn(Schema):
    key: dict[str, str] = Field(description="the key fields of the resource")
    purpose: Purpose
    about: About = ""
    fields: list[str] = Field([], max_length=200, description="no more than these; empty: all that are granted")


class LookOut(Schema):
    found: bool
    row: dict[str, Any] | None = Field(description="masked as the grant says")


class VerifyIn(Schema):
    key: dict[str, str]
    claims: dict[str, Any] = Field(description="what is to be confirmed, by field")
    purpose: Purpose
    about: About = ""


class VerifyOut(Schema):
    match: bool = Field(description="whether all claims are true; never which one is not")


class BatchOut(Schema):
    id: UUID
    grant: str
    kind: str
    state: Literal["waiting", "running", "done", "stopped"]
    asked: int
    done: int
    found: int
    format: str
    sha256: str = ""
    why: str = ""
    until: dt.datetime = Field(description="until when the result can be fetched")
    manifest: dict[str, Any] = {}


class FileIn(Schema):
    purpose: Purpose
    about: About = ""
    format: Literal["csv", "json", "parquet"] = "csv"
    fields: list[str] = Field([], max_length=200)


class ChangesIn(Schema):
    purpose: Purpose
    about: About = ""
    after: str = Field("", max_length=120, description="the cursor of the last change that was read")
    limit: int = Field(200, ge=1, le=1000)


class ChangeOut(Schema):
    cursor: str
    at: dt.datetime
    gone: bool
    key: dict[str, Any]
    row: dict[str, Any] | None


class ChangesOut(Schema):
    items: list[ChangeOut]
    after: str = Field(description="send this the next time")


class SubscribeIn(Schema):
    way: Literal["webhook", "nats"]
    url: str = Field("", max_length=500)
    purpose: Purpose
    after: str = Field("", max_length=120)


class SubscribedOut(Schema):
    id: UUID
    way: str
    secret: str = Field(description="of the webhook (Standard Webhooks); shown once")


class TokenOut(Schema):
    """RFC 6749, 5.1."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105  # the name of a scheme
    expires_in: int = gate.TOKEN_LIFE
    scope: str


class EnvelopeIn(Schema):
    text: str
    signature: str


class NodeOut(Schema):
    public_key: str = Field(description="PEM; checks envelopes and manifests of this node")


def _batch(batch: Batch) -> BatchOut:
    return BatchOut(
        id=batch.id, grant=batch.grant.number, kind=batch.kind, state=cast("Any", str(batch.state)), asked=batch.asked,
        done=batch.done, found=batch.found, format=batch.format, sha256=batch.digest, why=batch.why, until=batch.until,
        manifest=batch.manifest if batch.state == Batch.State.DONE else {},
    )  # fmt: skip


@router.post(
    "/exchange/token", auth=None, response=TokenOut, summary="A token for a client (OAuth 2.0 client credentials)"
)
def token(
    request: HttpRequest,
    grant_type: Annotated[str, Form(max_length=40)],
    client_id: Annotated[str, Form(max_length=40)],
    client_secret: Annotated[str, Form(max_length=200)],
    scope: Annotated[str, Form(max_length=200)] = "",
) -> TokenOut:
    if grant_type != "client_credentials":
        message = _("grant_type 只能是 client_credentials。")
        raise Invalid(message, code="unsupported_grant_type", problems=[Problem("grant_type", "choice", message)])
    made, scopes = gate.token(client_id, client_secret, scope)
    return TokenOut(access_token=made, scope=" ".join(scopes))


@router.post("/exchange/grants/{number}/look-up", auth=client, response=LookOut, summary="One row by its key, masked")
def look_up(request: HttpRequest, number: Number, body: LookIn) -> LookOut:
    row = gateway.look_up(_caller(request), number, body.key, body.purpose, body.about, body.fields)
    return LookOut(found=row is not None, row=row)


@router.post("/exchange/grants/{number}/verify", auth=client, response=VerifyOut, summary="Yes or no, and nothing else")
def verify(request: HttpRequest, number: Number, body: VerifyIn) -> VerifyOut:
    return VerifyOut(match=gateway.verify(_caller(request), number, body.key, body.claims, body.purpose, body.about))


@router.post(
    "/exchange/grants/{number}/batches",
    auth=client,
    response={202: BatchOut},
    summary="Match a file of keys",
    description="The body is the file: text/csv with the key fields in its first line, or application/x-ndjson.",
)
def submit_batch(
    request: HttpRequest,
    number: Number,
    purpose: Annotated[str, Query(max_length=120)],
    about: Annotated[str, Query(max_length=80)] = "",
    format: Annotated[Literal["csv", "json", "parquet"], Query()] = "csv",
    fields: Annotated[str, Query(max_length=2000, description="separated by commas")] = "",
) -> Status[BatchOut]:
    given = "json" if request.content_type in ("application/x-ndjson", "application/json") else "csv"
    try:
        text = codecs.getreader("utf-8-sig")(io.BytesIO(gate.whole(request))).read()
    except UnicodeDecodeError:
        message = _("文件应是 UTF-8 编码。")
        raise Invalid(message, problems=[Problem("file", "encoding", message)]) from None
    names = [name.strip() for name in fields.split(",") if name.strip()]
    made = gateway.submit_batch(
        _caller(request), number, io.StringIO(text), purpose, about, format=format, given=given, fields=names
    )
    return Status(202, _batch(made))


@router.post(
    "/exchange/grants/{number}/files", auth=client, response={202: BatchOut}, summary="The whole table as a file"
)
def ask_file(request: HttpRequest, number: Number, body: FileIn) -> Status[BatchOut]:
    made = gateway.ask_file(_caller(request), number, body.purpose, body.about, format=body.format, fields=body.fields)
    return Status(202, _batch(made))


@router.get("/exchange/batches/{batch_id}", auth=client, response=BatchOut, summary="How far a batch is")
def batch(request: HttpRequest, batch_id: UUID) -> BatchOut:
    return _batch(actions.batch_of(_caller(request).client, batch_id))


@router.get("/exchange/batches/{batch_id}/result", auth=client, summary="The result of a batch that is done")
def result(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    caller = _caller(request)
    found, content = actions.take_result(caller.actor, caller.client, batch_id)
    kind = {
        "csv": "text/csv; charset=utf-8",
        "json": "application/x-ndjson",
        "parquet": "application/vnd.apache.parquet",
    }
    response = HttpResponse(content, content_type=kind[found.format])
    response["Content-Disposition"] = f'attachment; filename="{found.id}.{found.format}"'
    response["Content-Digest"] = signatures.digest(content)
    return response


@router.post("/exchange/batches/{batch_id}/stop", auth=client, response=BatchOut, summary="Stop a batch")
def stop(request: HttpRequest, batch_id: UUID) -> BatchOut:
    caller = _caller(request)
    return _batch(actions.stop_batch(caller.actor, caller.client, batch_id))


@router.post(
    "/exchange/grants/{number}/changes", auth=client, response=ChangesOut, summary="What changed after a cursor"
)
def changes(request: HttpRequest, number: Number, body: ChangesIn) -> ChangesOut:
    found = gateway.read_changes(_caller(request), number, body.purpose, body.after, body.limit, body.about)
    return ChangesOut(items=[ChangeOut(**one) for one in found], after=found[-1]["cursor"] if found else body.after)


@router.post(
    "/exchange/grants/{number}/subscriptions", auth=client, response={201: SubscribedOut}, summary="Be told of changes"
)
def subscribe(request: HttpRequest, number: Number, body: SubscribeIn) -> Status[SubscribedOut]:
    made, secret = gateway.subscribe(_caller(request), number, body.way, body.url, body.purpose, body.after)
    return Status(201, SubscribedOut(id=made.id, way=made.way, secret=secret))


@router.post(
    "/exchange/subscriptions/{subscription_id}/end", auth=client, response={204: None}, summary="Be told no longer"
)
def unsubscribe(request: HttpRequest, subscription_id: UUID) -> Status[None]:
    caller = _caller(request)
    actions.unsubscribe(caller.actor, caller.client, subscription_id)
    return Status(204, None)


@router.get(
    "/exchange/grants/{number}/openapi.json",
    auth=client,
    summary="The description of what a grant allows (OpenAPI 3.1)",
)
def openapi(request: HttpRequest, number: Number) -> dict[str, Any]:
    caller = _caller(request)
    grant = Grant.objects.filter(number=number, agency_path=caller.client.agency_path).first()
    if grant is None:
        raise Missing(_("没有编号为“%(number)s”的授权。") % {"number": number[:30]}, code="grant-missing")
    return describing.openapi(grant)


@router.get(
    "/exchange/node", auth=None, response=NodeOut, summary="The key with which this node signs what it hands to others"
)
def node(request: HttpRequest) -> NodeOut:
    return NodeOut(public_key=peers.node_key())


@router.post(
    "/exchange/envelopes",
    auth=None,
    response={200: dict[str, str], 422: dict[str, str]},
    summary="A message of another node",
)
def envelope(request: HttpRequest, body: EnvelopeIn) -> Status[dict[str, str]]:
    status, answer = gateway.receive(body.dict(), getattr(request, "id", ""))
    return Status(status, answer)
