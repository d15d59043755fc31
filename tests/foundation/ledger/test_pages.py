"""The public check: by file and by code, for anybody, in plain words."""

from __future__ import annotations

import tracemalloc
import zlib
from collections.abc import Callable
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import citizen
from yiwang.foundation.access.queries import ANONYMOUS
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.crypto.queries import Broken
from yiwang.foundation.ledger import limits, queries, receipts
from yiwang.foundation.ledger.merkle import consistent, root_from_inclusion
from yiwang.foundation.ledger.models import Entry
from yiwang.foundation.ledger.tree import bring_forward
from yiwang.kernel.canonical import readable_bytes

pytestmark = pytest.mark.django_db
Write = Callable[..., list[Entry]]


@pytest.fixture
def content(write: Write) -> bytes:
    actor = citizen()
    return readable_bytes(queries.receipt(actor, write(actor)[0].id))


def upload(client: Client, content: bytes, name: str = "receipt.json") -> str:
    response = client.post("/verify", {"file": SimpleUploadedFile(name, content)})
    assert response.status_code == 200
    return response.content.decode()


def test_the_form_is_open_to_everybody(client: Client) -> None:
    assert "查验文书是真是假" in client.get("/verify").content.decode()


def test_a_sound_file(client: Client, content: bytes) -> None:
    page = upload(client, content)
    assert "是真的，没有被改动" in page
    assert "记一笔" in page


def test_a_changed_file(client: Client, content: bytes) -> None:
    assert "不能采信" in upload(client, content.replace(b'"index": 0', b'"index": 1'))
    assert "不能采信" in upload(client, b"%PDF-1.7 nothing", "x.pdf")
    assert "不能采信" in upload(client, b"<html>", "x.html")


def test_no_file_and_too_large_a_file(client: Client, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    response = client.post("/verify")
    assert response.status_code == 422
    assert "请选择要查验的文件" in response.content.decode()
    monkeypatch.setattr(queries, "LARGEST_UPLOAD", 100)
    assert client.post("/verify", {"file": SimpleUploadedFile("r.json", content)}).status_code == 422


def test_a_code_leads_to_its_page(client: Client, write: Write) -> None:
    entry = write(citizen())[0]
    code = receipts.entry_code(entry.id)
    response = client.get("/verify", {"code": f" {code.lower()} "})
    assert response.headers["Location"] == f"/verify/{code}"
    assert "有这条记录" in client.get(response.headers["Location"]).content.decode()


def test_a_code_that_nobody_knows(client: Client) -> None:
    response = client.get("/verify", {"code": "ABC"})
    assert response.status_code == 422
    assert "没有查到这个码" in response.content.decode()
    assert client.get(f"/verify/{receipts.entry_code(uuid4())}").status_code == 404
    assert client.get("/verify/nonsense").status_code == 404


def test_programs_check_files_too(client: Client, content: bytes) -> None:
    sound = client.post("/api/v1/verify", {"file": SimpleUploadedFile("r.json", content)}).json()
    assert (sound["state"], sound["kind"]) == ("trusted", "receipt")
    broken = client.post("/api/v1/verify", {"file": SimpleUploadedFile("r.json", content[:-1])}).json()
    assert (broken["state"], broken["part"]) == ("broken", "form")


def test_heads_and_consistency_are_public(client: Client, write: Write) -> None:
    assert client.get("/api/v1/ledger/head").status_code == 404
    actor = citizen()
    for count in (3, 4):
        write(actor, count)
        bring_forward()
    newest, oldest = client.get("/api/v1/ledger/heads").json()["items"]
    assert client.get("/api/v1/ledger/head").json() == newest
    proof = client.get("/api/v1/ledger/consistency?first=3&second=7").json()
    roots = bytes.fromhex(oldest["root"]), bytes.fromhex(newest["root"])
    assert consistent(3, 7, *roots, [bytes.fromhex(part) for part in proof["path"]])
    assert client.get("/api/v1/ledger/consistency?first=0&second=7").status_code == 422
    assert client.get("/api/v1/ledger/consistency?first=3&second=8").status_code == 422


def test_a_receipt_over_the_api_is_for_the_party(client: Client, write: Write) -> None:
    actor = citizen()
    entry = write(actor)[0]
    address = f"/api/v1/ledger/entries/{entry.id}/receipt"
    assert client.get(address).status_code == 401
    client.force_login(Account.objects.get(pk=citizen("邻居").account_id))
    assert client.get(address).status_code == 403
    client.force_login(Account.objects.get(pk=actor.account_id))
    response = client.get(address)
    assert response.status_code == 200
    assert "是真的" in upload(client, response.content)


def test_too_many_checks_from_one_address_are_asked_to_wait(
    client: Client, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(limits, "FILES", 2)
    monkeypatch.setattr(limits, "CODES", 2)
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        for _time in range(2):
            upload(client, content)
        full = client.post("/verify", {"file": SimpleUploadedFile("r.json", content)})
        assert (full.status_code, full.headers["Retry-After"]) == (429, "60")
        assert "查得太频繁" in full.content.decode()
        told = client.post("/api/v1/verify", {"file": SimpleUploadedFile("r.json", content)})
        assert (told.status_code, told.json()["code"]) == (429, "too-often")
        other = client.post("/api/v1/verify", {"file": SimpleUploadedFile("r.json", content)}, REMOTE_ADDR="10.0.0.9")
        assert other.json()["state"] == "trusted", "another address is not held back"
        for _time in range(2):
            client.get("/verify", {"code": "nothing"})
        assert client.get("/verify", {"code": "nothing"}).status_code == 429
        assert client.get("/api/v1/verify/nothing").status_code == 429
        clock.shift(60)
        upload(client, content)


def test_one_household_of_ipv6_counts_as_one() -> None:
    def told(address: str) -> str:
        return limits._network(address)

    assert told("2001:db8:1:2::1") == told("2001:db8:1:2:ffff::9") != told("2001:db8:1:3::1")
    assert told("10.0.0.1") != told("10.0.0.2")
    assert told("nonsense") == ""


def test_anybody_watches_the_log(client: Client, write: Write) -> None:
    write(citizen())
    bring_forward()
    first = queries.head(ANONYMOUS)["size"]
    write(citizen("另一人"))
    bring_forward()
    second = queries.head(ANONYMOUS)["size"]
    page = client.get("/verify/log").content.decode()
    assert queries.head(ANONYMOUS)["root"] in page
    grown = client.get("/verify/log", {"first": first, "second": second})
    assert "核对通过" in grown.content.decode()
    for wrong in ({"first": second, "second": first}, {"first": "x"}, {"first": "1", "second": "9" * 15}):
        assert client.get("/verify/log", wrong).status_code == 422


def test_a_place_in_the_log_is_proved_to_anybody(client: Client, write: Write) -> None:
    write(citizen())
    write(citizen("另一人"))
    bring_forward()
    size = queries.head(ANONYMOUS)["size"]
    for index in range(size):
        proof = client.get("/api/v1/ledger/inclusion", {"index": index}).json()
        path = [bytes.fromhex(part) for part in proof["path"]]
        root = root_from_inclusion(index, size, bytes.fromhex(proof["leaf"]), path)
        assert root is not None
        assert root.hex() == proof["root"] == queries.head(ANONYMOUS)["root"]
    assert client.get("/api/v1/ledger/inclusion", {"index": size}).status_code == 422
    assert client.get("/api/v1/ledger/inclusion", {"index": 0, "size": size + 1}).status_code == 422
    assert client.get("/api/v1/ledger/inclusion", {"index": -1}).status_code == 422


def _bomb(megabytes: int, levels: int) -> bytes:
    """A PDF whose table of objects unpacks to so many MB, packed once or more often."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _megabyte in range(megabytes)) + packer.flush()
    for _level in range(levels - 1):
        packed = zlib.compress(packed, 9)
    size, filters = (megabytes << 20) // 6, b"[" + b" /FlateDecode" * levels + b" ]"
    head = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
    table = b"2 0 obj\n<< /Type /XRef /Size %d /W [1 4 1] /Root 1 0 R /Filter %s /Length %d >>\nstream\n%s\nendstream\nendobj\n"
    return head + table % (size, filters, len(packed), packed) + b"startxref\n%d\n%%%%EOF\n" % len(head)


@pytest.mark.parametrize(("megabytes", "levels"), [(100, 1), (100, 2), (4, 1)])
def test_a_pdf_bomb_is_refused_and_takes_no_room(megabytes: int, levels: int) -> None:
    bomb = _bomb(megabytes, levels)
    tracemalloc.start()
    try:
        with pytest.raises(Broken, match="PdfDecodeLimitError"):
            queries.examine_upload(ANONYMOUS, bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60 << 20


def test_the_page_says_plainly_that_a_bomb_is_no_paper_of_ours(client: Client) -> None:
    assert "不能采信" in upload(client, _bomb(4, 1), "licence.pdf")
