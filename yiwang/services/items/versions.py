"""Two bodies side by side, field by field, in the words of the schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from .body import label


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``kind`` is added, removed or changed; ``before`` and ``after`` are readable text, "" when there is none."""

    path: str
    field: str
    kind: str
    before: str
    after: str

    @property
    def kind_name(self) -> str:
        return {"added": _("新增"), "removed": _("删除"), "changed": _("修改")}[self.kind]


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs between two bodies, in the order of their fields.

    Entries of lists that have a ``code`` (materials, situations, options) are matched by it, others by their place.
    """
    return list(_maps(before, after, []))


def _maps(before: Mapping[str, Any], after: Mapping[str, Any], path: list[Any]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        yield from _values(before.get(name), after.get(name), [*path, name])


def _values(before: Any, after: Any, path: list[Any]) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _maps(before, after, path)
    elif isinstance(before, list) and isinstance(after, list) and _coded(before) and _coded(after):
        old, new = (
            {entry["code"]: (place, entry) for place, entry in enumerate(entries)} for entries in (before, after)
        )
        for code in dict.fromkeys((*old, *new)):
            place = (new.get(code) or old[code])[0]
            yield from _values(
                old[code][1] if code in old else None, new[code][1] if code in new else None, [*path, place]
            )
        if [entry["code"] for entry in before if entry["code"] in new] != [
            entry["code"] for entry in after if entry["code"] in old
        ]:
            yield _change(path, ", ".join(old), ", ".join(new), _("的顺序"))
    elif isinstance(before, list) and isinstance(after, list) and _plain(before) and _plain(after):
        yield _change(path, before, after)
    elif isinstance(before, list) and isinstance(after, list):
        for place in range(max(len(before), len(after))):
            yield from _values(
                before[place] if place < len(before) else None,
                after[place] if place < len(after) else None,
                [*path, place],
            )
    else:
        yield _change(path, before, after)


def _coded(entries: list[Any]) -> bool:
    return bool(entries) and all(isinstance(entry, Mapping) and "code" in entry for entry in entries)


def _plain(entries: list[Any]) -> bool:
    return not any(isinstance(entry, (Mapping, list)) for entry in entries)


def _change(path: list[Any], before: Any, after: Any, suffix: str = "") -> Change:
    kind = "added" if before is None else "removed" if after is None else "changed"
    return Change(".".join(map(str, path)), label(path) + suffix, kind, readable(before), readable(after))


def readable(value: Any) -> str:
    """A value as a person reads it: text as it is, lists a line each, anything deeper as indented JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, list) and _plain(value):
        return "\n".join(readable(item) for item in value)
    if isinstance(value, Mapping) and not any(isinstance(item, (Mapping, list)) for item in value.values()):
        return "\n".join(f"{name}: {readable(item)}" for name, item in value.items())
    return json.dumps(value, ensure_ascii=False, indent=2)
