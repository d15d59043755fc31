"""Registers as places of the catalogue: "register:<code>". Reads and nothing else: callers ask for the right and leave the trace (ADR 0060)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Max, Sum
from django.utils.translation import gettext as _

from yiwang.data.catalogue.resources import Change, Holding
from yiwang.data.catalogue.slots import holders
from yiwang.kernel.refusals import Invalid, Missing, Problem

from . import declarations
from .declarations import Declaration
from .models import Load, Register, RegisterRecord
from .reading import register_of
from .records import GONE

if TYPE_CHECKING:
    import pyarrow as pa

SCHEME = "register"
MOST_CHANGES = 10_000
_ARROW = {"integer": "int64", "money": "int64", "boolean": "bool_"}


def rows_held(codes: Sequence[str]) -> dict[str, Holding]:
    """How much each register holds, from its loads: one query, however many records."""
    registers = {register.code: register for register in Register.objects.filter(code__in=codes)}
    found = {code: Holding(0, None, None) for code in registers}
    totals = (
        Load.objects.filter(register__in=codes)
        .values("register", "source")
        .annotate(rows=Sum("new"), day=Max("as_of"), at=Max("created_at"))
    )
    for line in totals:
        code = line["register"]
        source = declarations.of(registers[code]).sources.get(line["source"])
        former = found[code]
        found[code] = Holding(
            former.rows + (0 if source is not None and source.own_key else line["rows"]),
            max(filter(None, (former.as_of, line["day"])), default=None),
            max(filter(None, (former.updated_at, line["at"])), default=None),
        )
    return found


class RegisterHolder:
    """Reads registers for the rooms that share, open and analyse data."""

    def _place(self, place: str) -> tuple[Register, Declaration]:
        scheme, _colon, code = place.partition(":")
        if scheme != SCHEME:
            raise Missing(_("没有这个数据位置：%(place)s。") % {"place": place})
        register = register_of(code)
        return register, declarations.of(register)

    def _names(self, declaration: Declaration, fields: Sequence[str]) -> tuple[str, ...]:
        unknown = [name for name in fields if name not in declaration.elements]
        if unknown:
            message = _("“%(register)s”没有数据项：%(names)s。") % {
                "register": declaration.name, "names": "、".join(unknown),
            }  # fmt: skip
            raise Invalid(message, problems=[Problem("fields", "unknown", message)])
        return tuple(fields) or tuple(declaration.elements)

    def holding(self, place: str) -> Holding:
        register, _declaration = self._place(place)
        return rows_held([register.code])[register.code]

    def look_up(
        self, place: str, keys: Sequence[Mapping[str, Any]], fields: Sequence[str]
    ) -> list[Mapping[str, Any] | None]:
        register, declaration = self._place(place)
        names = self._names(declaration, fields)
        hashes = [declaration.hash_of(str(key.get(declaration.key, "")).strip().upper()) for key in keys]
        held: dict[str, Any] = dict(
            RegisterRecord.objects.filter(register=register, key_hash__in=set(hashes), until=None, latest=True)
            .exclude(content_hash=GONE)
            .values_list("key_hash", "data")
        )
        return [{name: held[one].get(name) for name in names} if one in held else None for one in hashes]

    def scan(self, place: str, fields: Sequence[str], *, batch: int = 10_000) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa  # takes a moment to load: only where it is needed

        register, declaration = self._place(place)
        names = self._names(declaration, fields)
        schema = pa.schema(
            [(name, getattr(pa, _ARROW.get(declaration.elements[name].type, "string"))()) for name in names]
        )
        held = RegisterRecord.objects.filter(register=register, until=None, latest=True).exclude(content_hash=GONE)
        rows: Any = held.order_by("id").values_list("id", "data")
        last = 0
        while part := list(rows.filter(id__gt=last)[:batch]):
            last = part[-1][0]
            yield pa.record_batch(
                [pa.array([data.get(field.name) for _id, data in part], type=field.type) for field in schema],
                schema=schema,
            )

    def changes(self, place: str, after: str, limit: int) -> list[Change]:
        register, declaration = self._place(place)
        if after and not (after.isascii() and after.isdigit() and len(after) < 19):
            message = _("翻页位置无效，请从第一页重新开始。")
            raise Invalid(message, problems=[Problem("after", "format", message)])
        # A key stands here once, with its newest state: who follows from the beginning never reads more rows than there are.
        rows = RegisterRecord.objects.filter(
            register=register, id__gt=int(after or 0), until=None, latest=True
        ).order_by("id")[: max(1, min(limit, MOST_CHANGES))]
        return [
            Change(
                str(row.pk), row.since, {declaration.key: row.data.get(declaration.key)},
                None if row.content_hash == GONE else row.data,
            )
            for row in rows
        ]  # fmt: skip


def plug() -> None:
    """Called once, when the room starts."""
    holders.plug(SCHEME, RegisterHolder())
