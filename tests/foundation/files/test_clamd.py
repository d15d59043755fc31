"""The plug of ClamAV against a small daemon that speaks its protocol over TCP and over a Unix socket."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import citizen
from tests.factories.documents import pdf, uploaded
from yiwang.config.environment import Environment, environment
from yiwang.foundation.files import clamd, jobs
from yiwang.foundation.files.models import StoredFile
from yiwang.foundation.files.queries import read_bytes
from yiwang.foundation.files.slots import scanners

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
LARGEST = 1_000_000


class Daemon(socketserver.StreamRequestHandler):
    """INSTREAM and PING as clamd answers them."""

    def handle(self) -> None:
        command = b""
        while not command.endswith(b"\0"):
            command += self.rfile.read(1)
        if command == b"zPING\0":
            self.wfile.write(b"PONG\0")
            return
        assert command == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack(">I", self.rfile.read(4))[0]:
            content += self.rfile.read(length)
            if len(content) > LARGEST:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.wfile.write(b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0")


class Silent(socketserver.BaseRequestHandler):
    """Hangs up."""

    def handle(self) -> None:
        return


def _serve(server: socketserver.BaseServer) -> Iterator[socketserver.BaseServer]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Daemon)
    monkeypatch.setattr(environment, "clamd", f"tcp://127.0.0.1:{server.server_address[1]}")
    for _server in _serve(server):
        yield


@pytest.mark.usefixtures("daemon")
def test_clean_and_found() -> None:
    assert clamd.scan(iter([b"", b"harmless" * 10_000, b"end"])) == ""
    assert clamd.scan(iter([EICAR[:20], EICAR[20:]])) == "Eicar-Signature", "also when it lies across two pieces"
    assert clamd.check() == []


@pytest.mark.usefixtures("daemon")
def test_a_stream_that_is_too_long_for_the_daemon_is_no_verdict() -> None:
    with pytest.raises(clamd.ScannerFailed, match="size limit"):
        clamd.scan(iter([b"x" * 400_000] * 3))


def test_over_a_unix_socket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = tmp_path / "clamd.sock"
    monkeypatch.setattr(environment, "clamd", f"unix://{place}")
    for _server in _serve(socketserver.ThreadingUnixStreamServer(str(place), Daemon)):
        assert clamd.scan(iter([EICAR])) == "Eicar-Signature"


def test_nobody_there_and_somebody_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environment, "clamd", f"unix://{tmp_path}/none")
    with pytest.raises(clamd.ScannerFailed):
        clamd.scan(iter([b"x"]))
    assert [message.id for message in clamd.check()] == ["files.W001"]
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Silent)
    monkeypatch.setattr(environment, "clamd", f"tcp://127.0.0.1:{server.server_address[1]}")
    for _server in _serve(server):
        assert [message.id for message in clamd.check()] in (["files.W001"], ["files.W002"])


@pytest.mark.django_db
@pytest.mark.usefixtures("daemon")
def test_an_upload_waits_for_it() -> None:
    with scanners.plugged("clamd", clamd.scan):
        good, bad = uploaded(citizen(), pdf("fine")), uploaded(citizen(), EICAR, "test.txt")
        for file in (good, bad):
            jobs.scan.func(str(file.id))
    assert read_bytes(good.id) == pdf("fine")
    assert StoredFile.objects.get(id=bad.id).state == "refused"


@pytest.mark.parametrize("wrong", ["127.0.0.1:3310", "tcp://host", "http://x:1", "unix://relative"])
def test_addresses_that_cannot_be_meant(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIWANG_CLAMD", wrong)
    with pytest.raises(ValueError, match="clamd"):
        Environment()
