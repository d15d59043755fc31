"""Reading drafts, and what differs between two versions. No access check: for rooms above that have asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from .models import Draft

__all__ = ["Change", "Draft", "changes", "draft", "drafts"]

LARGEST_LIST = 500


def draft(kind: str, code: str) -> Draft | None:
    """The draft of one declaration, if somebody is writing one."""
    return Draft.objects.filter(kind=kind, code=code).first()


def drafts(kind: str) -> list[Draft]:
    """All drafts of a kind, the last saved first, without bodies."""
    return list(Draft.objects.filter(kind=kind).defer("body").order_by("-saved_at")[:LARGEST_LIST])


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs. ``kind`` is added, removed or changed."""

    place: str
    kind: str
    before: str
    after: str

    @property
    def kind_name(self) -> str:
        return {"added": _("新增"), "removed": _("删去"), "changed": _("改动")}[self.kind]


def changes(before: Mapping[Any, tuple[str, str]], after: Mapping[Any, tuple[str, str]]) -> list[Change]:
    """What differs between two declarations that were told as {key: (place in words, value in words)}, in the order of the
    newer one; what was removed comes last."""
    found = []
    for key, (place, value) in after.items():
        if key not in before:
            found.append(Change(place, "added", "", value))
        elif before[key][1] != value:
            found.append(Change(place, "changed", before[key][1], value))
    found += [Change(place, "removed", value, "") for key, (place, value) in before.items() if key not in after]
    return found
