"""Loading rows into a register, in batches: check, compare, write. Private to this room."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.foundation.crypto.queries import keyed_hash
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.ids import uuid7
from yiwang.kernel.refusals import Invalid, Problem

from . import declarations
from .models import Load, Register, RegisterRecord

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
class _Row:
    key_hash: str
    content_hash: str
    data: dict[str, Any]


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    numbered = enumerate(rows, start=1)
    while batch := list(islice(numbered, BATCH)):
        yield batch


def _writer(**fixed: Any) -> Callable[[list[tuple[_Row, int]]], None]:
    """Inserts records that share the values of ``fixed``: by COPY on PostgreSQL, in one statement elsewhere.

    By hand: Django compiles each row, which halves the rate. The content is sealed here, so nothing plain reaches the store.
    """
    fields = {field.name: field for field in RegisterRecord._meta.concrete_fields if not field.primary_key}
    varying = ["key_hash", "version", "data", "content_hash"]
    shared = [fields[name].get_db_prep_save(value, connection) for name, value in fixed.items()]
    quote = connection.ops.quote_name
    table = quote(RegisterRecord._meta.db_table)
    columns = ", ".join(quote(str(fields[name].column)) for name in [*varying, *fixed])
    seal = fields["data"].get_db_prep_save

    def values(rows: list[tuple[_Row, int]]) -> list[list[Any]]:
        return [[row.key_hash, version, seal(row.data, connection), row.content_hash, *shared] for row, version in rows]

    def write(rows: list[tuple[_Row, int]]) -> None:
        if not rows:
            return
        lines = values(rows)  # before the COPY: sealing may have to read a key on this very connection
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for line in lines:
                        copy.write_row(line)
            else:
                places = ", ".join(["%s"] * (len(varying) + len(fixed)))
                statement = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608  # our own names
                cursor.executemany(statement, lines)

    return write


def load(
    register: Register, rows: Iterable[dict[str, Any]], *, source: str, as_of: dt.date, strict: bool, by: str
) -> Loaded:
    """Write ``rows`` in the surrounding transaction. Three or four queries for each thousand rows."""
    assert connection.in_atomic_block, "load() belongs inside an act"
    declaration = declarations.of(register)
    now = timezone.now()
    load_id = uuid7()  # the row itself is written last, when its counts are known
    seen: dict[str, str] = {}
    problems: list[Problem] = []
    new = changed = same = refused = 0
    digest = hashlib.sha256()
    write = _writer(register=register.pk, declared=register.version, as_of=as_of, since=now, until=None, load=load_id)

    def refuse(number: int, element: str, rule: str, reason: str) -> None:
        if len(problems) < MOST_PROBLEMS:
            label = declaration.elements[element].label if element in declaration.elements else element
            message = _("第 %(n)s 行，%(label)s：%(reason)s") % {"n": number, "label": label, "reason": reason}
            problems.append(Problem(f"{number}.{element}", rule, message))

    for batch in _batches(rows):
        good: list[_Row] = []
        for number, raw in batch:
            data, wrong = declaration.read_row(raw)
            if wrong:
                refused += 1
                for element, rule, reason in wrong:
                    refuse(number, element, rule, reason)
                continue
            row = _Row(
                declaration.hash_of(str(data[declaration.key])),
                keyed_hash("register", canonical_bytes(data).decode()),
                data,
            )
            former = seen.get(row.key_hash)
            if former == row.content_hash:
                same += 1
                continue
            if former is not None:
                refused += 1
                refuse(number, declaration.key, "unique", _("这个主键在前面出现过，内容不同"))
                continue
            seen[row.key_hash] = row.content_hash
            digest.update(row.content_hash.encode())
            good.append(row)
        if strict and refused:
            continue  # nothing will be kept; go on only to list what is wrong
        held = {
            key_hash: (pk, content_hash, version)
            for pk, key_hash, content_hash, version in RegisterRecord.objects.filter(
                register=register, key_hash__in=[row.key_hash for row in good], until=None
            ).values_list("pk", "key_hash", "content_hash", "version")
        }
        ended: list[int] = []
        fresh: list[tuple[_Row, int]] = []
        for row in good:
            pk, content_hash, version = held.get(row.key_hash, (0, "", 0))
            if content_hash == row.content_hash:
                same += 1
                continue
            if pk:
                changed += 1
                ended.append(pk)
            else:
                new += 1
            fresh.append((row, version + 1))
        RegisterRecord.objects.filter(pk__in=ended).update(until=now)
        write(fresh)

    if strict and refused:
        raise Invalid(
            _("“%(register)s”有 %(n)s 行数据需要修改，没有载入任何一行。") % {"register": register.name, "n": refused},
            problems=problems,
        )
    if new or changed or refused:
        Load.objects.create(
            id=load_id, register=register, source=source[:120], as_of=as_of, new=new, changed=changed, same=same,
            refused=refused, by=by,
        )  # fmt: skip
    return Loaded(new, changed, same, refused, digest.hexdigest(), tuple(problems))
