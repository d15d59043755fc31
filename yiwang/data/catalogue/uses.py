"""Where resources refer to the standards library. Private to this room."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse

from yiwang.foundation.standards.slots import Use

from .models import Item


def uses(code: str) -> Iterator[Use]:
    """The fields of published resources that name an element or a code set; ``code`` "" is all of them."""
    rows = Item.objects.select_related("entry").exclude(element="", codes="").order_by("entry__code", "name")
    if code:
        rows = rows.filter(Q(element=code) | Q(codes=code))
    for item in rows.iterator(chunk_size=500):
        yield Use(
            item.entry.name, reverse("desk-resource", args=[item.entry.code]), item.name, item.label, item.element, item.codes,
            item.type, item.length, item.level,
        )  # fmt: skip
