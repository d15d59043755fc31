"""The acts on clients: systems of an agency that may call the gateway, and the ways in which they prove themselves."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.sharing import credentials
from yiwang.data.sharing.models import Client, Credential
from yiwang.data.sharing.modes import MODES
from yiwang.data.sharing.signatures import algorithm_of
from yiwang.foundation.access.queries import NODE, Actor, Scope, act, require
from yiwang.foundation.accounts.actions import create_account
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

BOTH_HOLD = dt.timedelta(days=7)  # how long the former key or secret still holds after a rotation
LONGEST_LIFE = dt.timedelta(days=730)
MOST_CREDENTIALS = 6
_CODE = re.compile(r"[a-z][a-z0-9-]{2,39}")


def client_of(code: str, *, lock: bool = False) -> Client:
    """The client with ``code``. Raises :class:`Missing`."""
    rows = Client.objects.select_related("agency")
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(code=code).first()
    if found is None:
        raise Missing(_("没有编号为“%(code)s”的接入系统。") % {"code": code[:40]})
    return found


def _may(actor: Actor, client: Client) -> None:
    require(actor, Scope(agency=client.agency_path), subject=f"client:{client.code}")


@act("sharing.register_client", gettext_lazy("登记接入系统"))
def register_client(
    actor: Actor, code: str, name: str, agency: str, scopes: Sequence[str] = MODES, contact: str = ""
) -> Client:
    """Register a system of ``agency``. ``scopes`` are the modes that it may use at most.

    Raises :class:`Invalid` with what is wrong, :class:`Conflict` for a code that is taken.
    """
    found = Agency.objects.filter(code=agency).first()
    require(actor, Scope(agency=found.path) if found else NODE, subject="client")
    code, name, wanted = code.strip().lower(), name.strip(), list(dict.fromkeys(scopes))
    problems = []
    if not _CODE.fullmatch(code):
        problems.append(Problem("code", "format", _("系统编号用小写字母、数字和短横线，3 至 40 个字符")))
    if not name or len(name) > 80:
        problems.append(Problem("name", "required", _("请填写系统名称，最多 80 个字")))
    if found is None:
        problems.append(Problem("agency", "missing", _("请选择系统属于哪个单位")))
    if not wanted or set(wanted) - set(MODES):
        problems.append(Problem("scopes", "choice", _("请至少选一种使用方式")))
    if len(contact) > 80:
        problems.append(Problem("contact", "max-length", _("联系人最多 80 个字")))
    if problems or found is None:
        raise Invalid(_("接入系统没有登记，请改好标出的地方。"), problems=problems)
    if Client.objects.filter(code=code).exists():
        raise Conflict(_("系统编号“%(code)s”已经有人用了，请换一个。") % {"code": code}, code="taken")
    account = create_account(f"client.{code}", name[:60], password=secrets.token_urlsafe(32), active=False)
    client = Client.objects.create(
        code=code, name=name, agency=found, agency_path=found.path, account=account, scopes=wanted, contact=contact.strip()
    )  # fmt: skip
    record("client", client.code, {"agency": found.code, "scopes": wanted, "account": account.pk})
    return client


def _added(client: Client, kind: str, **values: Any) -> Credential:
    """Another credential. The former ones of its kind still hold for :data:`BOTH_HOLD`, so that the client can change over."""
    if client.state == Client.State.REMOVED:
        raise Conflict(_("这个接入系统已经注销。"), code="client-removed")
    now = timezone.now()
    held = client.credentials.filter(revoked_at=None)
    if held.filter(until=None).count() + held.filter(until__gt=now).count() >= MOST_CREDENTIALS:
        raise Conflict(
            _("一个系统最多同时有 %(n)d 个有效凭据，请先停用旧的。") % {"n": MOST_CREDENTIALS}, code="too-many"
        )
    soon = now + BOTH_HOLD
    for former in held.filter(kind=kind).exclude(until__lt=soon):
        former.until = soon
        former.save(update_fields=["until"])
    return Credential.objects.create(client=client, kind=kind, **values)


@act("sharing.add_key", gettext_lazy("登记签名公钥"))
def add_key(actor: Actor, client_code: str, pem: str) -> Credential:
    """Enter a public key (PEM; P-256, Ed25519 or SM2) with which the client signs. Former keys hold for seven more days.

    Raises :class:`Invalid`, :class:`Conflict` for a key that is known already.
    """
    client = client_of(client_code, lock=True)
    _may(actor, client)
    text = pem.strip().replace("\r\n", "\n") + "\n"
    try:
        algorithm = algorithm_of(text)
    except Exception:  # cryptography raises a dozen kinds for what is no key
        message = _("这不是能用的公钥。请粘贴 PEM 格式的 P-256、Ed25519 或 SM2 公钥，不要粘贴私钥。")
        raise Invalid(message, problems=[Problem("pem", "format", message)]) from None
    keyid = f"{client.code}.{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    if Credential.objects.filter(name=keyid).exists():
        raise Conflict(_("这把公钥已经登记过。"), code="known")
    made = _added(client, Credential.Kind.KEY, name=keyid, algorithm=algorithm, public=text)
    record("client", client.code, {"key": keyid, "algorithm": algorithm})
    return made


@act("sharing.new_secret", gettext_lazy("发放客户端密码"))
def new_secret(actor: Actor, client_code: str) -> tuple[Credential, str]:
    """Make a secret for OAuth 2.0 client credentials. It is returned once and kept nowhere; the former one holds for seven more days."""
    client = client_of(client_code, lock=True)
    _may(actor, client)
    secret = credentials.fresh()
    made = _added(
        client, Credential.Kind.SECRET, name=f"{client.code}:{secrets.token_hex(6)}", secret_hash=credentials.secret_hash(secret),
        until=timezone.now() + LONGEST_LIFE,
    )  # fmt: skip
    record("client", client.code, {"secret": made.name})
    return made, secret


@act("sharing.add_certificate", gettext_lazy("登记客户端证书"))
def add_certificate(actor: Actor, client_code: str, pem: str) -> Credential:
    """Enter a certificate with which the client speaks TLS to the proxy. Raises :class:`Invalid`, :class:`Conflict`."""
    client = client_of(client_code, lock=True)
    _may(actor, client)
    try:
        certificate = x509.load_pem_x509_certificate(pem.strip().encode())
    except ValueError:
        message = _("这不是能读的证书。请粘贴 PEM 格式的证书。")
        raise Invalid(message, problems=[Problem("pem", "format", message)]) from None
    if certificate.not_valid_after_utc < timezone.now():
        message = _("这张证书已经过期。")
        raise Invalid(message, problems=[Problem("pem", "expired", message)])
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
    if Credential.objects.filter(name=fingerprint).exists():
        raise Conflict(_("这张证书已经登记过。"), code="known")
    made = _added(client, Credential.Kind.CERTIFICATE, name=fingerprint, until=certificate.not_valid_after_utc)
    record("client", client.code, {"certificate": fingerprint[:16]})
    return made


@act("sharing.revoke_credential", gettext_lazy("停用接入凭据"))
def revoke_credential(actor: Actor, credential_id: UUID | str) -> None:
    """Let a credential hold no longer, at once (a key was lost, say). Raises :class:`Missing`, :class:`Conflict`."""
    found = Credential.objects.select_for_update(of=("self",)).select_related("client").filter(id=credential_id).first()
    if found is None:
        require(actor, NODE, subject=f"credential:{credential_id}")
        raise Missing(_("没有这个凭据。"))
    _may(actor, found.client)
    if found.revoked_at is not None:
        raise Conflict(_("这个凭据已经停用。"), code="unchanged")
    found.revoked_at = timezone.now()
    found.save(update_fields=["revoked_at"])
    record("client", found.client.code, {"revoked": found.name[:60]})


@act("sharing.set_client", gettext_lazy("暂停、恢复或注销接入系统"))
def set_client(actor: Actor, client_code: str, state: str) -> Client:
    """Suspend a client, let it call again, or remove it for good. Its open batches end with a removal."""
    client = client_of(client_code, lock=True)
    _may(actor, client)
    if state not in Client.State.values:
        raise Invalid(_("没有这种状态。"), problems=[Problem("state", "choice", _("没有这种状态"))])
    if client.state == Client.State.REMOVED or client.state == state:
        raise Conflict(_("这个接入系统已经是这个状态，请刷新页面。"), code="unchanged")
    client.state = state
    client.save(update_fields=["state"])
    record("client", client.code, {"state": state})
    return client
