"""What a correction may be about, and what it lets the applicant change."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from yiwang.foundation.cases.queries import Case
from yiwang.foundation.forms import queries as forms
from yiwang.foundation.forms.queries import CompiledForm
from yiwang.services.items import queries as items
from yiwang.services.items.queries import MaterialNeed

from .models import Correction, Evidence, Filing, Reopening

SUPPLEMENT = "supplement"  # the code of materials that answer a point about no single material
_BY_DATA = {Evidence.How.REGISTER, Evidence.How.LICENCE, Evidence.How.SYSTEM}


def origins(case: Case) -> list[UUID]:
    """The cases under which filings of a case lie: itself, and for one that was opened again the one with the application."""
    origin = Reopening.objects.filter(case=case).values_list("origin_id", flat=True).first()
    return [case.id] if origin is None else [case.id, origin]


def latest(case: Case) -> Filing | None:
    """The filing in force; None for a case that no application opened."""
    own = Filing.objects.filter(case=case).order_by("-revision").first()
    return own or Filing.objects.filter(case__in=origins(case)).order_by("-revision").first()


def open_correction(case: Case) -> Correction | None:
    """The correction that waits for the applicant, if any."""
    if case.closed_at is not None:
        return None
    return Correction.objects.filter(case=case, answered_at=None).order_by("-created_at").first()


@dataclass(frozen=True, slots=True)
class Correctable:
    """What an office may ask to have put right: materials and fields of the form, by code, with their names."""

    materials: dict[str, str]
    fields: dict[str, str]

    def name(self, kind: str, code: str) -> str:
        """The name of a material or field; "" for what may not be asked for."""
        return {"material": self.materials, "field": self.fields}.get(kind, {}).get(code, "")


def points_of(correction: Correction, kind: str) -> dict[str, str]:
    """What a correction asks for of one kind, by code, with names."""
    return {point["code"]: point["name"] for point in correction.points if point["kind"] == kind}


def form_of(filing: Filing) -> CompiledForm:
    """The form in the version that was filled in."""
    return forms.form(filing.form_code, filing.form_version)


def correctable(filing: Filing) -> Correctable:
    """The materials that the applicant brings and the fields that they typed.

    What registers and licences prove, and what registers filled in, is the office's to know and not the applicant's to change
    (免提交). One query.
    """
    by_data = {row.code for row in filing.materials.all() if row.how in _BY_DATA}
    needs = items.version(filing.item_version).materials_for(filing.situation, filing.data)
    asked = form_of(filing).asked(filing.data, {"situation": filing.situation})
    return Correctable(
        {need.code: need.name for need in needs if need.code not in by_data},
        {field.name: field.label for field in asked if not (field.readonly and field.name in filing.sources)},
    )


def corrected(
    form: CompiledForm, context: Mapping[str, Any], before: dict[str, Any], typed: Mapping[str, Any], asked: Collection[str]
) -> tuple[dict[str, Any], set[str]]:  # fmt: skip
    """The answers after a correction, and the fields that it may answer.

    These are the fields that the office asked about, and those for which only their new answers ask: who now sells cold dishes is asked
    for a cold room. Everything else stays as it was.
    """
    may = set(asked)
    known = {field.name for field in form.asked(before, context)}
    while True:
        data = {**before, **{name: typed[name] for name in may if name in typed}}
        new = {field.name for field in form.asked(data, context)} - known - may
        if not new:
            return data, may
        may |= new


@dataclass(frozen=True, slots=True)
class NewlyNeeded:
    """The materials that only the corrected answers ask for: those that a file proves, by code with names, and those of the node's own."""

    by_file: dict[str, str]
    required: dict[str, str]
    by_data: list[MaterialNeed]


def newly_needed(before: Filing, answers: Mapping[str, Any]) -> NewlyNeeded:
    """What corrected answers ask for beyond what the last filing asked for."""
    item = items.version(before.item_version)
    known = {need.code for need in item.materials_for(before.situation, before.data)}
    new = [need for need in item.materials_for(before.situation, answers) if need.code not in known]
    ours = [need for need in new if need.replaced_by is not None and need.replaced_by.kind == Evidence.How.SYSTEM]
    theirs = [need for need in new if need not in ours]
    return NewlyNeeded(
        {need.code: need.name for need in theirs}, {need.code: need.name for need in theirs if need.required}, ours
    )
