"""Issuing licences, and their next editions."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import NODE, Actor, Scope, act, require
from yiwang.foundation.accounts.queries import Party
from yiwang.foundation.crypto.fields import Sealed
from yiwang.foundation.events.actions import emit
from yiwang.foundation.files.actions import keep
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.licences import numbers, papers
from yiwang.foundation.licences.editions import checked_reason, holder_index, newest, scope_of, turn, type_of
from yiwang.foundation.licences.models import Licence, LicenceType
from yiwang.foundation.licences.types import Declared, checked
from yiwang.foundation.orgs.queries import Agency
from yiwang.foundation.seals.actions import apply_to_pdf
from yiwang.foundation.seals.queries import seal_of
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem


@dataclass(frozen=True, slots=True)
class _Paper:
    """What an edition of a licence is made of. ``reason`` is that of the seal's use."""

    row: LicenceType
    kind: Declared
    party: Party
    agency: Agency
    values: dict[str, str]
    number: str
    edition: int
    valid_from: dt.date
    valid_until: dt.date | None
    case_number: str
    cause: str
    reason: str


@act("licences.issue", gettext_lazy("制发电子证照"))
def issue(
    actor: Actor,
    type_code: str,
    *,
    party_id: UUID,
    agency_code: str,
    fields: dict[str, Any],
    case_number: str,
    valid_from: dt.date,
    valid_until: dt.date | None = None,
    supersedes: str = "",
) -> Licence:
    """Issue a licence: number, paper, seal, code, in one act.

    ``fields`` are the values of the type's fields in words (:func:`.queries.gather` reads them from the facts of a case).
    ``valid_until`` is the last day of a term that the case decided; without it the type's own term holds.
    ``supersedes`` is the number of the holder's licence of the same type that this one replaces. Raises :class:`Invalid`
    with a problem for each field, :class:`Conflict` when the case already has a licence of the type, :class:`Missing` when
    the agency has no seal.
    """
    agency = Agency.objects.select_related("region").filter(code=agency_code).first()
    scope = Scope(agency=agency.path, region=agency.region.path) if agency else NODE
    require(actor, scope, subject=f"licence-type:{type_code}")
    row = LicenceType.objects.filter(code=type_code).order_by("-version").first()
    if row is None or agency is None:
        raise Missing(_("没有这种证照，或者没有这个单位。"))
    kind = type_of(row)
    party = Party.objects.get(id=party_id)
    values = _values(kind, party, fields)
    if case_number and Licence.objects.filter(case_number=case_number, type__code=type_code).exists():
        raise Conflict(_("这个办件已经发过“%(name)s”。") % {"name": kind.name}, code="licence-issued")
    replaced = _replaced(supersedes, party_id, type_code)
    number = numbers.next_number(kind, agency.region_id, valid_from.year)
    licence = _make(
        actor,
        _Paper(
            row, kind, party, agency, values, number, 1, valid_from, valid_until or kind.last_day(valid_from), case_number,
            Licence.Cause.ISSUED, _("颁发%(name)s") % {"name": kind.name},
        ),
        replaced,
    )  # fmt: skip
    record(
        "licence", number,
        {
            "type": type_code, "version": row.version, "sha256": licence.sha256, "case": case_number,
            "from": valid_from, "until": licence.valid_until, "supersedes": supersedes or None,
        },
    )  # fmt: skip
    emit("licence.issued", number, {"party": party_id, "type": type_code, "name": kind.name, "case": case_number})
    return licence


@act("licences.change", gettext_lazy("变更电子证照"))
def change(actor: Actor, number: str, fields: dict[str, str], reason: str, case_number: str = "") -> Licence:
    """Change what a licence says because the facts have changed 变更 (Licensing Law, 49): the next edition.

    ``fields`` holds the values that change, in words; the others and the term stay. Raises :class:`Invalid` when nothing
    changes or a value is wrong, :class:`Conflict` unless the licence is valid.
    """
    return _next(actor, number, Licence.Cause.CHANGED, reason, fields, case_number)


@act("licences.correct", gettext_lazy("更正电子证照"))
def correct(actor: Actor, number: str, fields: dict[str, str], reason: str) -> Licence:
    """Put right what the agency wrote wrongly 更正: the next edition. Raises as :func:`change`."""
    return _next(actor, number, Licence.Cause.CORRECTED, reason, fields, "")


@act("licences.reissue", gettext_lazy("补发、换发电子证照"))
def reissue(actor: Actor, number: str, reason: str) -> Licence:
    """Make the same licence again, with a fresh paper, seal and code 补发、换发. Raises :class:`Conflict` unless it is valid."""
    return _next(actor, number, Licence.Cause.REISSUED, reason, None, "")


def _next(
    actor: Actor, number: str, cause: str, reason: str, fields: dict[str, str] | None, case_number: str
) -> Licence:
    """Make the next edition. ``fields`` None: nothing it says is meant to change."""
    old = newest(number, for_update=True)
    require(actor, scope_of(old) if old else NODE, subject=f"licence:{number[:60]}")
    if old is None:
        raise Missing(_("没有这个证照，请检查编号。"))
    reason = checked_reason(reason)
    if old.state_now not in (Licence.State.VALID, "pending"):
        raise Conflict(_("这个证照%(state)s，不能这样办理。") % {"state": old.state_words})
    row = LicenceType.objects.filter(code=old.type.code).order_by("-version").first()
    assert row is not None
    kind = type_of(row)
    known = {field.name for field in kind.fields}  # a newer version of the type may have dropped some
    kept = {name: value for name, value in old.fields.items() if name in known}
    values = _values(kind, old.party, {**kept, **(fields or {})})
    changed = sorted(name for name, value in values.items() if value != old.fields.get(name, ""))
    if fields is not None and not changed:
        said = _("内容和原来一样。请改动要%(move)s的内容再提交。") % {"move": Licence.Cause(cause).label}
        raise Invalid(said, problems=[Problem("", "unchanged", said)])
    new = _make(
        actor,
        _Paper(
            row, kind, old.party, old.agency, values, number, old.edition + 1, old.valid_from, old.valid_until,
            case_number, cause, _("%(move)s%(name)s") % {"move": Licence.Cause(cause).label, "name": kind.name},
        ),
        old,
        note=reason,
    )  # fmt: skip
    record(
        "licence", number,
        {
            "edition": new.edition, "version": row.version, "sha256": new.sha256, "changed": changed,
            "case": case_number or None,
        },
    )  # fmt: skip
    emit(
        f"licence.{cause}", number,
        {"party": old.party_id, "type": kind.code, "name": kind.name, "edition": new.edition},
    )  # fmt: skip
    return new


def _values(kind: Declared, party: Party, fields: dict[str, Any]) -> dict[str, str]:
    values, problems = checked(kind, fields)
    if party.kind not in kind.holders:
        said = _("“%(name)s”不能发给%(kind)s。") % {"name": kind.name, "kind": party.get_kind_display()}
        problems.append(Problem("party", "holder", said))
    if problems:
        raise Invalid(_("“%(name)s”的内容不完整，没有制证。") % {"name": kind.name}, problems=problems)
    return values


def _make(actor: Actor, made: _Paper, old: Licence | None, note: str = "") -> Licence:
    """Compose, seal and keep the paper; enter the edition; supersede ``old``. Part of the act under way."""
    kind, agency, party = made.kind, made.agency, made.party
    seal = seal_of(agency.code, kind.seal)
    now = timezone.now()
    content = papers.Content(
        kind=kind, version=made.row.version, number=made.number, edition=made.edition,
        identifier=numbers.identifier(kind, agency.uscc, made.number, made.edition), code=numbers.new_code(),
        holder=party.name, holder_kind=party.kind, values=made.values,
        issuer=papers.Issuer(agency.code, agency.name, agency.uscc), issued_on=timezone.localdate(now),
        valid_from=made.valid_from, valid_until=made.valid_until, case_number=made.case_number,
    )  # fmt: skip
    pdf = apply_to_pdf(
        actor, seal.code, papers.compose(content), reason=made.reason, kind="licence", subject=made.number
    )
    file = keep(
        name=f"{kind.name}-{made.number}.pdf",
        content=pdf,
        media_type="application/pdf",
        party_id=party.id,
        purpose="licence",
    )
    holder: Any = Sealed(party.name, "name")  # as it comes back from the store; the stubs know text only
    licence = Licence.objects.create(
        type=made.row, number=made.number, edition=made.edition, cause=made.cause, note=note,
        identifier=content.identifier, code=content.code, party=party, holder=holder,
        holder_index=holder_index(party.name), agency=agency, agency_path=agency.path, region_path=agency.region.path,
        case_number=made.case_number, fields=made.values, issued_at=now, valid_from=made.valid_from,
        valid_until=made.valid_until, state_since=now, supersedes=old, seal=seal, file=file.id,
        sha256=hashlib.sha256(pdf).hexdigest(),
    )  # fmt: skip
    if old:
        turn(old, Licence.State.SUPERSEDED, now)
    return licence


def _replaced(number: str, party_id: UUID, type_code: str) -> Licence | None:
    if not number:
        return None
    old = newest(number, for_update=True)
    if old is None or old.party_id != party_id or old.type.code != type_code:
        raise Missing(_("没有找到要换发的原证。"))
    if old.state not in (Licence.State.VALID, Licence.State.EXPIRED):
        raise Conflict(_("原证%(state)s，不能换发。") % {"state": old.state_words})
    return old
