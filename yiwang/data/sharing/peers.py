"""Other nodes and providers' own interfaces: asking them, and the holder of places "peer:<code>/<resource>". Private to this room.

A message to a node is an envelope: canonical JSON, signed with this node's key, kept before it is sent. The other side checks the
signature and the right, does what is asked once, keeps its answer, and gives the same answer to the same envelope for ever; so a cut
link delays an answer and never doubles what was done. The answer is signed as well.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx
from cryptography.hazmat.primitives import serialization
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.config.environment import environment
from yiwang.data.catalogue.resources import Change, Holding
from yiwang.foundation.crypto.queries import sign, signature_is_valid
from yiwang.foundation.events.actions import enqueue
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.ids import uuid7
from yiwang.kernel.refusals import Denied, Missing, Refusal

from . import holding
from .holding import Asking, Unavailable
from .models import Credential, Envelope, Peer

PURPOSE = "exchange"  # of the node's key that signs envelopes
LARGEST = 50 * 1024 * 1024  # bytes of an answer


class Delayed(Unavailable):
    """The other node was not reached; the message is kept and sent again. ``extra["envelope"]`` is its number."""

    code = "delayed"


def node_key() -> str:
    """The public key (PEM) with which other nodes check what this one says."""
    _signature, key = sign("node", PURPOSE, b"")
    public = serialization.load_der_public_key(key.public)
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()


def sealed(body: Mapping[str, Any]) -> dict[str, str]:
    """A signed text: {"text", "signature" (hex, DER)}."""
    text = canonical_bytes(body)
    signature, _key = sign("node", PURPOSE, text)
    return {"text": text.decode(), "signature": signature.hex()}


def opened(given: Mapping[str, Any], peer: Peer) -> dict[str, Any]:
    """The body of a signed text of ``peer``. Raises :class:`Denied` when none of its keys signed it."""
    wrong = Denied(
        _("签名对不上：这条消息不是“%(name)s”发出的，或者在路上被改动。") % {"name": peer.name}, code="envelope-forged"
    )
    try:
        text, signature = str(given["text"]).encode(), bytes.fromhex(str(given["signature"]))
    except (KeyError, ValueError):
        raise wrong from None
    now = timezone.now()
    keys = Credential.objects.filter(client=peer.client, kind=Credential.Kind.KEY, revoked_at=None)
    for row in keys:
        if row.until is not None and row.until < now:
            continue
        key = serialization.load_pem_public_key(row.public.encode())
        der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        if signature_is_valid(der, signature, text):
            body: dict[str, Any] = json.loads(text)
            return body
    raise wrong


def ask(peer: Peer, body: Mapping[str, Any], number: str = "") -> dict[str, Any]:
    """Ask another node; returns its answer. The same ``number`` asks the same again and gets the same answer.

    Raises :class:`Delayed` when it was not reached, :class:`Denied` when it refuses.
    """
    name = environment.node_code
    number = f"{name}.{number or uuid7()}"
    said = {"v": 1, "number": number, "from": name, "to": peer.code, **body}
    envelope, made = Envelope.objects.get_or_create(
        peer=peer, number=number, out=True,
        defaults={"body": sealed({**said, "at": timezone.now()}), "digest": hashlib.sha256(canonical_bytes(said)).hexdigest()},
    )  # fmt: skip
    try:
        return send(envelope)
    except Delayed:
        if made:
            from .jobs import carry

            enqueue(
                carry,
                key=f"envelope:{envelope.id}",
                after=timezone.now() + dt.timedelta(seconds=10),
                envelope_id=str(envelope.id),
            )
        raise


def send(envelope: Envelope) -> dict[str, Any]:
    """Send an envelope unless it is answered already; returns the answer."""
    if envelope.state == Envelope.State.WAITING:
        status, given = _post(envelope)
        answer = opened(given, envelope.peer) if status in (200, 422) else {}
        if answer.get("number") != envelope.number:
            raise Delayed(_("对方的答复不对，稍后再试。"), envelope=envelope.number, seconds=30)
        refused = answer.get("refused")
        Envelope.objects.filter(id=envelope.id, state=Envelope.State.WAITING).update(
            answer=answer, answered_at=timezone.now(), tries=F("tries") + 1,
            state=Envelope.State.REFUSED if refused else Envelope.State.ANSWERED,
        )  # fmt: skip
        envelope.answer = answer
    found: dict[str, Any] = envelope.answer or {}
    if found.get("refused"):
        raise Denied(
            _("“%(name)s”不同意提供：%(why)s") % {"name": envelope.peer.name, "why": str(found.get("why", ""))[:200]},
            code=str(found["refused"])[:40],
        )  # fmt: skip
    return found


def _post(envelope: Envelope) -> tuple[int, dict[str, Any]]:
    peer = envelope.peer
    try:
        with holding.breaker(f"peer:{peer.code}").held():
            try:
                answer = _client().post(f"{peer.url.rstrip('/')}/api/v1/exchange/envelopes", json=envelope.body)
            except httpx.HTTPError as failure:
                raise Unavailable(str(failure), seconds=30) from failure
            if answer.status_code in (200, 422):
                return answer.status_code, dict(answer.json())
            raise Unavailable(f"HTTP {answer.status_code}", seconds=30)
    except (Unavailable, ValueError) as failure:
        Envelope.objects.filter(id=envelope.id).update(tries=F("tries") + 1, error=str(failure)[:200])
        raise Delayed(
            _("“%(name)s”暂时连不上，请求已经留下，接通后自动再发。") % {"name": peer.name}, envelope=envelope.number,
            seconds=int(getattr(failure, "extra", {}).get("seconds", 30)),
        ) from failure  # fmt: skip


def _client() -> httpx.Client:
    return httpx.Client(timeout=environment.provider_seconds, follow_redirects=False, trust_env=False)


class PeerHolder:
    """Data at another node, or behind a provider's own interface: "peer:<code>/<resource>".

    An interface is asked by POST <url>/<resource> with {"keys": [...], "fields": [...]} and answers {"rows": [row or null, ...]}.
    """

    def _of(self, place: str) -> tuple[Peer, str]:
        code, _slash, resource = place.partition(":")[2].partition("/")
        found = Peer.objects.select_related("client").filter(code=code).first()
        if found is None or not resource:
            raise Missing(_("没有登记“%(code)s”这个节点或接口。") % {"code": code[:40]})
        return found, resource

    def holding(self, place: str) -> Holding:
        """What lies there is only known there."""
        self._of(place)
        return Holding(0, None, None)

    def look_up(
        self, place: str, keys: Sequence[Mapping[str, Any]], fields: Sequence[str]
    ) -> list[Mapping[str, Any] | None]:
        peer, resource = self._of(place)
        if peer.kind == Peer.Kind.INTERFACE:
            return self._interface(peer, resource, keys, fields)
        told = holding.asking.get() or Asking(_("级联查询"), "", "")
        body = {
            "kind": "look-up", "resource": resource, "keys": [dict(key) for key in keys], "fields": list(fields),
            "purpose": told.purpose, "about": told.about, "for": told.agency,
        }  # fmt: skip
        return _rows(ask(peer, body, told.number), len(keys))

    def _interface(self, peer: Peer, resource: str, keys: Any, fields: Any) -> list[Mapping[str, Any] | None]:
        slow = _("提供方的系统没有在 %(n)g 秒内应答，请稍后再试。") % {"n": environment.provider_seconds}
        with holding.breaker(f"peer:{peer.code}").held():
            try:
                answer = _client().post(
                    f"{peer.url.rstrip('/')}/{resource}",
                    json={"keys": [dict(key) for key in keys], "fields": list(fields)},
                )
            except httpx.HTTPError as failure:
                raise Unavailable(slow, code="provider-slow", seconds=5) from failure
            if answer.status_code != 200 or len(answer.content) > LARGEST:
                raise Unavailable(_("提供方的系统没有正常应答，请稍后再试。"), code="provider-failed", seconds=5)
            try:
                return _rows(answer.json(), len(keys))
            except ValueError:
                raise Unavailable(
                    _("提供方的系统没有正常应答，请稍后再试。"), code="provider-failed", seconds=5
                ) from None

    def scan(self, place: str, fields: Sequence[str], *, batch: int = 10_000) -> Iterator[Any]:
        """Whole tables are not handed over through others: they are fetched where they lie."""
        raise Missing(_("别处的数据不能整表交付，请向数据所在的节点申请。"))

    def changes(self, place: str, after: str, limit: int) -> list[Change]:
        """Changes are subscribed to where the data lies."""
        return []


def _rows(answer: Mapping[str, Any], count: int) -> list[Mapping[str, Any] | None]:
    rows = answer.get("rows")
    if (
        not isinstance(rows, list)
        or len(rows) != count
        or not all(row is None or isinstance(row, dict) for row in rows)
    ):
        raise ValueError("not as many rows as keys")
    return rows


def refusal_of(number: str, refusal: Refusal) -> dict[str, Any]:
    """What the other node is told of a refusal."""
    return {"number": number, "refused": refusal.code, "why": str(refusal)}
