"""The acts between nodes: registering one, and answering its messages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.sharing import batching, quota
from yiwang.data.sharing.models import Client, Envelope, Peer, Use, UseSubject
from yiwang.data.sharing.using import Wanted
from yiwang.foundation.access.queries import Actor, Scope, act, require
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Invalid, Problem

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
_URL = re.compile(r"https?://[^\s/]+(/[^\s?#]*)?")


@act("sharing.register_peer", gettext_lazy("登记级联节点或部门接口"))
def register_peer(
    actor: Actor, code: str, name: str, url: str, *, kind: str = Peer.Kind.NODE, client: str = ""
) -> Peer:
    """Enter another node, or change where it is. ``client`` is the code of the client that its messages are treated as, and that
    holds its public key; an interface that only answers has none. For the whole node. Raises :class:`Invalid`."""
    require(actor, subject=f"peer:{code[:40]}")
    problems = []
    found = Client.objects.filter(code=client).first() if client else None
    if not _CODE.fullmatch(code):
        problems.append(Problem("code", "format", _("编号用小写字母、数字和短横线")))
    if not name.strip() or len(name) > 80:
        problems.append(Problem("name", "required", _("请填写名称，最多 80 个字")))
    if not _URL.fullmatch(url) or len(url) > 300:
        problems.append(Problem("url", "format", _("地址应像 https://data.example.gov.cn 这样")))
    if kind not in Peer.Kind.values:
        problems.append(Problem("kind", "choice", _("请选择是节点还是接口")))
    if kind == Peer.Kind.NODE and found is None:
        problems.append(Problem("client", "missing", _("请先把对方节点登记为接入系统，并登记它的公钥")))
    if problems:
        raise Invalid(_("没有登记，请改好标出的地方。"), problems=problems)
    peer, _made = Peer.objects.update_or_create(
        code=code, defaults={"name": name.strip(), "url": url, "kind": kind, "client": found}
    )
    record("peer", code, {"kind": kind, "client": client})
    return peer


@act("sharing.answer_peer", gettext_lazy("答复级联请求"))
def answer_peer(
    actor: Actor,
    wanted: Wanted,
    envelope_id: UUID,
    keys: Sequence[Mapping[str, str]],
    rows: Sequence[Mapping[str, Any] | None],
) -> list[dict[str, Any] | None]:
    """Give another node the rows that it asked for, masked as its grant says; trace and answer are kept together, once.

    Raises :class:`Conflict` when the message has been answered by another worker, :class:`TooOften` beyond the volume.
    """
    grant = wanted.grant
    require(actor, Scope(agency=grant.agency_path, level=grant.level), subject=f"grant:{grant.number}")
    quota.take(grant, len(keys))
    shape = wanted.shape
    given = [None if row is None else shape.masked(row, wanted.names) for row in rows]
    subjects = [shape.subject(key) for key in keys]
    count = sum(row is not None for row in rows)
    envelope = Envelope.objects.select_for_update(of=("self",)).get(id=envelope_id)
    if envelope.state != Envelope.State.WAITING:
        raise Conflict(_("这个请求已经答复过。"), code="envelope-answered")
    entry = record(
        "grant", grant.number,
        {"mode": wanted.mode, "envelope": envelope.number, "asked": len(keys), "found": count,
         "subjects": batching.subjects_hash(subjects)},
    )  # fmt: skip
    use = Use.objects.create(
        at=entry.at, grant=grant, client=wanted.client, mode=wanted.mode, purpose=wanted.purpose, about=wanted.about, fields=list(wanted.names),
        subject=subjects[0] if len(subjects) == 1 else "", asked=len(keys), rows=count,
        milliseconds=wanted.milliseconds, entry_id=entry.id, request_id=actor.request_id,
    )  # fmt: skip
    if len(subjects) > 1:
        UseSubject.objects.bulk_create([UseSubject(use=use, subject=one) for one in subjects if one], batch_size=2_000)
    envelope.answer = {"number": envelope.number, "rows": given}
    envelope.state, envelope.answered_at = Envelope.State.ANSWERED, timezone.now()
    envelope.save()
    return given
