"""The audit finds what somebody with the keys of the store did, and names it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.db import connection

from tests.factories import citizen
from yiwang.foundation.crypto.keys import forget_keys
from yiwang.foundation.crypto.queries import anchor, forget_identities, read_anchors
from yiwang.foundation.ledger import merkle, tree
from yiwang.foundation.ledger.audit import Report, audit
from yiwang.foundation.ledger.heads import head_document, sign_head
from yiwang.foundation.ledger.models import Entry, Head, Leaf
from yiwang.foundation.ledger.queries import signed_head
from yiwang.kernel.canonical import canonical_bytes
from yiwang.kernel.ids import uuid7

from .conftest import note
from .tampering import sql, unlocked
from .test_tree import grow

pytestmark = pytest.mark.django_db
Write = Callable[..., list[Entry]]
EVERYTHING = ("ledger_entry", "ledger_leaf", "ledger_node", "ledger_head")


def run(witnesses: list[dict[str, object]] | None = None) -> Report:
    return audit(read_anchors(anchor()), witnesses)


@pytest.fixture
def log(write: Write) -> list[Entry]:
    """Three heads over twelve entries, in the order of the tree."""
    actor = citizen()
    for count in (5, 4, 3):
        write(actor, count)
        tree.bring_forward()
    return [leaf.entry for leaf in Leaf.objects.order_by("index").select_related("entry")]


def forge(entry: Entry, text: str) -> tuple[str, str]:
    """Another content for an entry, with its hash."""
    content = json.loads(entry.content)
    content["data"]["text"] = text
    written = canonical_bytes(content)
    return written.decode(), merkle.leaf_hash(written).hex()


def rebuild() -> None:
    """Make every kept hash fit the entries again, as a careful forger would."""
    with unlocked("ledger_node"):
        sql("DELETE FROM ledger_node")
    leaves = [bytes.fromhex(value) for value in Leaf.objects.order_by("index").values_list("hash", flat=True)]
    tree._keep_subtrees(0, leaves)


def test_a_sound_log(log: list[Entry], write: Write) -> None:
    write(citizen(), 2)
    report = run()
    assert report.sound
    assert (report.entries, report.heads, report.waiting) == (12, 3, 2)


def test_an_empty_log() -> None:
    assert run().sound


def test_a_sound_log_of_several_subtrees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "BATCH", 400)
    grow(1100)
    tree.bring_forward()
    report = run()
    assert report.sound
    assert (report.entries, report.heads) == (1100, 3)


def test_a_changed_content(log: list[Entry]) -> None:
    content, _leaf = forge(log[6], "never happened")
    with unlocked("ledger_entry"):
        sql("UPDATE ledger_entry SET content = %s WHERE id = %s", content, log[6].id)
    findings = run().findings
    assert any(f"the content of entry {log[6].id}" in finding for finding in findings)
    assert all(str(log[6].id) in finding for finding in findings)


def test_a_changed_content_with_its_own_hash(log: list[Entry]) -> None:
    content, leaf = forge(log[6], "never happened")
    with unlocked("ledger_entry"):
        sql("UPDATE ledger_entry SET content = %s, leaf = %s WHERE id = %s", content, leaf, log[6].id)
    assert run().findings == [f"changed: entry {log[6].id} at place 6 is not the one that was hashed there"]


def test_a_changed_content_with_every_hash_meets_the_signed_heads(log: list[Entry]) -> None:
    content, leaf = forge(log[6], "never happened")
    with unlocked("ledger_entry", "ledger_leaf"):
        sql("UPDATE ledger_entry SET content = %s, leaf = %s WHERE id = %s", content, leaf, log[6].id)
        sql('UPDATE ledger_leaf SET hash = %s WHERE "index" = 6', leaf)
    findings = run().findings
    assert len(findings) == 1
    assert "the head of size 9" in findings[0]
    assert "places 5 to 8 were rewritten" in findings[0]


@pytest.mark.parametrize(
    ("column", "value"), [("act", "other"), ("actor", "account:999"), ("subject", "x"), ("kind", "x")]
)
def test_a_changed_column(log: list[Entry], column: str, value: str) -> None:
    with unlocked("ledger_entry"):
        sql(f"UPDATE ledger_entry SET {column} = %s WHERE id = %s", value, log[2].id)
    [finding] = run().findings
    assert f"column {column} of entry {log[2].id} at place 2" in finding


def test_a_dropped_entry(log: list[Entry]) -> None:
    with unlocked("ledger_entry"):
        sql("DELETE FROM ledger_entry WHERE id = %s", log[3].id)
    assert run().findings == [f"dropped: entry {log[3].id} at place 3 is gone"]


def test_a_dropped_entry_with_its_place(log: list[Entry]) -> None:
    with unlocked("ledger_entry", "ledger_leaf"):
        sql("DELETE FROM ledger_entry WHERE id = %s", log[3].id)
        sql("DELETE FROM ledger_leaf WHERE entry_id = %s", log[3].id)
    assert "dropped: places 3 to 3 are empty" in run().findings


def test_a_dropped_entry_with_the_rest_moved_up(log: list[Entry]) -> None:
    with unlocked("ledger_entry", "ledger_leaf"):
        sql("DELETE FROM ledger_entry WHERE id = %s", log[10].id)
        sql("DELETE FROM ledger_leaf WHERE entry_id = %s", log[10].id)
        sql('UPDATE ledger_leaf SET "index" = 10 WHERE "index" = 11')
    assert "dropped: places 11 to 11 are empty" in run().findings


def test_two_entries_that_changed_places(log: list[Entry]) -> None:
    with unlocked("ledger_leaf"):
        for index, other in ((-1, 1), (1, 2), (2, -1)):
            sql('UPDATE ledger_leaf SET "index" = %s WHERE "index" = %s', index, other)
    findings = run().findings
    assert any(f"moved: entry {log[1].id} at place 2" in finding for finding in findings)
    assert any("places 0 to 4 were rewritten" in finding for finding in findings)


def test_two_places_whose_entries_were_swapped(log: list[Entry]) -> None:
    spare = uuid7()
    with unlocked("ledger_leaf"):
        for entry, other in ((spare, log[7].id), (log[7].id, log[8].id), (log[8].id, spare)):
            sql("UPDATE ledger_leaf SET entry_id = %s WHERE entry_id = %s", entry, other)
    findings = run().findings
    assert any(f"changed: entry {log[7].id} at place 8" in finding for finding in findings)
    assert any(f"changed: entry {log[8].id} at place 7" in finding for finding in findings)


def test_an_entry_slipped_in_beside_the_tree(log: list[Entry]) -> None:
    late = note(citizen(), "slipped in")
    sql("DELETE FROM ledger_waiting")
    assert run().findings == [f"slipped in: entry {late.id} has no place in the tree and does not wait for one"]


def test_an_entry_slipped_in_with_a_place(log: list[Entry]) -> None:
    late = note(citizen(), "slipped in")
    sql("DELETE FROM ledger_waiting")
    Leaf.objects.create(index=12, entry=late, hash=late.leaf)
    assert run().findings == ["slipped in: places 12 to 12 are under no signed head"]


def test_a_back_dated_entry(log: list[Entry]) -> None:
    late = note(citizen(), "back-dated")
    content = json.loads(late.content) | {"at": "2020-01-01T00:00:00.000000Z"}
    written = canonical_bytes(content)
    with unlocked("ledger_entry"):
        sql(
            "UPDATE ledger_entry SET at = %s, content = %s, leaf = %s WHERE id = %s",
            "2020-01-01 00:00:00+00:00" if connection.vendor == "postgresql" else "2020-01-01 00:00:00",
            written.decode(), merkle.leaf_hash(written).hex(), late.id,
        )  # fmt: skip
    tree.bring_forward()
    assert run().findings == [f"back-dated: entry {late.id} at place 12 is older than the head signed before it"]


def test_an_entry_dropped_while_it_waited(log: list[Entry]) -> None:
    late = note(citizen(), "dropped")
    with unlocked("ledger_entry"):
        sql("DELETE FROM ledger_entry WHERE id = %s", late.id)
    assert run().findings == [f"dropped: entry {late.id} waited for its place and is gone"]


def test_a_kept_root_that_was_changed_or_dropped() -> None:
    grow(600)
    tree.bring_forward()
    with unlocked("ledger_node"):
        sql('UPDATE ledger_node SET hash = %s WHERE "index" = 1', merkle.EMPTY.hex())
        sql('DELETE FROM ledger_node WHERE "index" = 0')
    findings = run().findings
    assert "the kept root over places 0 to 255 is missing" in findings
    assert "the kept root over places 256 to 511 is another than its leaves give" in findings


def test_a_head_that_was_changed(log: list[Entry]) -> None:
    with unlocked("ledger_head"):
        sql("UPDATE ledger_head SET root = %s WHERE size = 9", merkle.EMPTY.hex())
    findings = run().findings
    assert any("head of size 9" in finding and "another root" in finding for finding in findings)
    assert any("the signature of the head of size 9" in finding for finding in findings)


def test_the_newest_heads_dropped(log: list[Entry]) -> None:
    with unlocked("ledger_head"):
        sql("DELETE FROM ledger_head WHERE size = 12")
    assert run().findings == ["slipped in: places 9 to 11 are under no signed head"]


def test_a_log_cut_short_is_found_by_a_witness(log: list[Entry]) -> None:
    witness = signed_head(Head.objects.get(size=12))
    with unlocked(*EVERYTHING):
        for entry in log[9:]:
            sql("DELETE FROM ledger_entry WHERE id = %s", entry.id)
        sql('DELETE FROM ledger_leaf WHERE "index" >= 9')
        sql("DELETE FROM ledger_head WHERE size = 12")
    assert run().sound  # nothing inside the store tells
    assert run([witness]).findings == ["dropped: a witness kept a head of size 12, the log has 9 places only"]


def test_a_log_rewritten_and_signed_again_is_found_by_a_witness(log: list[Entry]) -> None:
    witness = signed_head(Head.objects.get(size=12))
    content, leaf = forge(log[4], "never happened")
    with unlocked(*EVERYTHING):
        sql("UPDATE ledger_entry SET content = %s, leaf = %s WHERE id = %s", content, leaf, log[4].id)
        sql('UPDATE ledger_leaf SET hash = %s WHERE "index" = 4', leaf)
        sql("DELETE FROM ledger_head")
    rebuild()
    sign_head(12, tree.Reader().root(12))  # even with the node's own key
    assert run().sound
    [finding] = run([witness]).findings
    assert "that a witness kept has another root" in finding
    assert run([{**witness, "root": merkle.EMPTY.hex()}]).findings == [
        "the head of size 12 that a witness kept was not signed by this node"
    ]


def test_heads_signed_with_a_key_slipped_into_the_store(log: list[Entry]) -> None:
    """Whoever replaces the node's whole authority in the store still meets the root in the trust folder."""
    outside = read_anchors(anchor())
    with unlocked("ledger_head"):
        sql("DELETE FROM ledger_head")
    sql("DELETE FROM crypto_certificate")
    sql("DELETE FROM crypto_key")
    forget_keys()
    forget_identities()
    head = sign_head(12, tree.Reader().root(12))
    assert head_document(head)["key"] == 1
    assert any("certified by another root" in finding for finding in audit(outside).findings)


def test_many_findings_are_counted(log: list[Entry], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yiwang.foundation.ledger.audit.MOST", 3)
    with unlocked("ledger_entry"):
        sql("UPDATE ledger_entry SET act = 'other'")
    report = run()
    assert (len(report.findings), report.unnamed) == (3, 9)
