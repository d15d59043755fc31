"""Two bodies side by side, field by field. Private to this room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from yiwang.foundation.drafts.queries import Change, changes

from .bodies import FIELD_FLAGS, FIELD_NUMBERS, FIELD_TEXTS, OPENS, SHARES, TEXTS, label_of
from .wording import code_name


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs between two bodies: each element of the metadata, and each part of each field, fields matched by their name."""
    return changes(dict(_told(before)), dict(_told(after)))


def _told(body: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    for name in TEXTS:
        if body.get(name):
            yield name, (label_of(name), words(name, body[name]))
    if body.get("keywords"):
        yield "keywords", (label_of("keywords"), "、".join(body["keywords"]))
    for field in body.get("fields", []):
        known = field.get("name", "")
        for part in (*FIELD_TEXTS, *FIELD_NUMBERS, *FIELD_FLAGS):
            if field.get(part) not in (None, "", 0, False):
                yield f"fields.{known}.{part}", (label_of(f"fields.{known}.{part}"), words(part, field[part]))


def words(name: str, value: Any) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if name in ("share", "open"):
        return str((SHARES if name == "share" else OPENS).get(value, value))
    return code_name(name, str(value))
