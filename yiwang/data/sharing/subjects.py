"""What a person is told of the uses of their data under grants. Private to this room; plugged into "who used my data"."""

from __future__ import annotations

import datetime as dt

from yiwang.data.registries.slots import DataUse

from .models import Use, UseSubject
from .modes import NAMES


def uses_of(subject: str, before: dt.datetime | None, most: int) -> list[DataUse]:
    """The uses that touched a person, newest first: single ones, and those within a batch or a file. Two queries."""
    single = Use.objects.filter(subject=subject).exclude(grant=None)
    many = UseSubject.objects.filter(subject=subject)
    if before is not None:
        single, many = single.filter(at__lte=before), many.filter(use__at__lte=before)
    found = list(single.select_related("grant__agency").order_by("-at", "-id")[:most])
    found += [row.use for row in many.select_related("use__grant__agency").order_by("-id")[:most]]
    return [_told(use) for use in sorted(found, key=lambda use: (use.at, use.id), reverse=True)[:most]]


def _told(use: Use) -> DataUse:
    grant = use.grant
    assert grant is not None
    labels = [str(field["label"]) for field in grant.shape["fields"] if field["name"] in set(use.fields)]
    labels.append(str(NAMES[use.mode]))
    found = use.rows > 0 or use.mode == "verify"
    return DataUse(
        use.at, f"use:{use.id:020d}", grant.resource_name, grant.agency.name, use.purpose, tuple(labels), found, grant.number,
        grant.basis,
    )  # fmt: skip
