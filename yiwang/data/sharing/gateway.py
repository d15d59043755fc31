"""What a client may ask of the gateway, from the checked request to the answer. Private to this room; the API calls it and nothing else."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.data.catalogue import slots as catalogue
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Conflict, Denied, Invalid, Missing, Problem, Refusal

from . import actions, batching, holding, peers, shapes, using
from .gate import Caller, actor_of
from .models import Batch, Client, Envelope, Grant, Peer, Subscription
from .modes import BATCH, CHANGES, FILE, LOOK_UP, VERIFY

MOST_CLAIMS = 20
MOST_CHANGES = 1_000
MOST_KEYS = 5_000  # in one message of another node


def look_up(
    caller: Caller, number: str, key: Mapping[str, Any], purpose: str, about: str = "", fields: Sequence[str] = ()
) -> dict[str, Any] | None:
    """One row by its key, masked as the grant says; None when there is none."""
    with using.refusals_kept(caller, number, LOOK_UP, purpose):
        wanted = using.ready(caller, number, LOOK_UP, purpose, about)
        using.one(wanted, key, fields)
        return actions.look_up(caller.actor, wanted)


def verify(
    caller: Caller, number: str, key: Mapping[str, Any], claims: Mapping[str, Any], purpose: str, about: str = ""
) -> bool:
    """Whether all claims about the row of a key are true."""
    with using.refusals_kept(caller, number, VERIFY, purpose):
        wanted = using.ready(caller, number, VERIFY, purpose, about)
        if not 1 <= len(claims) <= MOST_CLAIMS:
            message = _("请给出 1 到 %(n)d 个要核验的内容。") % {"n": MOST_CLAIMS}
            raise Invalid(message, problems=[Problem("claims", "required", message)])
        using.one(wanted, key, list(claims))
        return actions.verify(caller.actor, wanted, dict(claims))


def submit_batch(
    caller: Caller, number: str, text: Iterable[str], purpose: str, about: str = "", *, format: str = "csv", given: str = "csv",
    fields: Sequence[str] = (),
) -> Batch:  # fmt: skip
    """Take a file of keys to match: lines of CSV or JSON (``given``); the result comes as ``format``."""
    with using.refusals_kept(caller, number, BATCH, purpose):
        wanted = using.ready(caller, number, BATCH, purpose, about)
        wanted.names = wanted.shape.names(fields)
        keys = batching.keys_of(wanted.shape, text, given)
        return actions.submit_batch(caller.actor, wanted, format=format, keys=keys)


def ask_file(
    caller: Caller, number: str, purpose: str, about: str = "", *, format: str = "csv", fields: Sequence[str] = ()
) -> Batch:
    """Ask for the whole table as a file."""
    with using.refusals_kept(caller, number, FILE, purpose):
        wanted = using.ready(caller, number, FILE, purpose, about)
        wanted.names = wanted.shape.names(fields)
        return actions.submit_batch(caller.actor, wanted, format=format, kind=Batch.Kind.FILE)


def read_changes(
    caller: Caller, number: str, purpose: str, after: str = "", limit: int = 200, about: str = ""
) -> list[dict[str, Any]]:
    """What changed after a cursor, oldest first, at most ``limit``."""
    with using.refusals_kept(caller, number, CHANGES, purpose):
        wanted = using.ready(caller, number, CHANGES, purpose, about)
        wanted.names = wanted.shape.names(())
        place = wanted.shape.place
        holder = catalogue.holders[place.partition(":")[0]]
        found = holder.changes(place, after[:120], max(1, min(limit, MOST_CHANGES)))
        return actions.read_changes(caller.actor, wanted, found) if found else []


def subscribe(
    caller: Caller, number: str, way: str, url: str, purpose: str, after: str = ""
) -> tuple[Subscription, str]:
    """Ask to be told of changes."""
    with using.refusals_kept(caller, number, CHANGES, purpose):
        wanted = using.ready(caller, number, CHANGES, purpose)
        return actions.subscribe(caller.actor, wanted, way, url, after)


# Other nodes


def receive(given: Mapping[str, Any], request_id: str = "") -> tuple[int, dict[str, Any]]:
    """Answer an envelope of another node: the status and the signed answer. The same envelope again gets the same answer.

    Raises :class:`Denied` for one that is forged or from nobody that is known, :class:`Unavailable` when it should come again.
    """
    peer = _sender(given)
    body = peers.opened(given, peer)
    number = str(body.get("number", ""))[:160]
    said = {name: value for name, value in body.items() if name != "at"}
    digest = hashlib.sha256(canonical_bytes(said)).hexdigest()
    envelope, _made = Envelope.objects.get_or_create(
        peer=peer, number=number, out=False, defaults={"body": dict(given), "digest": digest}
    )
    if envelope.digest != digest:
        raise Conflict(_("这个编号已经用于另一个请求。"), code="envelope-reused")
    if envelope.state == Envelope.State.WAITING:
        try:
            _answer(peer, envelope, body, request_id)
        except (Denied, Invalid, Missing) as refusal:
            # Refused for good. One that is refused for now (too often, not reached) is asked again and not kept.
            _refused(envelope, refusal)
        except Conflict:
            pass  # another worker has answered it
        envelope.refresh_from_db()
    if envelope.answer is None:
        raise holding.Unavailable(_("正在处理，请稍后再问。"), seconds=1)
    return (422 if envelope.state == Envelope.State.REFUSED else 200), peers.sealed(envelope.answer)


def _sender(given: Mapping[str, Any]) -> Peer:
    try:
        code = str(json.loads(str(given.get("text", "")))["from"])
    except (ValueError, KeyError, TypeError):
        raise Denied(_("这不是一条级联消息。"), code="envelope-forged") from None
    found = Peer.objects.select_related("client__agency").filter(code=code, kind=Peer.Kind.NODE).first()
    if found is None or found.client is None or found.client.state != Client.State.ACTIVE:
        raise Denied(_("没有登记这个节点，或者它已经停用。"), code="peer-unknown")
    return found


def _answer(peer: Peer, envelope: Envelope, body: Mapping[str, Any], request_id: str) -> None:
    client = peer.client
    assert client is not None
    if body.get("kind") != "look-up" or not isinstance(body.get("keys"), list) or len(body["keys"]) > MOST_KEYS:
        raise Invalid(_("这种级联请求这里不办。"), code="envelope-kind")
    mode = LOOK_UP if len(body["keys"]) == 1 else BATCH
    grants = Grant.objects.filter(agency_path=client.agency_path, resource=str(body.get("resource", ""))[:120])
    grants = grants.order_by("-created_at")
    # One that was revoked only where there is no other: the one who asks is told so, and why.
    grant = grants.exclude(state=Grant.State.REVOKED).first() or grants.first()
    if grant is None:
        raise Denied(_("没有给你们授权使用这个资源。"), code="grant-missing")
    using.in_force(grant)
    if mode not in grant.modes:
        raise Denied(_("授权里没有这种使用方式。"), code="mode-not-granted")
    wanted = using.Wanted(
        grant, client, mode, shapes.purpose_of(str(body.get("purpose", ""))[:120]),
        shapes.about_of(f"{peer.code}:{body.get('for', '')} {body.get('about', '')}"[:80]), began=time.monotonic(),
    )  # fmt: skip
    shape = wanted.shape
    wanted.names = shape.names([str(name) for name in body.get("fields", [])])
    keys = [shape.key(key if isinstance(key, dict) else {}) for key in body["keys"]]
    told = holding.Asking(wanted.purpose, wanted.about, grant.agency_id, envelope.number)
    rows = holding.rows(grant, shape.place, keys, wanted.names, told)
    actions.answer_peer(actor_of(client, request_id), wanted, envelope.id, keys, rows)


def _refused(envelope: Envelope, refusal: Refusal) -> None:
    Envelope.objects.filter(id=envelope.id, state=Envelope.State.WAITING).update(
        answer=peers.refusal_of(envelope.number, refusal), state=Envelope.State.REFUSED, answered_at=timezone.now()
    )
