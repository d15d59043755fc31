"""What other rooms are told of a published resource. No tables, no rules: the words that the rooms of data share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

# 国发〔2016〕51号《政务信息资源共享管理暂行办法》第九条: 无条件共享 · 有条件共享 · 不予共享
ShareKind = Literal["unconditional", "conditional", "refused"]
# 公共数据开放: 无条件开放 · 有条件开放 · 不予开放
OpenKind = Literal["unconditional", "conditional", "refused"]
# The types that a field may have in every store (registers, Parquet, JSON): money is in fen, dates are ISO days, times UTC.
FieldType = Literal["text", "integer", "decimal", "money", "date", "time", "boolean", "code", "region", "phone",
                    "identity_number", "uscc", "geometry"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One field (信息项) of a resource. ``name`` is ASCII; ``element`` and ``codes`` name entries of the standards library, or "".

    ``level`` is its GB/T 43697 level (1 … 4), ``mask`` how it is hidden from one who may see that it exists but not its value.
    """

    name: str
    label: str
    type: FieldType
    level: int
    element: str = ""
    length: int = 0
    codes: str = ""
    mask: str = ""
    key: bool = False
    required: bool = False
    share: ShareKind = "conditional"
    open: OpenKind = "refused"


@dataclass(frozen=True, slots=True)
class Resource:
    """A published resource, in the version in force. ``place`` says where its data lies: "<scheme>:<rest>", as "register:population"."""

    code: str
    version: int
    name: str
    provider: str  # agency code
    provider_path: str
    abstract: str
    fields: tuple[Field, ...]
    share: ShareKind
    share_reason: str  # the law that refuses, where it is refused
    share_conditions: str
    open: OpenKind
    update_period: str  # a code of the standards library's table of periods
    place: str

    @property
    def level(self) -> int:
        """The highest level among its fields."""
        return max((field.level for field in self.fields), default=1)

    @property
    def key(self) -> tuple[str, ...]:
        """The names of the fields by which one row is found."""
        return tuple(field.name for field in self.fields if field.key)

    def field(self, name: str) -> Field:
        """The field called ``name``. Raises :class:`LookupError`."""
        for field in self.fields:
            if field.name == name:
                return field
        raise LookupError(name)


@dataclass(frozen=True, slots=True)
class Holding:
    """What lies at a place now: ``rows``, the day for which the data holds, and when it last changed here (UTC)."""

    rows: int
    as_of: dt.date | None
    updated_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """One row that came, changed or went. ``cursor`` continues after it; ``row`` is None for one that went."""

    cursor: str
    at: dt.datetime
    key: Mapping[str, Any]
    row: Mapping[str, Any] | None


class Holder(Protocol):
    """Reads the data at places of one scheme. It checks no rights and leaves no trace: ``sharing`` does both before it asks.

    Only rooms of the data floor ask a holder, and each of them by an act or a query that checks and records.
    """

    def holding(self, place: str) -> Holding:
        """How much lies there. Cheap: never a count over all rows. Raises :class:`Missing` for an unknown place."""
        ...

    def look_up(
        self, place: str, keys: Sequence[Mapping[str, Any]], fields: Sequence[str]
    ) -> list[Mapping[str, Any] | None]:
        """The rows of ``keys``, in their order, None for one that is not held. A constant number of queries."""
        ...

    def scan(self, place: str, fields: Sequence[str], *, batch: int = 10_000) -> Iterator[pa.RecordBatch]:
        """All rows in force, ``batch`` at a time, never all in memory."""
        ...

    def changes(self, place: str, after: str, limit: int) -> list[Change]:
        """What changed after the cursor ``after`` ("" from the beginning), oldest first."""
        ...
