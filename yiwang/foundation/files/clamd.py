"""The virus scanner ClamAV as a plug of ``scanners``, by the INSTREAM command of its daemon (man 8 clamd).

The daemon must accept streams as large as an upload may be (its StreamMaxLength). While it does not answer, files wait, and the
job is tried again.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Warning

from yiwang.config.environment import environment

CONNECT, ANSWER = 5.0, 120.0  # seconds: to be heard, and to look at a whole file
_LONGEST_ANSWER = 4096  # bytes


class ScannerFailed(RuntimeError):
    """The daemon did not answer, or not about the file."""


def _ask(command: bytes, content: Iterable[bytes] = ()) -> str:
    try:
        with _connected() as peer:
            peer.settimeout(ANSWER)
            peer.sendall(b"z" + command + b"\0")
            try:
                for piece in content:
                    if piece:
                        peer.sendall(struct.pack(">I", len(piece)) + piece)
                if command == b"INSTREAM":
                    peer.sendall(struct.pack(">I", 0))
            except (BrokenPipeError, ConnectionResetError):
                pass  # the daemon has enough of it and says why
            answer = b""
            while b"\0" not in answer and len(answer) < _LONGEST_ANSWER and (piece := peer.recv(_LONGEST_ANSWER)):
                answer += piece
    except OSError as error:
        raise ScannerFailed(f"clamd at {environment.clamd} does not answer: {error}") from error
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")


def _connected() -> socket.socket:
    place = urlsplit(environment.clamd)
    if place.scheme == "tcp":
        return socket.create_connection((place.hostname, place.port), CONNECT)
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(CONNECT)
    try:
        peer.connect(place.path)
    except OSError:
        peer.close()
        raise
    return peer


def scan(content: Iterator[bytes]) -> str:
    """ "" for clean, or the name of what was found. Raises :class:`ScannerFailed`; the file then goes on waiting."""
    answer = _ask(b"INSTREAM", content)
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return ""
    if said.endswith(" FOUND"):
        return said.removesuffix(" FOUND")
    raise ScannerFailed(f"clamd says {answer[:200] or 'nothing'!r}")


def check(**_given: object) -> list[CheckMessage]:
    """What `yiwang check` says of the daemon."""
    try:
        answer = _ask(b"PING")
    except ScannerFailed as error:
        return [
            Warning(str(error), hint="Start it, or correct YIWANG_CLAMD; until then uploads wait.", id="files.W001")
        ]
    if answer != "PONG":
        return [Warning(f"{environment.clamd} is no clamd: it says {answer[:60]!r}", id="files.W002")]
    return []
