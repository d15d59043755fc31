"""What the acts of this room share. Private to it."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Scope
from yiwang.foundation.crypto.queries import keyed_hash
from yiwang.foundation.search import actions as search
from yiwang.kernel.refusals import Missing

from .models import Dataset, Preparation
from .words import THEMES

KIND = "dataset"  # of the search index


def scope_of(dataset: Dataset) -> Scope:
    """Where a dataset lies. What is prepared for everybody is of level 1."""
    return Scope(agency=dataset.agency_path, region=dataset.region_path)


def locked(preparation_id: UUID | str) -> Preparation:
    """The preparation, locked with its dataset for the act under way. Raises :class:`Missing`."""
    found = (
        Preparation.objects.select_for_update(of=("self",)).select_related("dataset").filter(id=preparation_id).first()
    )
    if found is None:
        raise Missing(_("没有这次开放准备，可能地址不对。"))
    return found


def index(dataset: Dataset) -> None:
    """Make a released dataset findable; part of the act that releases it."""
    edition = dataset.current
    assert edition is not None
    search.index(
        KIND, dataset.code, title=dataset.name, body=dataset.abstract,
        keywords=" ".join([*dataset.keywords, str(THEMES[dataset.theme].name), *(each["label"] for each in edition.fields)]),
        facets=[f"agency:{dataset.provider_id}", f"theme:{dataset.theme}"],
        data={"agency": dataset.provider.name, "theme": str(THEMES[dataset.theme].name), "rows": edition.rows},
    )  # fmt: skip


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return keyed_hash("open-access", token)
