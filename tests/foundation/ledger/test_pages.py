"""The public check: by file and by code, for anybody, in plain words."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import citizen
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.ledger import queries, receipts
from yiwang.foundation.ledger.merkle import consistent
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
