"""What officials see: which resources could be opened, what is prepared, what waits for review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from yiwang.data.catalogue import queries as catalogue
from yiwang.data.catalogue.resources import Resource
from yiwang.data.opendata import reading, store, treatments
from yiwang.data.opendata.models import Dataset, Edition, Preparation
from yiwang.data.opendata.permissions import STAFF
from yiwang.foundation.access.queries import Actor, Scope, allowed, reach, require, require_somewhere
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.pages import Page, page
from yiwang.kernel.refusals import Missing

MOST = 200


@dataclass(frozen=True, slots=True)
class PreparationView:
    """A preparation, its fields, and what the reader may do with it: "edit", "check", "submit", "release", "send_back", "withdraw"."""

    preparation: Preparation
    dataset: Dataset
    fields: list[treatments.Treated]
    may: frozenset[str]


def _scope(dataset: Dataset) -> Scope:
    return Scope(agency=dataset.agency_path, region=dataset.region_path)


def preparations(actor: Actor, *, state: str = "", cursor: str = "", size: int = 50) -> Page[Dataset]:
    """The datasets of the actor's reach, the last changed first. ``state`` is one of a dataset, or "submitted": what waits for review."""
    require_somewhere(actor, STAFF)
    rows = Dataset.objects.filter(reach(actor, STAFF)).select_related("provider", "current")
    if state in Dataset.State.values:
        rows = rows.filter(state=state)
    elif state in Preparation.State.values:
        rows = rows.filter(preparations__state=state)
    return page(rows.prefetch_related("preparations"), order=("-changed_at", "-id"), cursor=cursor, size=size)


def preparation(actor: Actor, code: str, number: int = 0) -> PreparationView:
    """A preparation of a dataset, the newest unless ``number`` names another."""
    dataset = staff_dataset(actor, code)
    rows = dataset.preparations.order_by("-number")
    found = (rows.filter(number=number) if number else rows).first()
    if found is None:
        raise Missing(_("没有这次开放准备，可能地址不对。"))
    found.dataset = dataset
    state, scope = found.state, _scope(dataset)
    States = Preparation.State
    open_now = {
        "edit": found.editable, "check": found.editable, "submit": state == States.CHECKED,
        "release": state == States.SUBMITTED and (found.submitted_by_id is None or found.submitted_by_id != actor.account_id),
        "send_back": state == States.SUBMITTED, "withdraw": dataset.open,
    }  # fmt: skip
    codes = {"edit": "prepare"}
    may = {name for name, now in open_now.items() if now and allowed(actor, f"opendata.{codes.get(name, name)}", scope)}
    return PreparationView(found, dataset, treatments.read(found.fields), frozenset(may))


def preview(actor: Actor, view: PreparationView, rows: int = 10) -> list[list[Any]]:
    """The first rows of the file that would be released, as the public would see them, for whoever prepares or reviews it."""
    require(actor, _scope(view.dataset), STAFF, subject=f"preparation:{view.preparation.id}")
    if not view.preparation.sha256 or view.preparation.state in (Preparation.State.DRAFT, Preparation.State.CHECKING):
        return []
    kept = [each.opened() for each in view.fields if each.kept]
    path = store.path_of(view.dataset.code, view.preparation.id)
    if not path.exists():
        return []
    found = reading.rows(Edition(number=1, fields=kept, rows=view.preparation.rows), path, reading.Question(size=rows))
    return [[row[each["name"]] for each in kept] for row in found.items]


def staff_dataset(actor: Actor, code: str) -> Dataset:
    """A dataset in the actor's reach, open or not. Raises :class:`Missing`, :class:`Denied`."""
    found = Dataset.objects.select_related("provider", "current").filter(code=code[:60]).first()
    require(actor, _scope(found) if found else Scope(), STAFF, subject=f"dataset:{code[:60]}")
    if found is None:
        raise Missing(_("没有这次开放准备，可能地址不对。"))
    return found


def openable(actor: Actor) -> list[tuple[Resource, str]]:
    """Published resources of the actor's agencies that may be opened, with the code of the dataset that opens them ("" for none yet)."""
    require_somewhere(actor, "opendata.prepare")
    agencies = Agency.objects.filter(reach(actor, "opendata.prepare", agency="path", region="region__path")).order_by(
        "code"
    )
    known = dict(Dataset.objects.values_list("resource", "code"))
    found = []
    for code in agencies.values_list("code", flat=True)[:MOST]:
        for resource in catalogue.published(provider=code, size=MOST).items:
            if resource.open != "refused" and resource.place:
                found.append((resource, known.get(resource.code, "")))
    return found
