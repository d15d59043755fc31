"""Pictures: the structure is walked from the first to the last byte that matters; nothing is decoded."""

from __future__ import annotations

import struct
from typing import BinaryIO

from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Invalid

from .kinds import no

LARGEST_SIDE = 30_000  # pixels
LARGEST_AREA = 120_000_000  # pixels; what a reader would have to hold in memory, four bytes each
_MOST_PARTS = 20_000


def _damaged() -> Invalid:
    return no("damaged", _("这张图片不完整或已经损坏。请重新拍照、扫描或导出后再上传。"))


def _check_size(width: int, height: int) -> None:
    if not width or not height:
        raise _damaged()
    if max(width, height) > LARGEST_SIDE or width * height > LARGEST_AREA:
        raise no(
            "pixels",
            _("这张图片太大（%(width)d×%(height)d 像素），多数电脑打不开。请缩小到 1 亿像素以内再上传。")
            % {"width": width, "height": height},
        )


def _exactly(content: BinaryIO, count: int) -> bytes:
    data = content.read(count)
    if len(data) != count:
        raise _damaged()
    return data


def check_jpeg(content: BinaryIO, size: int) -> None:
    """Walk the segments to the frame header and the scan, and ask for the end mark."""
    content.seek(2)
    framed = False
    for _part in range(_MOST_PARTS):
        marker = _exactly(content, 2)
        if marker[0] != 0xFF:
            raise _damaged()
        while marker[1] == 0xFF:  # fill bytes
            marker = b"\xff" + _exactly(content, 1)
        code = marker[1]
        if code == 0x01 or 0xD0 <= code <= 0xD7:
            continue
        length = struct.unpack(">H", _exactly(content, 2))[0]
        if length < 2:
            raise _damaged()
        if 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):
            _depth, height, width = struct.unpack(">BHH", _exactly(content, 5))
            _check_size(width, height)
            framed = True
            length -= 5
        content.seek(length - 2, 1)
        if code == 0xDA:  # the scan begins
            break
    else:
        raise _damaged()
    if not framed:
        raise _damaged()
    if not _has_near_the_end(content, size, b"\xff\xd9"):
        raise _damaged()


def _has_near_the_end(content: BinaryIO, size: int, mark: bytes) -> bool:
    """Some phones write more after the picture (a motion photo, a depth map), so the last megabyte is searched."""
    content.seek(max(0, size - 1024 * 1024))
    return mark in content.read()


def check_png(content: BinaryIO, size: int) -> None:
    """Walk the chunks from IHDR to IEND."""
    content.seek(8)
    for index in range(_MOST_PARTS):
        length, name = struct.unpack(">I4s", _exactly(content, 8))
        if length > size:
            raise _damaged()
        if index == 0:
            if name != b"IHDR" or length != 13:
                raise _damaged()
            width, height = struct.unpack(">II", content.read(8))
            _check_size(width, height)
            content.seek(length - 8 + 4, 1)
        else:
            content.seek(length + 4, 1)
        if content.tell() > size:
            raise _damaged()
        if name == b"IEND":
            return
    raise _damaged()


def check_webp(content: BinaryIO, size: int) -> None:
    """Check the RIFF length and the size in the first chunk (VP8, VP8L or VP8X)."""
    content.seek(0)
    head = _exactly(content, 30)
    if struct.unpack("<I", head[4:8])[0] + 8 > size:
        raise _damaged()
    name, body = head[12:16], head[20:30]
    if name == b"VP8X":
        width = int.from_bytes(body[4:7], "little") + 1
        height = int.from_bytes(body[7:10], "little") + 1
    elif name == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = (part & 0x3FFF for part in struct.unpack("<HH", body[6:10]))
    else:
        raise _damaged()
    _check_size(width, height)
