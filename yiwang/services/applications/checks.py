"""Everything that is wrong with a draft, said at once and in plain words."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import UUIDField
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.forms import queries as forms
from yiwang.foundation.forms.queries import CompiledForm
from yiwang.kernel.prepared import Given, Prepared
from yiwang.kernel.refusals import Problem
from yiwang.services.items.queries import MaterialNeed, PublishedItem

from .models import Draft, DraftMaterial, Filing

_GIVEN = Prepared(lambda: DraftMaterial.objects.filter(draft=Given("draft", UUIDField())).order_by("id"))


@dataclass(frozen=True, slots=True)
class Gathered:
    """One material the item asks for, and what proves it so far. ``by_data`` needs nothing from the person."""

    need: MaterialNeed
    given: tuple[DraftMaterial, ...]
    by_data: bool

    @property
    def complete(self) -> bool:
        return self.by_data or bool(self.given) or not self.need.required


def context(draft: Draft | Filing, actor: Actor) -> dict[str, Any]:
    """What conditions of the form may ask, and who asks: references to files are checked for that actor."""
    return {"situation": draft.situation, "actor": actor}


def form_of(draft: Draft) -> CompiledForm:
    return forms.form(draft.form_code, draft.form_version)


def needs(item: PublishedItem, draft: Draft) -> tuple[MaterialNeed, ...]:
    """The materials that this draft asks for. An answer counts only while the form asks for it."""
    return item.materials_for(draft.situation, form_of(draft).kept(draft.data, {"situation": draft.situation}))


def gathered(item: PublishedItem, draft: Draft) -> list[Gathered]:
    """The materials that this draft asks for, with what was given; one query."""
    by_code: dict[str, list[DraftMaterial]] = defaultdict(list)
    for given in _GIVEN.all(draft=draft.id):
        by_code[given.code].append(given)
    return [Gathered(need, tuple(by_code[need.code]), need.code in draft.proven) for need in needs(item, draft)]


def problems(actor: Actor, item: PublishedItem, draft: Draft, materials: list[Gathered]) -> list[Problem]:
    """Every problem of the draft: unanswered situation, form, materials."""
    found: list[Problem] = []
    if not draft.situation_done:
        found.append(Problem("situation", "required", _("请先回答办理情形的问题。")))
    for problem in form_of(draft).check(draft.data, context(draft, actor)):
        found.append(Problem(f"form.{problem.field}", problem.rule, problem.message))
    for material in materials:
        if not material.complete:
            found.append(
                Problem(
                    f"materials.{material.need.code}",
                    "required",
                    _("还缺材料“%(name)s”，请上传或从材料库选取。") % {"name": material.need.name},
                )
            )
    return found
