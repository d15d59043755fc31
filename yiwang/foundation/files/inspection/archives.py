"""Documents that are ZIP archives: Word, Excel, ODT, OFD. Read with every limit that a ZIP bomb would break.

The directory is checked first (how many parts, how large, where they lie); then each part is unpacked once, in pieces, against
a budget, and thrown away: a part that is larger than it says, or does not match its checksum, is refused.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from typing import BinaryIO

from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Invalid

from .kinds import accepted, no

MOST_PARTS = 5_000
LARGEST_UNPACKED = 300 * 1024 * 1024  # bytes of all parts together
LARGEST_RATIO = 200  # unpacked to packed, of parts over a megabyte
_PIECE = 256 * 1024
_LARGEST_DESCRIPTION = 4 * 1024 * 1024  # bytes of a part that is read for its meaning
_LOCAL_HEADER = 30
_ODT = b"application/vnd.oasis.opendocument.text"
_RELATION = re.compile(rb"<\s*(?:\w+:)?Relationship\b[^>]*>", re.I)


def _damaged() -> Invalid:
    return no("damaged", _("这个文档不完整或已经损坏，无法打开。请用原来的软件打开检查，另存一份后再上传。"))


def _unsafe() -> Invalid:
    return no(
        "archive", _("这个文档的内部结构不正常，可能有危险，不能上传。请用 Word 或 WPS 打开后导出为 PDF 再上传。")
    )


def _active() -> Invalid:
    return no("active-content", _("这个文档里有宏、控件或会连接外部的内容，不能上传。请导出为 PDF 后再上传。"))


def check(content: BinaryIO) -> str:
    """The code of the kind of document that the archive holds. Raises :class:`Invalid` for any other archive."""
    try:
        with zipfile.ZipFile(content) as archive:
            parts = archive.infolist()
            _check_directory(parts)
            code = _kind(archive, {part.filename for part in parts})
            _check_active(archive, parts)
            _unpack(archive, parts)
            return code
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        OSError,
        UnicodeError,
        RuntimeError,
    ) as error:
        raise _damaged() from error


def _check_directory(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise _unsafe()
    if len({part.filename.lower() for part in parts}) != len(parts):
        raise _unsafe()
    end = 0
    for part in sorted(parts, key=lambda part: part.header_offset):
        name = part.filename
        if name.startswith(("/", "\\")) or "\\" in name or ":" in name or "\x00" in part.orig_filename:
            raise _unsafe()
        if ".." in name.split("/"):
            raise _unsafe()
        if part.flag_bits & 0x1:
            raise no("encrypted", _("这个文档设了打开密码，工作人员打不开。请去掉密码后再上传。"))
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _unsafe()
        if part.file_size > 1024 * 1024 and part.file_size > LARGEST_RATIO * max(part.compress_size, 1):
            raise _unsafe()
        if part.header_offset < end:  # parts that share bytes: the trick of the densest bombs
            raise _unsafe()
        end = part.header_offset + _LOCAL_HEADER + part.compress_size


def _kind(archive: zipfile.ZipFile, names: set[str]) -> str:
    if "[Content_Types].xml" in names:
        if "word/document.xml" in names:
            return "docx"
        if "xl/workbook.xml" in names:
            return "xlsx"
        if "ppt/presentation.xml" in names:
            raise no("type", _("这是演示文稿（PPT）。请导出为 PDF 后再上传。"))
    if "mimetype" in names and _read(archive, "mimetype").strip() == _ODT and "content.xml" in names:
        return "odt"
    if "OFD.xml" in names:
        return "ofd"
    raise no("type", _("这是压缩包，工作人员无法直接查看。请解压后逐个上传 %(accepted)s。") % {"accepted": accepted()})


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        data = part.read(_LARGEST_DESCRIPTION + 1)
    if len(data) > _LARGEST_DESCRIPTION:
        raise _unsafe()
    return data


def _check_active(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    """Refuse macros, ActiveX, embedded programs, and templates or objects that are fetched from elsewhere."""
    for part in parts:
        name = part.filename.lower()
        if name.endswith("vbaproject.bin") or "/activex/" in name or name.startswith(("basic/", "scripts/")):
            raise _active()
        if "/embeddings/oleobject" in name or name.endswith((".exe", ".dll", ".js", ".vbs", ".bat", ".scr", ".jar")):
            raise _active()
        if name.endswith(".rels"):
            data = _read(archive, part.filename)
            if b"<!DOCTYPE" in data or b"<!ENTITY" in data or b"\x00" in data:
                raise _unsafe()
            for relation in _RELATION.findall(data):
                outside = re.search(rb"TargetMode\s*=\s*[\"']External[\"']", relation, re.I)
                if outside and not re.search(rb"Type\s*=\s*[\"'][^\"']*/hyperlink[\"']", relation, re.I):
                    raise _active()


def _unpack(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    budget = LARGEST_UNPACKED
    for part in parts:
        with archive.open(part) as stream:
            while piece := stream.read(_PIECE):
                budget -= len(piece)
                if budget < 0:
                    raise _unsafe()
