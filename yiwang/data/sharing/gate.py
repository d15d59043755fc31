"""Who calls the gateway: a client by its signature, its token or its certificate. Private to this room.

A request is refused with 401 and a code that says what was wrong; the reasons are told, for they are about the caller's own request.
What is wrong with a secret is not told more closely than "wrong".
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.config.environment import environment
from yiwang.foundation.access.queries import Actor, Held
from yiwang.kernel.refusals import Denied, SignInNeeded

from . import signatures
from .credentials import secret_hash
from .models import Client, Credential, Nonce
from .modes import MODES

TOKEN_LIFE = 600  # seconds
_SALT = "yiwang.sharing.token"
ACTS = frozenset({
    "sharing.look_up", "sharing.verify", "sharing.submit_batch", "sharing.work_batch", "sharing.take_result", "sharing.stop_batch",
    "sharing.end_batch", "sharing.read_changes", "sharing.subscribe", "sharing.unsubscribe", "sharing.answer_peer",
})  # fmt: skip
ROLE = "data-client"


@dataclass(frozen=True, slots=True)
class Caller:
    """A client that has proved itself, and what it may ask for in this request."""

    client: Client
    actor: Actor
    scopes: frozenset[str]

    def needs(self, scope: str) -> None:
        """Refuse a request that the client, or its token, has no scope for."""
        if scope not in self.scopes:
            raise Denied(_("这个系统没有“%(scope)s”的使用范围。") % {"scope": scope}, code="insufficient-scope")


def actor_of(client: Client, request_id: str = "", address: str = "") -> Actor:
    """The client as an actor: it holds what the gateway needs, for its own agency only."""
    held = Held(ROLE, ACTS, client.agency_path, "", 4, (client.agency_path,))
    return Actor(
        name=client.name, account_id=client.account_id, held=(held,), channel="api", request_id=request_id, address=address
    )  # fmt: skip


def caller(request: HttpRequest, address: str = "") -> Caller:
    """Who asks. Raises :class:`SignInNeeded`, or :class:`Denied` for a client that is suspended."""
    authorization = request.headers.get("Authorization", "")
    scopes: Sequence[str]
    if "Signature-Input" in request.headers or "Signature" in request.headers:
        found, scopes = _by_signature(request), MODES
    elif authorization[:7].lower() == "bearer ":
        found, scopes = _by_token(authorization[7:].strip())
    elif environment.client_certificate_header and request.headers.get(environment.client_certificate_header):
        found, scopes = _by_certificate(request.headers[environment.client_certificate_header]), MODES
    else:
        raise signatures.refusal(
            "client-unknown", _("请签名（RFC 9421），或者带上访问令牌（OAuth 2.0），再调用共享网关。")
        )
    client = found.client
    if client.state != Client.State.ACTIVE:
        raise Denied(_("这个接入系统已经停用，请联系数据管理部门。"), code="client-suspended")
    actor = actor_of(client, getattr(request, "id", ""), address)
    return Caller(client, actor, frozenset(scopes) & frozenset(client.scopes))


def _credential(kind: str, name: str) -> Credential | None:
    """A credential that holds now."""
    found = Credential.objects.select_related("client").filter(kind=kind, name=name, revoked_at=None).first()
    return None if found is None or (found.until is not None and found.until < timezone.now()) else found


def target_of(request: HttpRequest) -> str:
    """The address as the client typed it, whatever a proxy made of it."""
    return f"{'https' if environment.secure else request.scheme}://{request.get_host()}{request.get_full_path()}"


def message_of(request: HttpRequest) -> signatures.Message:
    """The request as it was signed."""
    known = {name.lower(): value for name, value in request.headers.items()}
    return signatures.Message(request.method or "", target_of(request), known, whole(request))


def whole(request: HttpRequest) -> bytes:
    """The body, whole. The limit of a request stands before the gateway already; Django's lower one is meant for forms."""
    if not hasattr(request, "_body"):
        request._body = request.read()  # what ``body`` keeps; later readers find it there
    body: bytes = request.body
    return body


def _by_signature(request: HttpRequest) -> Credential:
    signed = signatures.read(message_of(request))
    found = _credential(Credential.Kind.KEY, signed.keyid)
    if found is None or (signed.algorithm and signed.algorithm != found.algorithm):
        raise signatures.refusal("key-unknown", _("没有登记这把签名密钥，或者它已经停用。"))
    if not signatures.holds(found.algorithm, found.public, signed.base, signed.signature):
        raise signatures.refusal("signature-wrong", _("签名对不上：请求可能被改动，或者用错了私钥。"))
    take_nonce(signed)
    return found


def take_nonce(signed: signatures.Signed) -> None:
    """Keep the nonce of a signature that holds; the same one again is a replay. Kept at once, whatever becomes of the request."""
    until = dt.datetime.fromtimestamp(signed.expires + 2 * signatures.SKEW, dt.UTC)
    try:
        with transaction.atomic():
            Nonce.objects.create(keyid=signed.keyid, nonce=signed.nonce, until=until)
    except IntegrityError:
        raise signatures.refusal("replayed", _("这个请求已经收到过。重新发送时，请换一个 nonce 再签名。")) from None


def _by_token(token: str) -> tuple[Credential, list[str]]:
    wrong = _("访问令牌不对或已经过期，请重新领取。")
    try:
        said = signing.loads(token, salt=_SALT, max_age=TOKEN_LIFE)
    except signing.BadSignature:
        raise signatures.refusal("token-wrong", wrong) from None
    found = _credential(Credential.Kind.SECRET, said["n"])
    if found is None:
        raise signatures.refusal("token-wrong", wrong)
    return found, said["s"]


def token(client_id: str, secret: str, scope: str = "") -> tuple[str, list[str]]:
    """A token for ``TOKEN_LIFE`` seconds and its scopes (RFC 6749, 4.4). ``scope`` narrows them.

    It ends with the secret that it was given for: when that is revoked, or the client suspended, it opens nothing any more.
    """
    wrong = SignInNeeded(_("client_id 或 client_secret 不对。"), code="invalid_client")
    given = secret_hash(secret)
    now = timezone.now()
    rows = Credential.objects.select_related("client").filter(
        client__code=client_id, kind=Credential.Kind.SECRET, revoked_at=None, until__gt=now
    )
    found = next((row for row in rows if hmac.compare_digest(row.secret_hash, given)), None)
    if found is None:
        raise wrong
    if found.client.state != Client.State.ACTIVE:
        raise Denied(_("这个接入系统已经停用，请联系数据管理部门。"), code="client-suspended")
    asked = scope.split()
    if unknown := [name for name in asked if name not in found.client.scopes]:
        raise Denied(_("这个系统没有“%(scope)s”的使用范围。") % {"scope": unknown[0][:40]}, code="invalid_scope")
    scopes = asked or list(found.client.scopes)
    return signing.dumps({"n": found.name, "s": scopes}, salt=_SALT), scopes


def _by_certificate(header: str) -> Credential:
    """By the certificate that the proxy has checked and passes on: RFC 9440 (":base64:"), or PEM in percent encoding (nginx)."""
    try:
        if header.startswith(":"):
            certificate = x509.load_der_x509_certificate(base64.b64decode(header.strip(":"), validate=True))
        else:
            certificate = x509.load_pem_x509_certificate(unquote(header).encode())
    except (ValueError, binascii.Error):
        raise signatures.refusal("certificate-format", _("代理传来的客户端证书读不出来。")) from None
    found = _credential(Credential.Kind.CERTIFICATE, certificate.fingerprint(hashes.SHA256()).hex())
    if found is None:
        raise signatures.refusal("certificate-unknown", _("没有登记这张客户端证书，或者它已经停用。"))
    return found
