"""Loading rows into a register, in batches: check, compare, write. Private to this room."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.crypto.queries import keyed_hash
from yiwang.kernel.ids import uuid7
from yiwang.kernel.refusals import Invalid, Problem

from . import declarations, strays
from .declarations import Declaration
from .fusion import Fusion, content_hash_of
from .models import Load, Register
from .records import Records
from .sources import Source

BATCH = 1_000  # rows compared with the store at a time; 90 kB of hashes in one query
MOST_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a load. ``digest`` is over the content hashes, in order; ``problems`` holds at most a hundred."""

    new: int
    changed: int
    same: int
    refused: int
    digest: str
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Row:
    """A row that was read: the hash of its key (or of the source's own number), of its content, and its data."""

    key_hash: str
    content_hash: str
    data: dict[str, Any]


class _Reader:
    """Reads the rows of one load and remembers what is wrong with them."""

    def __init__(self, declaration: Declaration, source: Source | None) -> None:
        self.declaration, self.source = declaration, source
        self.own_key = source.own_key if source else ""
        self.seen: dict[str, str] = {}
        self.problems: list[Problem] = []
        self.same = self.refused = 0
        self.digest = hashlib.sha256()

    def _refuse(self, number: int, element: str, rule: str, reason: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            known = self.declaration.elements.get(element)
            message = _("第 %(n)s 行，%(label)s：%(reason)s") % {
                "n": number, "label": known.label if known else element, "reason": reason,
            }  # fmt: skip
            self.problems.append(Problem(f"{number}.{element}", rule, message))

    def batches(self, rows: Iterable[dict[str, Any]]) -> Iterator[list[Row]]:
        """The good rows, each key once, some at a time."""
        numbered = enumerate(rows, start=1)
        while batch := list(islice(numbered, BATCH)):
            yield [row for number, raw in batch if (row := self._read(number, raw)) is not None]

    def _read(self, number: int, raw: dict[str, Any]) -> Row | None:
        own = ""
        if self.own_key:
            raw = dict(raw)
            own = str(raw.pop(self.own_key, None) or "").strip()
        data, wrong = self.declaration.read_row(raw, self.source)
        if self.own_key and not own:
            wrong.append((self.own_key, "required", _("不能为空")))
        if wrong:
            self.refused += 1
            for element, rule, reason in wrong:
                self._refuse(number, element, rule, reason)
            return None
        if self.source and own:
            key_hash = keyed_hash("register", f"{self.declaration.code}/{self.source.code}:{own}")
        else:
            key_hash = self.declaration.hash_of(str(data[self.declaration.key]))
        row = Row(key_hash, content_hash_of(data), data)
        former = self.seen.get(row.key_hash)
        if former == row.content_hash:
            self.same += 1
            return None
        if former is not None:
            self.refused += 1
            self._refuse(number, self.own_key or self.declaration.key, "unique", _("这个主键在前面出现过，内容不同"))
            return None
        self.seen[row.key_hash] = row.content_hash
        self.digest.update(row.content_hash.encode())
        return row


class _Writer:
    """Writes the batches of one load and counts. Three or four queries for each thousand rows, more where sources meet."""

    def __init__(
        self,
        register: Register,
        declaration: Declaration,
        source: Source | None,
        as_of: dt.date,
        load_id: UUID,
        by: str,
    ) -> None:
        self.register, self.declaration, self.source = register, declaration, source
        self.as_of, self.load_id, self.by = as_of, load_id, by
        self.now = timezone.now()
        self.new = self.changed = self.same = 0

    def write(self, rows: list[Row]) -> None:
        if self.source is not None and self.source.own_key:
            counts = strays.put(self.register, self.source, rows, self.as_of, self.now, self.load_id, self.by)
            self.new, self.changed, self.same = self.new + counts[0], self.changed + counts[1], self.same + counts[2]
            return
        keys = [row.key_hash for row in rows]
        if self.source is None:
            records = Records(self.register, keys, self.now, self.load_id)
            for row in rows:
                known = records.holds(row.key_hash)
                self._count(known, records.place(row.key_hash, self.as_of, row.content_hash, row.data))
            records.write()
            return
        fusion = Fusion(self.register, self.declaration, keys, self.source.code, self.now, self.load_id, self.by)
        for row in rows:
            known = fusion.records.holds(row.key_hash)
            self._count(known, fusion.say(row.key_hash, self.as_of, row.data, row.content_hash))
        fusion.write()

    def _count(self, known: bool, said: bool) -> None:
        self.same += not said
        self.changed += said and known
        self.new += said and not known


def load(
    register: Register, rows: Iterable[dict[str, Any]], *, source: str, as_of: dt.date, strict: bool, by: str
) -> Loaded:
    """Write ``rows`` in the surrounding transaction. ``source`` is the code of a declared source, where the register declares any."""
    assert connection.in_atomic_block, "load() belongs inside an act"
    declaration = declarations.of(register)
    declared = declaration.sources[source] if declaration.sources else None
    load_id = uuid7()  # the row itself is written last, when its counts are known
    reader = _Reader(declaration, declared)
    writer = _Writer(register, declaration, declared, as_of, load_id, by)
    for batch in reader.batches(rows):
        if strict and reader.refused:
            continue  # nothing will be kept; go on only to list what is wrong
        writer.write(batch)
    if strict and reader.refused:
        raise Invalid(
            _("“%(register)s”有 %(n)s 行数据需要修改，没有载入任何一行。")
            % {"register": register.name, "n": reader.refused},
            problems=reader.problems,
        )
    same = writer.same + reader.same
    # A source that says the same again confirms it, and where several speak that may change who wins.
    if writer.new or writer.changed or reader.refused or (declared is not None and same):
        Load.objects.create(
            id=load_id, register=register, source=source[:120], as_of=as_of, new=writer.new, changed=writer.changed,
            same=same, refused=reader.refused, by=by,
        )  # fmt: skip
    return Loaded(writer.new, writer.changed, same, reader.refused, reader.digest.hexdigest(), tuple(reader.problems))
