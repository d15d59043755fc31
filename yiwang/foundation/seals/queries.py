"""Reading the register of seals and the log of their use."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import NODE, Actor, allowed, permission, require
from yiwang.foundation.crypto.queries import CertificateRow, KeyRow, anchor, certificates_of, key_register
from yiwang.kernel.pages import Page, page
from yiwang.kernel.refusals import Missing

from .actions import scope_of
from .kinds import KINDS, OFFICIAL
from .models import Seal, SealUse

READ = permission("seals.read", gettext_lazy("查看电子印章"))
READ_KEYS = permission("seals.keys", gettext_lazy("查看密钥"))


def seal_of(agency_code: str, kind: str = OFFICIAL) -> Seal:
    """The seal that an agency uses now. For code that is about to use it; raises :class:`Missing`."""
    found = Seal.objects.filter(agency_id=agency_code, kind=kind, status=Seal.Status.ACTIVE).order_by("-id").first()
    if found is None:
        raise Missing(_("这个单位还没有可用的电子印章，请先制作。"))
    return found


def trust_anchor() -> bytes:
    """The root certificate (PEM) that every seal of this node leads to. Public."""
    return anchor()


def kind_name(kind: str) -> str:
    return str(KINDS[kind].name) if kind in KINDS else kind


def seals(actor: Actor) -> list[Seal]:
    """The seals that the actor may see, by agency; a register of some hundreds at most."""
    if not any(held.allows(READ) for held in actor.held):
        require(actor, NODE, READ, subject="seals")
    every = Seal.objects.select_related("agency__region").order_by("agency_id", "kind", "id")[:2000]
    return [seal for seal in every if allowed(actor, READ, scope_of(seal))]


def seal(actor: Actor, code: str) -> Seal:
    """One seal of the register."""
    found = Seal.objects.select_related("agency__region").filter(code=code).first()
    require(actor, scope_of(found) if found else NODE, READ, subject=f"seal:{code}")
    if found is None:
        raise Missing(_("没有这枚印章。"))
    return found


def certificates(actor: Actor, code: str) -> list[CertificateRow]:
    """The certificates behind a seal, newest first."""
    found = seal(actor, code)
    return certificates_of(found.owner, found.purpose)


def uses(actor: Actor, code: str, cursor: str = "", size: int = 50) -> Page[SealUse]:
    """The log of a seal's use, newest first."""
    return page(SealUse.objects.filter(seal=seal(actor, code)), order=("-id",), cursor=cursor, size=size)


def uses_about(kind: str, subject: object) -> list[SealUse]:
    """Every use of a seal on documents about one thing, oldest first. For rooms above that have asked."""
    return list(SealUse.objects.select_related("seal").filter(kind=kind, subject=str(subject)).order_by("id"))


def keys(actor: Actor) -> list[KeyRow]:
    """The keys of the node and its agencies, without anything secret. One query."""
    require(actor, NODE, READ_KEYS, subject="keys")
    return key_register()
