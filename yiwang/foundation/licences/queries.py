"""Reading licences: the holder's, the agency's, and what everybody may know."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import (
    ANONYMOUS,
    Actor,
    Level,
    Scope,
    acts_for,
    allowed,
    owner,
    permission,
    reach,
    require,
    require_somewhere,
)
from yiwang.foundation.crypto.queries import Broken, anchor, check_pdf, read_anchors
from yiwang.foundation.files.queries import read_bytes
from yiwang.foundation.ledger import queries as ledger
from yiwang.kernel.pages import Page, page
from yiwang.kernel.refusals import Missing, Refusal

from . import numbers, showing, types
from .editions import holder_index, newest, scope_of, type_of
from .models import Licence, LicenceType, words_of

READ = permission("licences.read", gettext_lazy("查看电子证照"), party=True, level=Level.FACE)
CHECK = permission("licences.check", gettext_lazy("查验电子证照"), public=True)
MOST = 500  # licences of one holder in a list
SOON = dt.timedelta(days=30)


def current_type(code: str) -> LicenceType:
    """The newest version of a type. Raises LicenceType.DoesNotExist."""
    found = LicenceType.objects.filter(code=code).order_by("-version").first()
    if found is None:
        raise LicenceType.DoesNotExist(code)
    return found


def type_problem(code: str) -> str:
    """ "" if there is such a type, otherwise a sentence that says so: for declarations that name one."""
    if LicenceType.objects.filter(code=code).exists():
        return ""
    return _("没有代码为“%(code)s”的证照类型。") % {"code": code}


def gather(type_code: str, facts: dict[str, Any]) -> dict[str, str]:
    """The fields of a licence from the facts of a case, by the mapping of its type. Raises LicenceType.DoesNotExist."""
    return types.gather(type_of(current_type(type_code)), facts)


def term(type_code: str, facts: dict[str, Any], day: dt.date) -> tuple[dt.date, dt.date | None]:
    """The first and last day of a licence of the type that is issued on ``day`` on the facts of a case. Raises ValueError."""
    return type_of(current_type(type_code)).term(facts, day)


def _living() -> QuerySet[Licence]:
    """The newest edition of each licence."""
    return Licence.objects.exclude(successor__number=F("number"))


def held(actor: Actor) -> list[Licence]:
    """The licences of the party acted for, newest first; none for an account that acts for nobody, or for somebody in some matters only."""
    if actor.signed_in and (actor.party_id is None or not acts_for(actor, actor.party_id)):
        return []
    require(actor, owner(actor.party_id), READ, subject="licences")
    rows = _living().filter(party=actor.party_id).select_related("type", "agency", "party")
    return list(rows.order_by("-created_at", "-id")[:MOST])


def of_case(actor: Actor, case_number: str) -> list[Licence]:
    """The licences that a case ended with, as far as the actor may see them. For pages of the case, which has been asked."""
    if not case_number:
        return []
    found = (
        Licence.objects.filter(case_number=case_number).select_related("type", "agency", "party").order_by("id")[:20]
    )
    return [licence for licence in found if allowed(actor, READ, scope_of(licence))]


def licence(actor: Actor, number: str, edition: int | None = None) -> Licence:
    """One licence, for its holder and for the staff of its agency: the newest edition, or the one asked for."""
    found = newest(number)
    if found is not None and edition is not None and edition != found.edition:
        rows = Licence.objects.select_related("type", "agency", "seal", "party")
        found = rows.filter(number=number, edition=edition).first()
    require(actor, scope_of(found) if found else Scope(), READ, subject=f"licence:{number}")
    if found is None:
        raise Missing(_("没有这个证照，请检查编号。"))
    return found


def licences(
    actor: Actor, *, type_code: str = "", state: str = "", text: str = "", cursor: str = "", size: int = 50
) -> Page[Licence]:
    """The licences in the actor's reach, newest first; by type, by state ("soon": within 30 days), by number, case, checking code
    or the holder's whole name.
    """
    require_somewhere(actor, READ)
    rows = _living().filter(reach(actor, READ)).select_related("type", "agency", "party")
    today = timezone.localdate()
    if type_code:
        rows = rows.filter(type__code=type_code)
    if state == "soon":
        rows = rows.filter(state=Licence.State.VALID, valid_until__gte=today, valid_until__lte=today + SOON)
    elif state == Licence.State.VALID:
        rows = rows.filter(Q(valid_until=None) | Q(valid_until__gte=today), state=state)
    elif state == Licence.State.EXPIRED:
        rows = rows.filter(Q(state=state) | Q(state=Licence.State.VALID, valid_until__lt=today))
    elif state:
        rows = rows.filter(state=state)
    if text:
        text = text.strip()
        rows = rows.filter(
            Q(number=text)
            | Q(case_number=text)
            | Q(code=numbers.clean_code(text) or "-")
            | Q(holder_index=holder_index(text))
        )
    return page(rows, order=("-created_at", "-id"), cursor=cursor, size=size)


def types_in_use() -> list[tuple[str, str]]:
    """Code and name of every type, by name of the newest version."""
    found: dict[str, str] = {}
    for code, name in LicenceType.objects.order_by("code", "version").values_list("code", "name")[:5000]:
        found[code] = name
    return sorted(found.items(), key=lambda item: item[1])


def editions(actor: Actor, number: str) -> list[Licence]:
    """Every edition of a licence, newest first."""
    found = licence(actor, number)
    if found.edition == 1:
        return [found]
    return list(Licence.objects.filter(number=number).select_related("type").order_by("-edition")[:MOST])


def pdf(actor: Actor, number: str, edition: int | None = None) -> bytes:
    """The sealed paper."""
    return read_bytes(licence(actor, number, edition).file)


def shown_fields(found: Licence, *, public: bool = False) -> list[tuple[str, str]]:
    """Labels and values for pages: numbers masked; or only what the type makes public, masked, besides the holder."""
    holder = found.holder.plain()
    return [
        (field.label, field.in_public(value) if public else field.on_page(value))
        for field in type_of(found.type).fields
        if (field.public or not public)
        and (value := found.fields.get(field.name, ""))
        and (value != holder or not public)
    ]


def editable_fields(actor: Actor, found: Licence, move: str) -> list[dict[str, Any]]:
    """The fields of the newest version of its type, for the form of a next edition, for those who may make it.

    ``move`` is change, correct or reissue; the last has none.

    The values of numbers of persons are not handed out (``hidden``): left empty, they stay as they are.
    """
    require(actor, scope_of(found), f"licences.{move}", subject=f"licence:{found.number}")
    if move == "reissue":
        return []
    return [
        {
            "name": field.name,
            "label": field.label,
            "value": "" if field.hidden else found.fields.get(field.name, ""),
            "hidden": field.hidden,
            "shown": field.on_page(found.fields.get(field.name, "")),
            "required": field.required and not field.hidden,
        }
        for field in type_of(current_type(found.type.code)).fields
    ]


@dataclass(frozen=True, slots=True)
class SealCheck:
    """Whether the paper that the node keeps is still what the seal was put on. ``name`` is the seal's."""

    sound: bool
    name: str
    at: dt.datetime | None
    seal_state: str


@dataclass(frozen=True, slots=True)
class PublicLicence:
    """What everybody may know of a licence. ``holder`` is masked for a person; empty when asked by number alone."""

    type_name: str
    number: str
    issuer: str
    holder: str
    valid_from: dt.date
    valid_until: dt.date | None
    state: str
    state_words: str
    state_since: dt.datetime
    fields: tuple[tuple[str, str], ...]
    seal: SealCheck
    checked_at: dt.datetime
    edition: int = 1
    successor: str = ""
    shown_by_holder: bool = False


def public_check(number_or_code: str, actor: Actor = ANONYMOUS) -> PublicLicence:
    """What anybody learns who scans or types a code, or types a number. Raises :class:`Missing`, and :class:`TooOften` for an address that
    tries many.

    The code cannot be guessed: with it come the holder (a person's name masked) and the public fields. Numbers can be
    guessed, so by number alone only an organisation's licences answer, and without fields.
    """
    require(actor, permission=CHECK)
    ledger.count_check(actor)
    text = number_or_code.strip()[:80]
    rows = Licence.objects.select_related("type", "agency", "seal", "party")
    code = numbers.clean_code(text)
    found = rows.filter(code=code).first() if code else None
    if found is not None:
        return _public(found, holder=found.shown_holder, fields=tuple(shown_fields(found, public=True)))
    found = rows.filter(number=text[:60], party__kind="organisation").order_by("-edition").first()
    if found is None:
        raise Missing(_("没有查到。请对照证照重新输入查验码或编号，注意数字和字母。"))
    return _public(found, holder=found.holder.plain(), fields=())


def shown_check(token: str, actor: Actor = ANONYMOUS) -> PublicLicence:
    """What somebody learns who scans a code that the holder is showing: the holder's full name too, for a minute."""
    require(actor, permission=CHECK)
    ledger.count_check(actor)
    read = showing.read(token)
    found = None
    if read and read[1] >= timezone.now():
        rows = Licence.objects.select_related("type", "agency", "seal", "party")
        found = rows.filter(id=read[0], shown=read[2]).first()
    if found is None:
        raise Missing(_("这个出示码已经失效。请让持有人重新出示，一个码只用一分钟。"))
    return _public(found, holder=found.holder.plain(), fields=tuple(shown_fields(found, public=True)), by_holder=True)


def _public(
    found: Licence, *, holder: str, fields: tuple[tuple[str, str], ...], by_holder: bool = False
) -> PublicLicence:
    state = found.state_now
    successor = Licence.objects.filter(supersedes=found).values_list("number", flat=True).first() or ""
    return PublicLicence(
        type_name=found.type.name,
        number=found.number,
        issuer=found.agency.name,
        holder=holder,
        valid_from=found.valid_from,
        valid_until=found.valid_until,
        state=state,
        state_words=words_of(state, found.ground),
        state_since=found.state_since,
        fields=fields,
        seal=_seal_check(found),
        checked_at=timezone.now(),
        edition=found.edition,
        successor=successor,
        shown_by_holder=by_holder,
    )


def _seal_check(found: Licence) -> SealCheck:
    """Read the kept paper and check its signature, now."""
    try:
        content = read_bytes(found.file)
        checked = check_pdf(content, read_anchors(anchor()))
    except (Broken, Refusal):  # changed, or no longer to be read
        return SealCheck(False, found.seal.name, None, found.seal.status)
    sound = checked.trusted and hashlib.sha256(content).hexdigest() == found.sha256
    return SealCheck(sound, found.seal.name, checked.signatures[-1].at, found.seal.status)


def where(text: str) -> str:
    """The public page for a code or number somebody typed; "" if it is none of ours. Plugged into the ledger's check."""
    code = numbers.clean_code(text)
    if code and Licence.objects.filter(code=code).exists():
        return f"/l/{code}"
    if Licence.objects.filter(number=text.strip(), party__kind="organisation").exists():
        return f"/l/{text.strip()}"
    return ""


def vouches(actor: Actor, file_id: UUID) -> bool:
    """Whether a file may be read because it is the paper of a licence that the actor may read."""
    found = Licence.objects.filter(file=file_id).first()
    return found is not None and allowed(actor, READ, scope_of(found))


def papers_among(files: Collection[UUID], parties: Collection[UUID]) -> set[UUID]:
    """The files that are papers of licences. Plugged into the store of files."""
    return set(Licence.objects.filter(file__in=files).values_list("file", flat=True))
