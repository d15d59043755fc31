"""Where the bytes lie: a directory of encrypted files (or a bucket, :mod:`.bucket`), each named by the SHA-256 of its plain content.

A file is self-contained::

    "YWF1" ‖ its own AES-256 key, wrapped by the node's "file" key and bound to the content's hash ‖ chunks

Each chunk is 64 KiB of content under AES-256-GCM. The nonce is the chunk's number and whether it is the last (the STREAM
construction), so that chunks cannot be swapped, dropped or cut off unseen; the bound key means that one file cannot stand in for
another. Writing and reading hold one chunk in memory, whatever the size of the file.

Nothing in the directory is ever changed: a file is written beside, made durable, and moved into place.
"""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yiwang.config.environment import environment
from yiwang.foundation.crypto.queries import Unreadable, decrypt, encrypt
from yiwang.kernel.ids import uuid7

from . import bucket

MAGIC = b"YWF1"
CHUNK = 64 * 1024
_TAG = 16
_WRAPPED = 2 + 12 + 32 + 16  # key version, nonce, key, tag: what crypto.encrypt makes of 32 bytes
_HEADER = len(MAGIC) + _WRAPPED
_PURPOSE = "file"


def root() -> Path:
    """The directory of the store."""
    return environment.data_dir / "files"


def incoming() -> Path:
    """Where files are written before they have a name; on the same file system as :func:`root`."""
    return root() / "incoming"


def path_of(sha256: str) -> Path:
    """Where the content with this hash lies, or would lie."""
    return root() / sha256[:2] / sha256


def _bound_to(sha256: str) -> str:
    return f"file:{sha256}"


def _nonce(index: int, last: bool) -> bytes:
    return index.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def make_directory(path: Path) -> None:
    """Make ``path`` and what is above it inside the store, so that it survives a power cut."""
    if path.is_dir():
        return
    if not path.parent.is_dir():
        make_directory(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class PastLimit(Exception):
    """More bytes came than the draft may hold."""


class Draft:
    """Content on its way in: encrypted as it comes, nameless until :meth:`adopt`. Use it as a context manager.

    ``limit`` is in bytes; :meth:`write` raises :class:`PastLimit` at the first byte beyond it.
    """

    def __init__(self, limit: int | None = None) -> None:
        make_directory(incoming())
        self.limit = limit
        self.size = 0
        self.sha256 = ""
        self._path = incoming() / uuid7().hex
        self._file: BinaryIO | None = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")
        self._file.write(bytes(_HEADER))  # the place of the header, written when the hash is known
        self._secret = AESGCM.generate_key(256)
        self._cipher = AESGCM(self._secret)
        self._hash = hashlib.sha256()
        self._waiting = bytearray()
        self._chunks = 0
        self._adopted = False

    def __enter__(self) -> Draft:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()

    def write(self, data: bytes) -> None:
        """Take more content."""
        assert not self.sha256, "the draft is sealed"
        if self.limit is not None and self.size + len(data) > self.limit:
            raise PastLimit
        self.size += len(data)
        self._hash.update(data)
        self._waiting += data
        while len(self._waiting) > CHUNK:  # the last chunk stays here: only seal() knows that it is the last
            self._put(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]

    def _put(self, plain: bytes, *, last: bool) -> None:
        assert self._file is not None
        self._file.write(self._cipher.encrypt(_nonce(self._chunks, last), plain, None))
        self._chunks += 1

    def seal(self) -> str:
        """End the content and make it durable. Returns its SHA-256 in hex."""
        if self.sha256:
            return self.sha256
        assert self._file is not None
        self._put(bytes(self._waiting), last=True)
        self._waiting.clear()
        self.sha256 = self._hash.hexdigest()
        self._file.seek(0)
        self._file.write(MAGIC + encrypt(_PURPOSE, self._secret, _bound_to(self.sha256)))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._file = None
        return self.sha256

    def open(self) -> Content:
        """Read the sealed draft."""
        assert self.sha256, "seal the draft first"
        return open_content(self.sha256) if self._adopted else Content(partial(Local, self._path), self.sha256)

    def adopt(self) -> str:
        """Move the sealed content to its name, durably. May be called again (an act that is run once more).

        The same content that is there already is replaced by this fresh file: its new time keeps the sweep away while
        no committed row names it.
        """
        if not self._adopted:
            sha256 = self.seal()
            if bucket.used():
                bucket.put(sha256, self._path)
                self._path.unlink()
                self._adopted = True
                return self.sha256
            target = path_of(sha256)
            make_directory(target.parent)
            os.utime(self._path)
            os.replace(self._path, target)
            sync_directory(target.parent)
            self._adopted = True
        return self.sha256

    def discard(self) -> None:
        """Forget the draft, unless it has been adopted."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if not self._adopted:
            self._path.unlink(missing_ok=True)


class Blob(Protocol):
    """Stored bytes, as they lie: readable at any place."""

    size: int

    def read(self, length: int, offset: int) -> bytes: ...

    def close(self) -> None: ...


class Local:
    """A file on the disk as a :class:`Blob`. Raises FileNotFoundError."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY)
        self.size = os.fstat(self._descriptor).st_size

    def read(self, length: int, offset: int) -> bytes:
        return os.pread(self._descriptor, length, offset)

    def close(self) -> None:
        os.close(self._descriptor)


class Content(io.RawIOBase):
    """The plain content of one stored file, readable at any place. Holds one chunk in memory.

    Raises :class:`Unreadable` when the file is gone, was changed or was cut off.
    """

    def __init__(self, find: Callable[[], Blob], sha256: str) -> None:
        super().__init__()
        self._blob: Blob | None = None
        try:
            self._blob = find()
        except FileNotFoundError:
            raise Unreadable(f"the content {sha256} is not in the store") from None
        header = self._blob.read(_HEADER, 0)
        body = self._blob.size - _HEADER
        self._chunks = -(-body // (CHUNK + _TAG))
        if header[: len(MAGIC)] != MAGIC or len(header) != _HEADER or self._chunks < 1:
            raise Unreadable(f"the content {sha256} is not a file of this store")
        self.sha256 = sha256
        self.size = body - self._chunks * _TAG
        self._cipher = AESGCM(decrypt(_PURPOSE, header[len(MAGIC) :], _bound_to(sha256)))
        self._held = -1
        self._chunk = b""
        self._position = 0
        self._load(self._chunks - 1)  # the last chunk proves the length

    def _load(self, index: int) -> bytes:
        if index != self._held:
            assert self._blob is not None, "the content is closed"
            try:
                sealed = self._blob.read(CHUNK + _TAG, _HEADER + index * (CHUNK + _TAG))
                self._chunk = self._cipher.decrypt(_nonce(index, index == self._chunks - 1), sealed, None)
            except (InvalidTag, FileNotFoundError):
                raise Unreadable(f"the content {self.sha256} was changed or cut off") from None
            self._held = index
        return self._chunk

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("a place before the beginning")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed's buffer is private
        if self._position >= self.size:
            return 0
        index, start = divmod(self._position, CHUNK)
        part = self._load(index)[start : start + len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def chunks(self) -> Iterator[bytes]:
        """The whole content from the beginning, and close. The first chunk is opened before this returns."""
        first = self._load(0)

        def run() -> Iterator[bytes]:
            with self:
                yield first
                for index in range(1, self._chunks):
                    yield self._load(index)

        return run()

    def close(self) -> None:
        if self._blob is not None:
            self._blob.close()
            self._blob = None
        super().close()


def open_content(sha256: str) -> Content:
    """The content with this hash. Raises :class:`Unreadable`."""
    find: Callable[[], Blob] = partial(bucket.Blob, sha256) if bucket.used() else partial(Local, path_of(sha256))
    return Content(find, sha256)


def old_names(shard: str, age: float) -> Iterator[str]:
    """The hashes in one of the 256 directories ("00" … "ff") whose files are older than ``age`` seconds."""
    directory = root() / shard
    if directory.is_dir():
        before = time.time() - age
        for entry in os.scandir(directory):
            if entry.stat().st_mtime < before:
                yield entry.name


def set_aside(sha256: str) -> Path:
    """Take a file out of its place, to look once more whether it may be removed."""
    make_directory(incoming())
    aside = incoming() / f"{sha256}.aside"
    os.replace(path_of(sha256), aside)
    return aside


def put_back(aside: Path) -> None:
    """Undo :func:`set_aside`; a file that came into the place meanwhile stays."""
    target = path_of(aside.name.removesuffix(".aside"))
    try:
        os.link(aside, target)
    except FileExistsError:
        pass
    sync_directory(target.parent)
    aside.unlink()
