"""What a grant repeats of the catalogue: the place, the keys, and each granted field with its mask. Private to this room."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _

from yiwang.data.protection.queries import Mask, chosen, mask_of
from yiwang.foundation.crypto.queries import keyed_hash
from yiwang.kernel.refusals import Denied, Invalid, Problem

if TYPE_CHECKING:
    from yiwang.data.catalogue.resources import Resource

    from .models import Grant

LONGEST_KEY = 120
SHORTEST_PURPOSE, LONGEST_PURPOSE = 2, 120
_SUBJECTS = ("identity_number", "uscc")


@dataclass(frozen=True, slots=True)
class Granted:
    """One granted field. ``agreed`` is the mask that it gets."""

    name: str
    label: str
    type: str
    level: int
    mask: str
    agreed: str


def shape_of(resource: Resource, fields: Iterable[str], masks: Mapping[str, str]) -> dict[str, Any]:
    """The shape of a grant for ``fields`` of ``resource``: as JSON, the masks settled."""
    wanted = set(fields)
    return {
        "place": resource.place,
        "version": resource.version,
        "keys": [_field(resource.field(name), "") for name in resource.key],
        "fields": [
            _field(field, masks.get(field.name) or chosen(field)) for field in resource.fields if field.name in wanted
        ],
    }


def _field(field: Any, agreed: str) -> dict[str, Any]:
    return {
        "name": field.name, "label": field.label, "type": field.type, "level": field.level, "mask": field.mask,
        "agreed": agreed,
    }  # fmt: skip


class Shape:
    """A grant's shape, ready for use."""

    def __init__(self, body: Mapping[str, Any], salt: str) -> None:
        self.place: str = body["place"]
        self.keys = tuple(Granted(**field) for field in body["keys"])
        self.fields = {field["name"]: Granted(**field) for field in body["fields"]}
        self._masks = {name: mask_of(field, {name: field.agreed}, salt) for name, field in self.fields.items()}

    def mask(self, name: str) -> Mask:
        return self._masks[name]

    def names(self, asked: Sequence[str]) -> tuple[str, ...]:
        """The fields ``asked`` for, all when none is named. Raises :class:`Denied` for one outside the grant."""
        outside = [name for name in asked if name not in self.fields]
        if outside:
            raise Denied(
                _("授权里没有数据项：%(names)s。") % {"names": "、".join(outside)[:200]}, code="field-not-granted"
            )
        return tuple(dict.fromkeys(asked)) or tuple(self.fields)

    def key(self, given: Mapping[str, Any]) -> dict[str, str]:
        """The key of a row, cleaned. Raises :class:`Invalid` with a problem for each part that is missing or too long."""
        problems, found = [], {}
        for part in self.keys:
            text = str(given.get(part.name) or "").strip()
            if part.type in _SUBJECTS:
                text = text.upper()
            if not text or len(text) > LONGEST_KEY:
                message = _("请给出“%(label)s”（%(name)s）") % {"label": part.label, "name": part.name}
                problems.append(Problem(f"key.{part.name}", "required", message))
            found[part.name] = text
        unknown = sorted(set(given) - {part.name for part in self.keys})
        problems += [
            Problem(f"key.{name}"[:80], "unknown", _("主键里没有“%(name)s”") % {"name": name[:40]}) for name in unknown
        ]
        if problems:
            raise Invalid(_("查询条件不对，请对照接口说明。"), problems=problems)
        return found

    def subject(self, key: Mapping[str, str]) -> str:
        """The keyed hash by which the person or organisation that the row is about finds the trace; "" where it is about none."""
        for part in self.keys:
            if part.type in _SUBJECTS:
                return keyed_hash("party", key[part.name])
        return ""

    def masked(self, row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
        """One row as it may be seen."""
        return {name: self._masks[name].of(row.get(name)) for name in names}


_compiled: dict[tuple[UUID, int], Shape] = {}
_LARGEST_CACHE = 2_000


def shape(grant: Grant) -> Shape:
    """The compiled shape of a grant, kept in memory by its revision."""
    found = _compiled.get((grant.id, grant.revision))
    if found is None:
        if len(_compiled) >= _LARGEST_CACHE:
            _compiled.clear()
        found = _compiled[grant.id, grant.revision] = Shape(grant.shape, str(grant.id))
    return found


def purpose_of(text: str) -> str:
    """A stated purpose, trimmed. Raises :class:`Invalid` when there is none: nobody reads "just so" (个人信息保护法第六条)."""
    text = text.strip()
    if not SHORTEST_PURPOSE <= len(text) <= LONGEST_PURPOSE:
        message = _("请写明这次使用的目的，2 至 120 个字。")
        raise Invalid(message, problems=[Problem("purpose", "required", message)])
    return text


def about_of(text: str) -> str:
    """What the use is for (a case number), trimmed. Raises :class:`Invalid` when it is too long or holds an identity number."""
    text = text.strip()
    if len(text) > 80 or re.search(r"\d{17}[\dXx]", text):
        message = _("业务编号最长 80 个字符，不要写身份证号。")
        raise Invalid(message, problems=[Problem("about", "format", message)])
    return text


def same(held: Any, claimed: Any) -> bool:
    """Whether a claim says what is held: full width and half width, small and capital letters, and blanks do not matter."""

    def plain(value: Any) -> str:
        if isinstance(value, bool):
            return "1" if value else "0"
        return "".join(unicodedata.normalize("NFKC", str(value)).casefold().split())

    return held is not None and claimed is not None and plain(held) == plain(claimed)
