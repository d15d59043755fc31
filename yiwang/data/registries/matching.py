"""One run of a register's model: reading both sides, judging the pairs, keeping the result in acts. Private to this room."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from yiwang.foundation.access.queries import system

from . import declarations
from .models import Link, Linking, Register, RegisterRecord, Stray
from .records import GONE

if TYPE_CHECKING:
    from .likening import Pair

BATCH = 1_000
MOST_PER_ROW = 3  # unsure pairs of one row that a steward is shown
WHOLE = 10_000  # probabilities are kept in ten-thousandths


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair worth keeping, and whether the model is sure of it."""

    source: str
    own_hash: str
    key_hash: str
    probability: int
    levels: dict[str, int]
    sure: bool


def judge(pairs: Sequence[Pair], sure: float) -> list[Judged]:
    """Each row is sure of one record at most: one over the limit, with no other over it, for which no other row of its source is likelier.

    ``pairs`` come likeliest first; a pair's ``own`` is "source/own hash".
    """
    by_row: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_row.setdefault(pair.own, []).append(pair)
    taken: set[tuple[str, str]] = set()
    found: list[Judged] = []
    for own, several in sorted(by_row.items(), key=lambda item: -item[1][0].probability):
        source, _slash, own_hash = own.partition("/")
        first = several[0]
        alone = len(several) == 1 or several[1].probability < sure
        certain = first.probability >= sure and alone and (source, first.key_hash) not in taken
        if certain:
            taken.add((source, first.key_hash))
        for pair in several[:1] if certain else several[:MOST_PER_ROW]:
            found.append(Judged(source, own_hash, pair.key_hash, round(pair.probability * WHOLE), pair.levels, certain))
    return found


def _records(register: Register) -> Iterator[tuple[str, dict[str, Any]]]:
    held = RegisterRecord.objects.filter(register=register, until=None, latest=True).exclude(content_hash=GONE)
    rows: Any = held.values_list("key_hash", "data")
    yield from rows.iterator(chunk_size=BATCH)


def _rows(register: Register) -> Iterator[tuple[str, dict[str, Any]]]:
    linked = set(Link.objects.filter(register=register, state=Link.State.LINKED).values_list("source", "own_hash"))
    rows: Any = Stray.objects.filter(register=register, until=None).values_list("source", "own_hash", "data")
    for source, own_hash, data in rows.iterator(chunk_size=BATCH):
        if (source, own_hash) not in linked:
            yield f"{source}/{own_hash}", data


def run(linking: Linking, say: Callable[..., None]) -> None:
    """Do the whole run. ``say`` writes down how far it is; the clear text lies in memory and in the folder of the run only."""
    from . import likening  # Splink, DuckDB and Arrow take a second to load: only where they are needed
    from .actions.linking import keep_links

    register = linking.register
    model = declarations.of(register).linking
    assert model is not None
    with likening.folder_of(linking.id) as home:
        say(step="records", done=0, state=Linking.State.RUNNING, started_at=timezone.now(), failure="")
        records = likening.table(model, _records(register))
        say(step="rows", done=1, records=records.num_rows)
        rows = likening.table(model, _rows(register))
        say(step="compare", done=2, rows=rows.num_rows)
        judged = judge(likening.liken(model, records, rows, home), model.sure)
    say(step="keep", done=3)
    sure = unsure = 0
    for start in range(0, len(judged), BATCH):
        kept = keep_links(system(), linking.id, judged[start : start + BATCH])
        sure, unsure = sure + kept[0], unsure + kept[1]
        say(sure=sure, unsure=unsure)
    say(step="", done=4, state=Linking.State.DONE, ended_at=timezone.now())
