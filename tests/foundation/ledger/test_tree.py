"""Entries get their places without gaps, none is skipped, and the kept tree gives the proofs of the whole."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from tests.factories import citizen
from yiwang.config.environment import environment
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.crypto.queries import anchor, verify
from yiwang.foundation.ledger import merkle, tree
from yiwang.foundation.ledger.heads import head_document, signing
from yiwang.foundation.ledger.jobs import grow as grow_job
from yiwang.foundation.ledger.models import Entry, Head, Leaf, Node, Waiting
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.ids import uuid7

from .conftest import note
from .tampering import sql, unlocked

Write = Callable[..., list[Entry]]


def leaves() -> list[bytes]:
    return [bytes.fromhex(value) for value in Leaf.objects.order_by("index").values_list("hash", flat=True)]


def grow(count: int) -> None:
    """Entries straight into the store, for trees of some size."""
    columns = {"at": timezone.now(), "act": "trial.note", "actor": "node", "kind": "note"}
    entries = []
    for number in range(count):
        entry = Entry(id=uuid7(), subject=str(number), **columns)
        entry.content = canonical_bytes({**columns, "id": entry.id, "subject": entry.subject}).decode()
        entry.leaf = merkle.leaf_hash(entry.content.encode()).hex()
        entries.append(entry)
    Entry.objects.bulk_create(entries)


@pytest.mark.django_db
def test_nothing_happens_while_the_log_is_empty() -> None:
    assert tree.bring_forward() is None
    assert not Head.objects.exists()


@pytest.mark.django_db
def test_an_entry_waits_and_then_has_a_place_under_a_signed_head(write: Write) -> None:
    entries = write(citizen(), 5)
    assert Waiting.objects.count() == 5
    head = tree.bring_forward()
    assert head is not None
    assert not Waiting.objects.exists()
    entries.sort(key=lambda entry: entry.id)
    assert [leaf.entry_id for leaf in Leaf.objects.order_by("index")] == [entry.id for entry in entries]
    assert head.root == merkle.root_of(bytes.fromhex(entry.leaf) for entry in entries).hex()
    public = signing().key.private_key().public_key()
    assert verify(public, bytes.fromhex(head.signature), canonical_bytes(head_document(head)))


@pytest.mark.django_db
def test_once_forward_is_enough(write: Write) -> None:
    write(citizen(), 3)
    head = tree.bring_forward()
    assert tree.bring_forward() == head
    assert Head.objects.count() == 1


@pytest.mark.django_db
def test_the_job_gives_places_and_keeps_the_root_on_this_machine(write: Write) -> None:
    kept = environment.data_dir / "trust" / f"node-{environment.node_code}.pem"
    kept.unlink(missing_ok=True)
    write(citizen(), 2)
    try:
        grow_job()
        assert Leaf.objects.count() == 2
        assert kept.read_bytes() == anchor()
    finally:
        kept.unlink(missing_ok=True)


@pytest.mark.django_db
def test_an_older_id_that_commits_later_is_not_skipped() -> None:
    actor = citizen()
    early, late = note(actor, "early"), note(actor, "late")
    Waiting.objects.filter(entry=early).delete()  # as if its transaction were still open
    tree.bring_forward()
    assert list(Leaf.objects.values_list("index", "entry_id")) == [(0, late.id)]
    Waiting.objects.create(entry=early)  # now it commits
    tree.bring_forward()
    assert list(Leaf.objects.order_by("index").values_list("entry_id", flat=True)) == [late.id, early.id]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_slow_transaction_gets_its_place_when_it_commits() -> None:
    actor = citizen()
    written, placed = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            note(actor, "slow")
            written.set()
            placed.wait(20)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    written.wait(20)
    quick = note(actor, "quick")
    tree.bring_forward()
    assert list(Leaf.objects.values_list("entry_id", flat=True)) == [quick.id]
    placed.set()
    thread.join()
    tree.bring_forward()
    assert [leaf.entry.subject for leaf in Leaf.objects.order_by("index").select_related("entry")] == ["quick", "slow"]
    assert Leaf.objects.get(index=1).entry_id < quick.id


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_many_processes_at_once_make_one_tree(write: Write) -> None:
    actor = citizen()
    write(actor, 40)
    failures: list[Exception] = []

    def forward() -> None:
        try:
            tree.bring_forward()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=forward) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert list(Leaf.objects.order_by("index").values_list("index", flat=True)) == list(range(40))
    assert Head.objects.latest("id").root == merkle.root_of(leaves()).hex()


@pytest.mark.django_db
def test_batches_of_every_size_give_the_tree_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "BATCH", 300)
    for count in (1, 254, 1, 1, 511, 700, 1):
        grow(count)
        head = tree.bring_forward()
        assert head is not None
        assert head.root == merkle.root_of(leaves()).hex()
    assert Leaf.objects.count() == 1469
    assert Node.objects.filter(level=1).count() == 5


@pytest.mark.django_db
def test_proofs_read_from_the_store_hold() -> None:
    grow(1300)
    head = tree.bring_forward()
    assert head is not None
    everything = leaves()
    roots = {size: merkle.root_of(everything[:size]) for size in (1, 2, 255, 256, 257, 512, 1000, 1024, 1299, 1300)}
    reader = tree.Reader()
    for size, root in roots.items():
        assert reader.root(size) == root
        for index in {0, size // 2, size - 1, min(255, size - 1), min(256, size - 1)}:
            path = reader.inclusion(index, size)
            assert merkle.root_from_inclusion(index, size, everything[index], path) == root
        for second, second_root in roots.items():
            if size <= second:
                proof = reader.consistency(size, second)
                assert merkle.consistent(size, second, root, second_root, proof)


@pytest.mark.django_db
def test_a_proof_reads_a_bounded_number_of_blocks(django_assert_max_num_queries: Callable[..., object]) -> None:
    grow(1300)
    tree.bring_forward()
    with django_assert_max_num_queries(4):  # type: ignore[attr-defined]
        tree.Reader().inclusion(600, 1300)


@pytest.mark.django_db
def test_a_new_signing_key_signs_a_new_head(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(citizen(), 2)
    first = tree.bring_forward()
    assert first is not None
    from dataclasses import replace

    by = signing()
    newer = replace(by, key=replace(by.key, version=2))
    monkeypatch.setattr(tree, "signing", lambda: newer)
    monkeypatch.setattr("yiwang.foundation.ledger.heads.signing", lambda: newer)
    second = tree.bring_forward()
    assert second is not None
    assert (second.size, second.root, second.key) == (first.size, first.root, 2)


@pytest.mark.django_db
def test_the_store_itself_refuses_to_change_the_log(write: Write) -> None:
    write(citizen(), 1)
    tree.bring_forward()
    for change in (
        lambda: Entry.objects.update(act="other"),
        lambda: Leaf.objects.update(index=7),
        lambda: Head.objects.update(size=7),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


@pytest.mark.django_db
def test_a_hole_is_said_not_papered_over() -> None:
    actor: Actor = citizen()
    for number in range(3):
        note(actor, str(number))
    tree.bring_forward()
    with unlocked("ledger_leaf"):
        sql('DELETE FROM ledger_leaf WHERE "index" = 1')
    note(actor, "more")
    with pytest.raises(tree.Damaged):
        tree.bring_forward()
