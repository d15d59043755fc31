"""Tell the type of a file by its first bytes, then check the whole of it as that type."""

from __future__ import annotations

from typing import BinaryIO

import puremagic
from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Invalid

from . import archives, images, pdf, text
from .kinds import KINDS, Kind, accepted, no

_HEAD = 4096  # bytes looked at to tell the type


def recognise(content: BinaryIO, size: int) -> Kind:
    """The type of ``content`` (seekable, ``size`` bytes). Raises :class:`Invalid`, with the way out, for anything not wanted."""
    content.seek(0)
    head = content.read(_HEAD)
    content.seek(0)
    if not head:
        raise no("empty", _("这个文件是空的，里面没有内容。请检查后重新选择文件。"))
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"%PDF-"):
        pdf.check(content, size)
        return KINDS["pdf"]
    if head.startswith(b"\xff\xd8\xff"):
        images.check_jpeg(content, size)
        return KINDS["jpeg"]
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        images.check_png(content, size)
        return KINDS["png"]
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        images.check_webp(content, size)
        return KINDS["webp"]
    if head.startswith(b"PK\x03\x04"):
        return KINDS[archives.check(content)]
    foreign = _foreign(head)
    if foreign:
        raise foreign
    text.check(content)
    return KINDS["text"]


def _foreign(head: bytes) -> Invalid | None:
    """The refusal of a type that people do send and that is not accepted, or None when it may be text."""
    if head.startswith(b"\xd0\xcf\x11\xe0"):  # the container of Office before 2007
        return no(
            "type", _("这是旧版 Office 文件（doc、xls、ppt）。请用 Word 或 WPS 另存为 docx、xlsx 或 PDF 后再上传。")
        )
    if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"heif", b"mif1", b"msf1", b"avif"}:
        return no(
            "type",
            _("这是手机的 HEIC 照片，多数单位打不开。请在手机上选“兼容性最佳”格式重拍，或截屏、转成 JPG 后再上传。"),
        )
    if head.startswith((b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe")):
        return no(
            "type",
            _("这个文件的内容是电脑程序，不是文档或图片，不能上传。请改传 %(accepted)s。") % {"accepted": accepted()},
        )
    if text.is_markup(head):
        return no(
            "type", _("这个文件的内容是网页或矢量图代码，可能带有脚本，不能上传。请打印成 PDF 或截图成 JPG 后再上传。")
        )
    if text.is_utf16(head):
        return no("type", _("这个文本文件是 UTF-16（Unicode）编码。请用记事本打开，另存为 UTF-8 编码后再上传。"))
    if not text.looks_like_text(head):
        return no(
            "type",
            _("这个文件的内容是%(found)s，不能上传。请改传 %(accepted)s。")
            % {"found": _found(head), "accepted": accepted()},
        )
    return None


def _found(head: bytes) -> str:
    """A few words for what ``head`` seems to begin, by the table of signatures of puremagic."""
    try:
        guesses = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        guesses = []
    media_type = next((guess.mime_type for guess in guesses if guess.mime_type), "")
    if media_type.startswith("video/"):
        return _("视频")
    if media_type.startswith("audio/"):
        return _("音频")
    if media_type.startswith("image/"):
        return _("其他格式的图片")
    if any(word in media_type for word in ("zip", "rar", "7z", "tar", "compress", "bzip", "xz")):
        return _("压缩包")
    return _("不认识的格式")
