"""PDF: a whole file, without a password and without anything that acts by itself.

Names in a PDF may be written with #xx escapes and may hide in compressed object streams, so every piece of the file is
searched with its escapes undone, and object streams are unpacked against a budget and searched too. The search does not
trust the structure of the file: it looks everywhere, so that a broken structure hides nothing. Its work grows with the size of the
file and no faster, whatever the file holds.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Invalid

from .kinds import no

_PIECE = 1024 * 1024
_LONGEST_NAME = 256  # bytes; a name that is split between two pieces is seen in the second
_LONGEST_DICTIONARY = 64 * 1024
_LARGEST_STREAM = 32 * 1024 * 1024  # bytes of one object stream, unpacked
_LARGEST_UNPACKED = 128 * 1024 * 1024  # of all of them
_MOST_OBJECT_STREAMS = 4_000  # each holds a hundred objects or more
_MOST_STREAMS = 200_000
_MOST_ESCAPES = 10_000  # in one piece
_TAIL = 64 * 1024

_ACTIVE = tuple(
    f"/{name}".encode()
    for name in (
        "JavaScript", "Launch", "EmbeddedFile", "EmbeddedFiles", "RichMedia", "ImportData", "SubmitForm", "Rendition", "XFA",
        "GoToE",
    )
)  # fmt: skip
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_ENDS_NAME = re.compile(rb"[^A-Za-z0-9_.#-]")
_LOCKED = re.compile(rb"\s*(?:\d+\s+\d+\s+R|<<)")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")


def _active() -> Invalid:
    return no(
        "active-content",
        _("这个 PDF 里有脚本、附件或会自动运行的内容，不能上传。请用“打印”另存为一份新的 PDF 后再上传。"),
    )


def _damaged() -> Invalid:
    return no("damaged", _("这个 PDF 不完整或已经损坏，无法打开。请重新导出或重新扫描后再上传。"))


def check(content: BinaryIO, size: int) -> None:
    """Refuse a PDF that is cut off, locked or active."""
    content.seek(max(0, size - _TAIL))
    if b"%%EOF" not in content.read():
        raise _damaged()
    streams: list[int] = []
    for place in _search(content):
        streams.append(place)
        if len(streams) > _MOST_OBJECT_STREAMS:
            raise _active()
    budget = _LARGEST_UNPACKED
    for place in streams:
        budget -= _search_stream(content, place, min(budget, _LARGEST_STREAM))


def _search(content: BinaryIO) -> Iterator[int]:
    """Search the raw bytes of the whole file; yields where the data of each packed object stream begins."""
    content.seek(0)
    before = b""  # the end of the piece before, for names
    described = b""  # what has come since the last stream keyword, for dictionaries
    described_at = 0
    streams = 0
    while piece := content.read(_PIECE):
        _search_names(before + piece)
        before = piece[-_LONGEST_NAME:]
        text, done = described + piece, 0
        for match in _STREAM.finditer(text):
            streams += 1
            if streams > _MOST_STREAMS:
                raise _active()
            if _packs_objects(text[done : match.start()]):
                yield described_at + match.end()
            done = match.end()
        done = max(done, len(text) - _LONGEST_DICTIONARY)
        described, described_at = text[done:], described_at + done


def _plain(data: bytes) -> bytes:
    """``data`` with #xx escapes undone."""
    if b"#" not in data:
        return data
    plain, count = _ESCAPE.subn(lambda match: bytes((int(match[1], 16),)), data)
    if count > _MOST_ESCAPES:
        raise _active()
    return plain


def _search_names(data: bytes) -> None:
    data = _plain(data)
    for name in _ACTIVE:
        place = data.find(name)
        while place >= 0:
            place += len(name)
            if _ENDS_NAME.match(data, place):
                raise _active()
            place = data.find(name, place)
    place = data.find(b"/Encrypt")
    while place >= 0:
        place += len(b"/Encrypt")
        if _LOCKED.match(data, place):
            raise no(
                "encrypted", _("这个 PDF 设了密码或权限保护，无法检查和归档。请用“打印”另存为一份新的 PDF 后再上传。")
            )
        place = data.find(b"/Encrypt", place)


def _packs_objects(before: bytes) -> bool:
    """Whether ``before``, what stands between two stream keywords, ends with the dictionary of a packed object stream.

    Some readers unpack objects from any stream with /First, whatever its /Type. Refuses packing that cannot be undone here.
    """
    begins = before.rfind(b"obj")
    dictionary = _plain(before[max(begins, 0) :][-_LONGEST_DICTIONARY:])
    if b"/ObjStm" not in dictionary and b"/First" not in dictionary and begins >= 0:
        return False
    if b"/Filter" not in dictionary and b"/F " not in dictionary:
        return begins < 0  # not packed: the search of the raw bytes has seen it
    if b"/FlateDecode" not in dictionary or b"/DecodeParms" in dictionary or dictionary.count(b"Decode") > 1:
        raise _active()
    return True


def _search_stream(content: BinaryIO, place: int, budget: int) -> int:
    """Unpack the stream at ``place`` and search it; returns how many bytes it unpacked to."""
    content.seek(place)
    inflater = zlib.decompressobj()
    plain = bytearray()
    try:
        while not inflater.eof and (piece := content.read(_PIECE // 16)):
            plain += inflater.decompress(piece, budget - len(plain) + 1)
            if len(plain) > budget or inflater.unconsumed_tail:
                raise _active()
    except zlib.error:
        pass  # what was unpacked so far is what a reader would see
    plain += b" "  # a name at the very end ends, too
    for start in range(0, len(plain), _PIECE):
        _search_names(bytes(plain[max(0, start - _LONGEST_NAME) : start + _PIECE]))
    return len(plain)
