"""Making, using, suspending and revoking seals."""

from __future__ import annotations

import hashlib

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.config.environment import environment
from yiwang.foundation.access.queries import NODE, Actor, Scope, act, require
from yiwang.foundation.crypto.queries import (
    Identity,
    NotSignable,
    Place,
    Unreadable,
    identity,
    revoke,
    rotate,
    sign_pdf,
)
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from .kinds import KINDS, OFFICIAL, RECEIPT, impression, stamp
from .models import Seal, SealUse

LONGEST_REASON = 200


def scope_of(seal: Seal) -> Scope:
    """Where a seal lies: with its agency, or with the node."""
    return Scope(agency=seal.agency.path, region=seal.agency.region.path) if seal.agency else NODE


def identity_of(seal: Seal) -> Identity:
    """The key and certificates behind a seal."""
    if seal.agency is None:
        return identity("node", seal.purpose, role=seal.kind, name=seal.name, organisation=environment.node_name)
    return identity(
        seal.owner, seal.purpose, role="seal", name=seal.name,
        organisation=seal.agency.name, code=seal.agency.uscc,
    )  # fmt: skip


@act("seals.make", gettext_lazy("制作电子印章"))
def make(actor: Actor, agency_code: str, name: str = "", kind: str = OFFICIAL) -> Seal:
    """Make a seal for an agency: image, key, certificate, entry in the register.

    ``name`` is the whole name on the seal and defaults to the agency's. An agency has one active official seal; a second
    is a :class:`Conflict`.
    """
    agency = Agency.objects.select_for_update().filter(code=agency_code).first()
    require(actor, Scope(agency=agency.path) if agency else NODE, subject=f"agency:{agency_code}")
    if agency is None:
        raise Missing(_("没有这个单位，请检查单位编码。"))
    if kind not in KINDS or kind == RECEIPT:
        raise Invalid(_("没有这种印章。"), problems=[Problem("kind", "choice", _("请从列表中选择印章种类"))])
    name = " ".join((name or agency.name).split())
    if not 2 <= len(name) <= 40:
        raise Invalid(
            _("印章名称应为 2 至 40 个字。"), problems=[Problem("name", "length", _("印章名称应为 2 至 40 个字"))]
        )
    same = Seal.objects.filter(agency=agency, kind=kind)
    living = same.exclude(status=Seal.Status.REVOKED)
    if living.filter(**({} if kind == OFFICIAL else {"name": name})).exists():
        raise Conflict(_("这个单位已经有这枚印章。要换新章，请先注销旧章。"))
    return _register(actor, agency, agency.code, kind, name, same.count() + 1, agency.name)


def _register(actor: Actor, agency: Agency | None, stem: str, kind: str, name: str, number: int, holder: str) -> Seal:
    """Make image, key and certificate; ``number`` tells apart the seals of one kind, so that each has a key of its own."""
    suffix = "" if number == 1 else f"-{number}"
    seal = Seal.objects.create(
        code=f"{stem}-{kind}{suffix}",
        agency=agency,
        kind=kind,
        name=name,
        image=impression(kind, holder, name),
        purpose=f"seal-{kind}{suffix}",
        status_since=timezone.now(),
        made_by=actor.reference(),
    )
    behind = identity_of(seal)
    record("seal", seal.code, {"kind": kind, "certificate": hashlib.sha256(behind.chain[0]).hexdigest()})
    return seal


def node_seal(actor: Actor) -> Seal:
    """The node's own seal for receipts, made at the first use, inside an act."""
    code = f"node-{RECEIPT}"
    found = Seal.objects.filter(agency=None, kind=RECEIPT, status=Seal.Status.ACTIVE).first()
    if found:
        return found
    holder = f"{environment.node_name}政务服务"
    number = Seal.objects.filter(code__startswith=code).count() + 1
    return _register(actor, None, "node", RECEIPT, f"{holder}电子回执专用章", number, holder)


@act("seals.use", gettext_lazy("使用电子印章"))
def apply_to_pdf(
    actor: Actor,
    seal_code: str,
    pdf: bytes,
    *,
    reason: str,
    kind: str,
    subject: object,
    field_name: str = "seal",
    place: Place | None = None,
) -> bytes:
    """Seal a PDF: a visible PAdES signature in the field ``field_name`` that the paper has, or in a new one at ``place``.

    ``kind`` and ``subject`` name what the document is about; ``reason`` is shown by PDF readers. The use is logged with
    the document's hash before and after. Raises :class:`Conflict` unless the seal is in use, :class:`Invalid` for a
    document that cannot take it.
    """
    seal = Seal.objects.select_related("agency__region").filter(code=seal_code).first()
    require(actor, scope_of(seal) if seal else NODE, subject=f"seal:{seal_code}")
    if seal is None:
        raise Missing(_("没有这枚印章。"))
    return seal_document(
        actor, seal, pdf, reason=reason, kind=kind, subject=subject, field_name=field_name, place=place
    )


def seal_document(
    actor: Actor,
    seal: Seal,
    pdf: bytes,
    *,
    reason: str,
    kind: str,
    subject: object,
    field_name: str,
    place: Place | None,
) -> bytes:
    """Sign with the seal and log it; the act under way has asked."""
    if seal.status != Seal.Status.ACTIVE:
        raise Conflict(_("“%(name)s”%(state)s，不能用印。") % {"name": seal.name, "state": seal.get_status_display()})
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Invalid(
            _("请写明用印事由，不超过 200 个字。"), problems=[Problem("reason", "length", _("请写明用印事由"))]
        )
    picture = stamp(seal.image, KINDS[seal.kind].size)
    try:
        sealed = sign_pdf(pdf, identity_of(seal), field=field_name, reason=reason, place=place, picture=picture)
    except NotSignable as error:
        raise Invalid(
            _("这份文件不能盖章：不是有效的 PDF，或者没有留出盖章的位置。"),
            problems=[Problem("pdf", "not-signable", str(error))],
        ) from error
    before, after = hashlib.sha256(pdf).hexdigest(), hashlib.sha256(sealed).hexdigest()
    SealUse.objects.create(
        seal=seal, account_id=actor.account_id, actor=actor.reference(), reason=reason, kind=kind,
        subject=str(subject), document=before, sealed=after,
    )  # fmt: skip
    record("seal", seal.code, {"document": before, "sealed": after, "kind": kind, "subject": str(subject)})
    return sealed


def _change(actor: Actor, code: str, to: str, reason: str, allowed_from: set[str]) -> Seal:
    seal = Seal.objects.select_for_update(of=("self",)).select_related("agency__region").filter(code=code).first()
    require(actor, scope_of(seal) if seal else NODE, subject=f"seal:{code}")
    if seal is None:
        raise Missing(_("没有这枚印章。"))
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Invalid(_("请写明原因，不超过 200 个字。"), problems=[Problem("reason", "length", _("请写明原因"))])
    if seal.status not in allowed_from:
        raise Conflict(_("这枚印章%(state)s，不能这样办理。") % {"state": seal.get_status_display()})
    seal.status, seal.status_since, seal.reason = to, timezone.now(), reason
    seal.save(update_fields=["status", "status_since", "reason"])
    record("seal", seal.code, {"status": to})
    return seal


@act("seals.suspend", gettext_lazy("停用电子印章"))
def suspend(actor: Actor, code: str, reason: str) -> Seal:
    """Stop using a seal for the time being."""
    return _change(actor, code, Seal.Status.SUSPENDED, reason, {Seal.Status.ACTIVE})


@act("seals.resume", gettext_lazy("恢复使用电子印章"))
def resume(actor: Actor, code: str, reason: str) -> Seal:
    """Use a suspended seal again."""
    return _change(actor, code, Seal.Status.ACTIVE, reason, {Seal.Status.SUSPENDED})


@act("seals.revoke", gettext_lazy("注销电子印章"))
def revoke_seal(actor: Actor, code: str, reason: str) -> Seal:
    """End a seal for good, with its certificate. What it sealed before stays as it is."""
    seal = _change(actor, code, Seal.Status.REVOKED, reason, {Seal.Status.ACTIVE, Seal.Status.SUSPENDED})
    revoke(seal.owner, seal.purpose)
    return seal


@act("seals.rotate-key", gettext_lazy("更换密钥"))
def rotate_key(actor: Actor, owner: str, purpose: str, reason: str) -> int:
    """Make the next version of one of the node's keys; returns it.

    What earlier versions sealed still opens, what they signed still holds. Raises :class:`Missing` when there is no such key
    and :class:`Conflict` for one that is for life.
    """
    require(actor, NODE, subject=f"key:{owner}/{purpose}"[:80])
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Invalid(_("请写明原因，不超过 200 个字。"), problems=[Problem("reason", "length", _("请写明原因"))])
    try:
        key = rotate(owner, purpose)
    except Unreadable:
        raise Missing(_("没有这个密钥。")) from None
    except ValueError:
        raise Conflict(_("这个密钥长期使用，不能更换：换了以后，原来的证书链或者索引就对不上了。")) from None
    record("key", f"{owner}/{purpose}"[:60], {"version": key.version, "algorithm": key.algorithm, "reason": reason})
    return key.version
