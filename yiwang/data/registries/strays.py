"""Rows without the register's key: kept until a link says of whom they speak. Private to this room."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from . import declarations
from .fusion import Fusion
from .models import Link, Register, Stray
from .sources import Source
from .writing import insert

if TYPE_CHECKING:
    from .loading import Row


def put(
    register: Register, source: Source, rows: Sequence[Row], as_of: dt.date, now: dt.datetime, load_id: UUID, by: str
) -> tuple[int, int, int]:
    """Write a batch; what changed in a row that is linked already is said of its record at once. Returns new, changed, same."""
    held = {
        own_hash: (pk, content_hash)
        for pk, own_hash, content_hash in Stray.objects.filter(
            register=register, source=source.code, own_hash__in=[row.key_hash for row in rows], until=None
        ).values_list("pk", "own_hash", "content_hash")
    }
    fresh = [row for row in rows if held.get(row.key_hash, (0, ""))[1] != row.content_hash]
    ended = [held[row.key_hash][0] for row in fresh if row.key_hash in held]
    if ended:
        Stray.objects.filter(pk__in=ended).update(until=now)
    insert(
        Stray, ("own_hash", "data", "content_hash"), [(row.key_hash, row.data, row.content_hash) for row in fresh],
        register=register.pk, source=source.code, as_of=as_of, since=now, until=None, load=load_id,
    )  # fmt: skip
    if ended:
        changed = {row.key_hash: row for row in fresh if row.key_hash in held}
        links = Link.objects.filter(
            register=register, source=source.code, own_hash__in=changed, state=Link.State.LINKED
        )
        say(register, [(link, changed[link.own_hash].data, as_of) for link in links], now, load_id, by)
    return len(fresh) - len(ended), len(ended), len(rows) - len(fresh)


def say(
    register: Register,
    linked: Sequence[tuple[Link, dict[str, object], dt.date]],
    now: dt.datetime,
    load_id: UUID | None,
    by: str,
) -> None:
    """Make linked rows speak of the records that they were linked to."""
    if not linked:
        return
    fusion = Fusion(
        register, declarations.of(register), {link.key_hash for link, _data, _day in linked}, "", now, load_id, by
    )
    for link, data, day in linked:
        fusion.say(link.key_hash, day, data, source=link.source, link_id=link.pk)
    fusion.write()
