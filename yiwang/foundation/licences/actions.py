"""Declaring types; issuing, annulling, expiring and showing licences."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
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
from yiwang.foundation.files.queries import PaperError
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.queries import Agency
from yiwang.foundation.seals.actions import apply_to_pdf
from yiwang.foundation.seals.queries import seal_of
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from . import numbers, papers, showing
from .models import Licence, LicenceType
from .slots import templates
from .types import Declared, checked, declared, read, schema_problems

LONGEST_REASON = 200
BATCH = 200


def type_of(row: LicenceType) -> Declared:
    """The declaration behind a stored version."""
    return declared(str(row.id), json.dumps(row.body))


@act("licences.declare", gettext_lazy("发布证照类型"))
def declare_type(actor: Actor, body: dict[str, Any]) -> LicenceType:
    """Publish a type of licence. The same body again is the same version; another body is the next one.

    The declaration is checked by its JSON Schema and by making a sample paper. Raises :class:`Invalid` with a problem for
    each thing wrong.
    """
    code = str(body.get("code", "")) if isinstance(body, dict) else ""
    require(actor, NODE, subject=f"licence-type:{code[:60]}")
    problems = schema_problems(body)
    if not problems:
        problems = _trial_problems(read(body))
    if problems:
        raise Invalid(_("证照类型的声明有问题，没有发布。"), problems=problems)
    digest = hashlib.sha256(canonical_bytes(body)).hexdigest()
    last = LicenceType.objects.filter(code=code).order_by("-version").first()
    if last is None or last.digest != digest:
        last = LicenceType.objects.create(
            code=code, version=last.version + 1 if last else 1, name=body["name"], body=body, digest=digest
        )
    record("licence-type", code, {"version": last.version, "sha256": digest})
    return last


def _trial_problems(kind: Declared) -> list[Problem]:
    """Make a paper of sample values and throw it away."""
    if not kind.typst and kind.template not in templates:
        known = ", ".join(sorted(templates))
        return [Problem("template", "unknown", f"there is no template {kind.template!r}; there are {known}")]
    today = timezone.localdate()
    sample = papers.Content(
        kind=kind, version=0, number="SAMPLE", identifier="", code="0" * numbers.CODE_LENGTH, holder="样例", holder_kind="",
        values={field.name: "样例" for field in kind.fields}, issuer=papers.Issuer("sample", "样例机关", ""),
        issued_on=today, valid_from=today, valid_until=kind.last_day(today), case_number="",
    )  # fmt: skip
    try:
        pdf = papers.compose(sample)
    except PaperError as error:
        return [Problem("typst" if kind.typst else "template", "does-not-compile", str(error)[:1000])]
    if b"/FT/Sig" not in pdf.replace(b" ", b""):
        return [Problem("typst", "no-seal-place", 'the template has no #seal-place("seal")')]
    return []


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
    supersedes: str = "",
) -> Licence:
    """Issue a licence: number, paper, seal, code, in one act.

    ``fields`` are the values of the type's fields in words (:func:`.queries.gather` reads them from the facts of a case).
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
    values, problems = checked(kind, fields)
    if party.kind not in kind.holders:
        said = _("“%(name)s”不能发给%(kind)s。") % {"name": kind.name, "kind": party.get_kind_display()}
        problems.append(Problem("party", "holder", said))
    if problems:
        raise Invalid(_("“%(name)s”的内容不完整，没有制证。") % {"name": kind.name}, problems=problems)
    if case_number and Licence.objects.filter(case_number=case_number, type__code=type_code).exists():
        raise Conflict(_("这个办件已经发过“%(name)s”。") % {"name": kind.name}, code="licence-issued")
    replaced = _replaced(supersedes, party_id, type_code)
    seal = seal_of(agency_code, kind.seal)
    now = timezone.now()
    number = numbers.next_number(kind, agency.region_id, valid_from.year)
    content = papers.Content(
        kind=kind, version=row.version, number=number, identifier=numbers.identifier(kind, agency.uscc, number),
        code=numbers.new_code(), holder=party.name, holder_kind=party.kind, values=values,
        issuer=papers.Issuer(agency.code, agency.name, agency.uscc), issued_on=timezone.localdate(now),
        valid_from=valid_from, valid_until=kind.last_day(valid_from), case_number=case_number,
    )  # fmt: skip
    pdf = apply_to_pdf(
        actor, seal.code, papers.compose(content), reason=_("颁发%(name)s") % {"name": kind.name},
        kind="licence", subject=number,
    )  # fmt: skip
    file = keep(
        name=f"{kind.name}-{number}.pdf",
        content=pdf,
        media_type="application/pdf",
        party_id=party_id,
        purpose="licence",
    )
    holder: Any = Sealed(party.name, "name")  # as it comes back from the store; the stubs know text only
    licence = Licence.objects.create(
        type=row, number=number, identifier=content.identifier, code=content.code, party=party, holder=holder,
        agency=agency, agency_path=agency.path, region_path=agency.region.path, case_number=case_number,
        fields=values, issued_at=now, valid_from=valid_from, valid_until=content.valid_until, state_since=now,
        supersedes=replaced, seal=seal, file=file.id, sha256=hashlib.sha256(pdf).hexdigest(),
    )  # fmt: skip
    if replaced:
        _turn(replaced, Licence.State.SUPERSEDED, now)
    record(
        "licence", number,
        {
            "type": type_code, "version": row.version, "sha256": licence.sha256, "case": case_number,
            "from": valid_from, "until": content.valid_until, "supersedes": supersedes or None,
        },
    )  # fmt: skip
    emit("licence.issued", number, {"party": party_id, "type": type_code, "name": kind.name, "case": case_number})
    return licence


def _replaced(number: str, party_id: UUID, type_code: str) -> Licence | None:
    if not number:
        return None
    old = Licence.objects.select_for_update(of=("self",)).select_related("type").filter(number=number).first()
    if old is None or old.party_id != party_id or old.type.code != type_code:
        raise Missing(_("没有找到要换发的原证。"))
    if old.state not in (Licence.State.VALID, Licence.State.EXPIRED):
        raise Conflict(_("原证%(state)s，不能换发。") % {"state": old.state_words})
    return old


def _turn(licence: Licence, state: str, now: dt.datetime, ground: str = "", reason: str = "") -> None:
    licence.state, licence.state_since, licence.ground, licence.reason = state, now, ground, reason
    licence.save(update_fields=["state", "state_since", "ground", "reason"])


def scope_of(licence: Licence) -> Scope:
    """Where a licence lies: with its agency, and with its holder."""
    return Scope(agency=licence.agency_path, region=licence.region_path, party=licence.party_id, level=2)


@act("licences.annul", gettext_lazy("注销、撤销或吊销电子证照"))
def annul(actor: Actor, number: str, reason: str, ground: str = Licence.Ground.DEREGISTERED) -> Licence:
    """End a licence before its time. ``ground`` is deregistered 注销, revoked 撤销 or withdrawn 吊销 (Licensing Law, 69, 70)."""
    licence = Licence.objects.select_for_update(of=("self",)).select_related("type").filter(number=number).first()
    require(actor, scope_of(licence) if licence else NODE, subject=f"licence:{number}")
    if licence is None:
        raise Missing(_("没有这个证照，请检查编号。"))
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Invalid(_("请写明原因，不超过 200 个字。"), problems=[Problem("reason", "length", _("请写明原因"))])
    if ground not in Licence.Ground.values:
        raise Invalid(_("请选择注销、撤销或吊销。"), problems=[Problem("ground", "choice", _("请选择一种"))])
    if licence.state in (Licence.State.ANNULLED, Licence.State.SUPERSEDED):
        raise Conflict(_("这个证照%(state)s。") % {"state": licence.state_words})
    _turn(licence, Licence.State.ANNULLED, timezone.now(), ground, reason)
    record("licence", number, {"state": licence.state, "ground": ground})
    emit("licence.annulled", number, {"party": licence.party_id, "type": licence.type.code, "ground": ground})
    return licence


@act("licences.expire", gettext_lazy("证照到期"))
def expire(actor: Actor, today: dt.date) -> int:
    """Write down what ran out before ``today``, at most some hundreds at a time; returns how many. Done by a job."""
    require(actor)
    now = timezone.now()
    over = list(
        Licence.objects.select_for_update(of=("self",))
        .select_related("type")
        .filter(state=Licence.State.VALID, valid_until__lt=today)
        .order_by("valid_until", "id")[:BATCH]
    )
    for licence in over:
        licence.state, licence.state_since = Licence.State.EXPIRED, now
        emit("licence.expired", licence.number, {"party": licence.party_id, "type": licence.type.code})
    Licence.objects.bulk_update(over, ["state", "state_since"])
    record("licence", "expired", {"day": today, "numbers": [licence.number for licence in over]})
    return len(over)


@dataclass(frozen=True, slots=True)
class Shown:
    """A licence held up for somebody to scan: the address in the code, and until when it answers."""

    licence: Licence
    path: str
    until: dt.datetime


@act("licences.show", gettext_lazy("出示电子证照"), party=True)
def show(actor: Actor, number: str) -> Shown:
    """The holder shows a licence: for :data:`.showing.LIFE` seconds, whoever scans the code sees the holder's full name."""
    licence = Licence.objects.select_related("type", "agency").filter(number=number).first()
    require(actor, Scope(party=licence.party_id) if licence else NODE, subject=f"licence:{number}")
    if licence is None:
        raise Missing(_("没有这个证照，请检查编号。"))
    until = timezone.now().replace(microsecond=0) + dt.timedelta(seconds=showing.LIFE)
    record("licence", number, {"until": until})
    return Shown(licence, f"/l/s/{showing.token(licence.id, until)}", until)
