"""The audit: everything that the log says, computed again from the entries and compared with what was kept and signed.

One pass in the order of the tree with a bounded memory. It finds an entry that was changed, dropped, moved or slipped in, and
names it; whoever also rewrote the hashes above it still meets the signed heads.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from yiwang.foundation.crypto.queries import Broken, chain_of, check_chain, verify
from yiwang.kernel.canonical import canonical_bytes, plain

from .heads import ROLE, head_document, newest
from .merkle import Frontier, leaf_hash, node_hash
from .models import Entry, Head, Leaf, Node, Waiting
from .tree import STEP, WIDTH

CHUNK = 2000  # rows read at a time
MOST = 200  # findings named; more are counted
BACKDATED = dt.timedelta(hours=1)  # longer than any act runs


@dataclass
class Report:
    """What the audit saw. ``findings`` are sentences for the operator, each naming the entry, place or head."""

    entries: int = 0
    heads: int = 0
    waiting: int = 0
    findings: list[str] = field(default_factory=list)
    unnamed: int = 0

    def find(self, text: str) -> None:
        if len(self.findings) < MOST:
            self.findings.append(text)
        else:
            self.unnamed += 1

    @property
    def sound(self) -> bool:
        return not self.findings


def audit(anchors: list[bytes], witnesses: list[dict[str, Any]] | None = None) -> Report:
    """Check the log up to its newest head; acts may go on meanwhile.

    ``anchors`` are root certificates (DER) from outside the store: the keys of the heads must lead to one of them.
    ``witnesses`` are heads that others kept (documents with a signature); each must still hold.
    """
    report = Report()
    last = newest()
    heads = _Heads(report, last, anchors, witnesses or [])
    frontier, kept = Frontier(), _Kept(report)
    before: dt.datetime | None = None  # of the last head passed: later entries cannot be much older
    order: UUID | None = None  # of the last entry since then: a batch is placed in the order of ids
    for index, entry_id, hashed, entry in _places(report, last.size if last else 0):
        report.entries += 1
        if order and entry_id < order:
            report.find(f"moved: entry {entry_id} at place {index} belongs before the one it follows")
        order = entry_id
        if entry is None:
            report.find(f"dropped: entry {entry_id} at place {index} is gone")
        else:
            computed = _check_entry(report, index, entry)
            if computed != hashed:
                report.find(f"changed: entry {entry_id} at place {index} is not the one that was hashed there")
            if before and entry.at < before - BACKDATED:
                report.find(f"back-dated: entry {entry_id} at place {index} is older than the head signed before it")
        frontier.add(hashed)
        kept.add(hashed)
        met = heads.meet(frontier)
        if met:
            before, order = met, None
    heads.end(frontier.size)
    _check_rest(report)
    return report


def _places(report: Report, size: int) -> Iterator[tuple[int, UUID, bytes, Entry | None]]:
    """The leaves in order with their entries; holes and second places are reported."""
    expected = 0
    while True:
        leaves = list(Leaf.objects.filter(index__gte=expected, index__lt=size).order_by("index")[:CHUNK])
        if not leaves:
            if expected < size:
                report.find(f"dropped: places {expected} to {size - 1} are empty")
            return
        entries = Entry.objects.in_bulk([leaf.entry_id for leaf in leaves])
        for leaf in leaves:
            if leaf.index != expected:
                report.find(f"dropped: places {expected} to {leaf.index - 1} are empty")
                # What comes after cannot match any head; say where it began, and go on naming.
                expected = leaf.index
            yield leaf.index, leaf.entry_id, bytes.fromhex(leaf.hash), entries.get(leaf.entry_id)
            expected += 1


def _check_entry(report: Report, index: int, entry: Entry) -> bytes:
    """Compare an entry's columns with its content; returns the leaf hash of the content."""
    computed = leaf_hash(entry.content.encode())
    name = f"entry {entry.id} at place {index}"
    if computed.hex() != entry.leaf:
        report.find(f"changed: the content of {name} does not fit its own hash")
    try:
        content = json.loads(entry.content)
        if canonical_bytes(content).decode() != entry.content:
            report.find(f"changed: the content of {name} is not in canonical form")
        columns = plain(
            {
                "id": entry.id,
                "at": entry.at,
                "act": entry.act,
                "actor": entry.actor,
                "kind": entry.kind,
                "subject": entry.subject,
            }
        )
        for column, value in columns.items():
            if content.get(column) != value:
                report.find(f"changed: column {column} of {name} says {value!r}, its content {content.get(column)!r}")
    except (ValueError, TypeError, AttributeError):
        report.find(f"changed: the content of {name} does not parse")
    return computed


class _Kept:
    """Compares the kept roots of complete subtrees with those that the leaves give."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.blocks: list[list[bytes]] = [[]]  # for each level, the hashes of the block under way
        self.counts: list[int] = [0]

    def add(self, hashed: bytes) -> None:
        level = 0
        self.blocks[0].append(hashed)
        while len(self.blocks[level]) == WIDTH:
            hashed = _fold(self.blocks[level])
            self.blocks[level] = []
            level += 1
            if level == len(self.blocks):
                self.blocks.append([])
                self.counts.append(0)
            place = self.counts[level]
            found = Node.objects.filter(level=level, index=place).values_list("hash", flat=True).first()
            if found != hashed.hex():
                leaves = WIDTH**level
                self.report.find(
                    f"the kept root over places {place * leaves} to {(place + 1) * leaves - 1} "
                    f"{'is missing' if found is None else 'is another than its leaves give'}"
                )
            self.blocks[level].append(hashed)
            self.counts[level] += 1


def _fold(hashes: list[bytes]) -> bytes:
    for _height in range(STEP):
        hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


class _Heads:
    """The signed heads in order, and those of witnesses, met as the tree grows past their sizes.

    Every head is compared with the tree over the same leaves, so two sound heads are consistent with each other.
    """

    def __init__(
        self, report: Report, last: Head | None, anchors: list[bytes], witnesses: list[dict[str, Any]]
    ) -> None:
        self.report, self.anchors = report, anchors
        self.keys: dict[int, Any] = {}
        self.lost = False  # a root did not fit: those after it cannot
        self.rows = Head.objects.filter(id__lte=last.id if last else 0).order_by("id").iterator(chunk_size=CHUNK)
        self.next = next(self.rows, None)
        self.last: Head | None = None
        self.witnesses = sorted(witnesses, key=lambda head: int(head["size"]))

    def meet(self, frontier: Frontier) -> dt.datetime | None:
        """Check the heads of the size that the tree has now; returns the time of the last of them."""
        met = None
        while self.next is not None and self.next.size <= frontier.size:
            self._check(self.next, frontier)
            self.last, met = self.next, self.next.at
            self.next = next(self.rows, None)
        while self.witnesses and int(self.witnesses[0]["size"]) <= frontier.size:
            witness = self.witnesses.pop(0)
            self._check_witness(witness, frontier)
        return met

    def _check(self, head: Head, frontier: Frontier) -> None:
        self.report.heads += 1
        name = f"the head of size {head.size} signed {head.at:%Y-%m-%d %H:%M:%S} UTC"
        if self.last and (head.size < self.last.size or head.at < self.last.at):
            self.report.find(f"{name} does not follow the one before it")
        elif head.size < frontier.size:
            self.report.find(f"{name} fits no place in the tree")
        elif head.root != frontier.root().hex() and not self.lost:
            self.lost = True
            since = self.last.size if self.last else 0
            self.report.find(f"{name} has another root than the log: places {since} to {head.size - 1} were rewritten")
        if not self._holds(head.key, head_document(head), head.signature):
            self.report.find(f"the signature of {name} does not hold")

    def _check_witness(self, witness: dict[str, Any], frontier: Frontier) -> None:
        body = {key: value for key, value in witness.items() if key != "signature"}
        name = f"the head of size {witness['size']} that a witness kept"
        if not self._holds(int(witness["key"]), body, str(witness["signature"])):
            self.report.find(f"{name} was not signed by this node")
        elif witness["root"] != frontier.root().hex():
            self.report.find(
                f"{name} has another root than the log: places 0 to {int(witness['size']) - 1} were rewritten"
            )

    def _holds(self, version: int, document: dict[str, Any], signature: str) -> bool:
        if version not in self.keys:
            self.keys[version] = self._certified(version)
        key = self.keys[version]
        try:
            return key is not None and verify(key, bytes.fromhex(signature), canonical_bytes(document))
        except ValueError:
            return False

    def _certified(self, version: int) -> Any:
        """The public key of a version as its certificates give it, or None if no chain leads to an anchor."""
        try:
            path = check_chain(chain_of("node", "ledger", version), self.anchors, timezone.now())
        except Broken as broken:
            self.report.find(f"version {version} of the signing key is not certified: {broken}")
            return None
        if not path.trusted or path.role != ROLE:
            self.report.find(f"version {version} of the signing key is certified by another root: {path.fingerprint}")
            return None
        return path.leaf.public_key()

    def end(self, size: int) -> None:
        while self.next is not None:
            self.report.heads += 1
            self.report.find(f"dropped: the head of size {self.next.size} was signed, the log has {size} places only")
            self.next = next(self.rows, None)
        for witness in self.witnesses:
            self.report.find(
                f"dropped: a witness kept a head of size {witness['size']}, the log has {size} places only"
            )


def _check_rest(report: Report) -> None:
    """No place is beyond the newest head; entries without a place wait for one; what waits is there and has none."""
    top = Leaf.objects.aggregate(top=Max("index"))["top"]
    last = newest()  # read after the places, which are written together with their head
    size = last.size if last else 0
    if top is not None and top >= size:
        report.find(f"slipped in: places {size} to {top} are under no signed head")
    report.waiting = Waiting.objects.count()
    placed, waits = Leaf.objects.filter(entry=OuterRef("pk")), Waiting.objects.filter(entry=OuterRef("pk"))
    for entry_id in Entry.objects.filter(~Exists(placed), ~Exists(waits)).values_list("id", flat=True)[: MOST + 1]:
        report.find(f"slipped in: entry {entry_id} has no place in the tree and does not wait for one")
    there = Entry.objects.filter(id=OuterRef("entry_id"))
    for entry_id in Waiting.objects.filter(~Exists(there)).values_list("entry_id", flat=True)[: MOST + 1]:
        report.find(f"dropped: entry {entry_id} waited for its place and is gone")
    twice = Waiting.objects.filter(Exists(Leaf.objects.filter(entry_id=OuterRef("entry_id"))))
    for entry_id in twice.values_list("entry_id", flat=True)[: MOST + 1]:
        report.find(f"entry {entry_id} has a place and waits for another")
