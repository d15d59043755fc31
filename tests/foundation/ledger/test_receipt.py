"""A receipt is for the one concerned, complete at once, and any other byte in it is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from tests.factories import citizen, official
from yiwang.foundation.access.models import Denial
from yiwang.foundation.access.queries import ANONYMOUS
from yiwang.foundation.crypto.queries import Broken, anchor, read_anchors
from yiwang.foundation.ledger import queries, receipts
from yiwang.foundation.ledger.models import Entry, Waiting
from yiwang.foundation.ledger.tree import bring_forward
from yiwang.foundation.ledger.verification import examine
from yiwang.kernel.canonical import canonical_bytes, readable_bytes
from yiwang.kernel.ids import uuid7
from yiwang.kernel.refusals import Denied, Missing, SignInNeeded

pytestmark = pytest.mark.django_db
Write = Callable[..., list[Entry]]


def anchors() -> list[bytes]:
    return read_anchors(anchor())


def test_the_receipt_is_complete_at_once_and_holds_offline(write: Write) -> None:
    actor = citizen()
    entry = write(actor, 3)[1]
    assert Waiting.objects.count() == 3
    document = queries.receipt(actor, entry.id)
    assert not Waiting.objects.exists()
    assert document["entry"] == json.loads(entry.content)
    verdict = examine(readable_bytes(document), anchors())
    assert (verdict.kind, verdict.trusted) == ("receipt", True)
    assert dict(verdict.summary)["事项"] == "记一笔"


def test_a_neighbour_and_a_passer_by_are_refused_and_it_is_kept(write: Write) -> None:
    entry = write(citizen())[0]
    with pytest.raises(Denied):
        queries.receipt(citizen("邻居"), entry.id)
    with pytest.raises(SignInNeeded):
        queries.receipt(ANONYMOUS, entry.id)
    assert [denial.permission for denial in Denial.objects.order_by("id")] == ["ledger.receipt"] * 2


def test_staff_of_the_whole_node_may_and_of_one_agency_may_not(write: Write) -> None:
    from dataclasses import replace

    entry = write(citizen())[0]
    clerk = official("archivist", ["ledger.receipt"])
    with pytest.raises(Denied):
        queries.receipt(clerk, entry.id)
    everywhere = replace(clerk, held=tuple(replace(held, agency="") for held in clerk.held))
    assert queries.receipt(everywhere, entry.id)["proof"]["index"] == 0


def test_an_entry_that_is_not_there() -> None:
    from dataclasses import replace

    archivist = official("archivist", ["ledger.receipt"])
    with pytest.raises(Missing):
        queries.receipt(replace(archivist, held=tuple(replace(held, agency="") for held in archivist.held)), uuid7())
    with pytest.raises(Denied):
        queries.receipt(citizen(), uuid7())


def test_every_single_byte_counts(write: Write) -> None:
    actor = citizen()
    content = readable_bytes(queries.receipt(actor, write(actor, 4)[2].id))
    known = anchors()
    for position in range(len(content)):
        for flip in (0x01, 0x20) if position % 3 else (0x01, 0x20, 0x80, 0xFF):
            spoilt = bytearray(content)
            spoilt[position] ^= flip
            with pytest.raises(Broken):
                examine(bytes(spoilt), known)
    for position in range(0, len(content), 3):  # an unknown signer is no excuse
        spoilt = bytearray(content)
        spoilt[position] ^= 0x01
        with pytest.raises(Broken):
            examine(bytes(spoilt), [])
    for spoilt_end in (content + b"\n", content + b" ", content[:-1], b" " + content, content * 2, b"{" * 5000, b"{}"):
        with pytest.raises(Broken):
            examine(spoilt_end, known)


def test_what_json_tolerates_is_refused(write: Write) -> None:
    actor = citizen()
    document = queries.receipt(actor, write(actor)[0].id)
    content = readable_bytes(document)
    compact = canonical_bytes(document)
    escaped = json.dumps(document, indent=2, sort_keys=True).encode() + b"\n"
    doubled = content.replace(b'{\n  "certificates"', b'{\n  "check": "",\n  "certificates"', 1)
    surrogate = content.replace("云州市".encode(), b"\\ud800", 1)
    number = content.replace(b'"index": 0', b'"index": 0.0', 1)
    for other in (compact, escaped, doubled, surrogate, number):
        assert other != content
        with pytest.raises(Broken):
            examine(other, anchors())


def test_another_root_is_unknown_not_broken(write: Write) -> None:
    actor = citizen()
    content = readable_bytes(queries.receipt(actor, write(actor)[0].id))
    verdict = examine(content, [])
    assert not verdict.trusted
    assert verdict.fingerprint.replace(" ", "").isalnum()


def test_whoever_signs_with_another_role_is_refused(write: Write) -> None:
    from yiwang.foundation.crypto.queries import identity

    actor = citizen()
    document = queries.receipt(actor, write(actor)[0].id)
    seal = identity("agency:scjg", "seal-official", role="seal", name="云州市市场监督管理局")
    body = {key: value for key, value in document.items() if key != "signature"}
    body["certificates"] = [base64.b64encode(der).decode() for der in seal.chain]
    forged = {**body, "signature": seal.sign(canonical_bytes(body)).hex()}
    with pytest.raises(Broken, match="not one for receipts"):
        examine(readable_bytes(forged), anchors())


def test_a_forged_entry_fails_even_when_signed_again(write: Write) -> None:
    """The key alone does not help: the entry must lead to the signed head."""
    from yiwang.foundation.ledger.heads import signing

    actor = citizen()
    document = queries.receipt(actor, write(actor, 5)[0].id)
    document["entry"]["data"]["text"] = "something else"
    body = {key: value for key, value in document.items() if key != "signature"}
    with pytest.raises(Broken) as caught:
        examine(readable_bytes({**body, "signature": signing().sign(canonical_bytes(body)).hex()}), anchors())
    assert caught.value.part == "entry"


def test_codes_survive_the_way_people_type() -> None:
    entry = uuid7()
    code = receipts.entry_code(entry)
    assert len(code) == 26
    typed = "-".join(code[i : i + 5] for i in range(0, 26, 5)).lower().replace("0", "o").replace("1", "l")
    assert receipts.entry_id(f" {typed} ") == entry
    assert receipts.entry_id("Z" * 26) is None
    assert receipts.entry_id("7KQM") is None


def test_anybody_with_the_code_learns_that_it_is_in_the_log_and_no_more(write: Write) -> None:
    entry = write(citizen("林晓梅"))[0]
    assert queries.public_entry(ANONYMOUS, receipts.entry_code(entry.id)).index is None  # no place yet
    bring_forward()
    found = queries.public_entry(ANONYMOUS, receipts.entry_code(entry.id))
    assert (found.act, found.index, found.size) == ("记一笔", 0, 1)
    assert "林" not in repr(found)
    with pytest.raises(Missing):
        queries.public_entry(ANONYMOUS, receipts.entry_code(uuid7()))
