"""Plain text: readable characters, in UTF-8 or GB 18030, that no browser would take for a page."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

from django.utils.translation import gettext as _

from .kinds import no

_PIECE = 256 * 1024
_ODD = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_OPENING = re.compile(rb"<[!?a-z]", re.I)
_PAGE = re.compile(rb"<\s*(?:!doctype\s+html|html|body|svg|script|iframe|object|embed)[\s/>]", re.I)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def is_utf16(head: bytes) -> bool:
    """Whether the text says of itself that it is UTF-16 (what old editors call "Unicode")."""
    return head.startswith(_UTF16)


def is_markup(head: bytes) -> bool:
    """Whether a browser that guesses types could take this for HTML, SVG or XML."""
    if is_utf16(head):
        head = head.decode("utf-16", "ignore").encode()
    return bool(_OPENING.match(head.lstrip(b"\xef\xbb\xbf \t\r\n")) or _PAGE.search(head))


def looks_like_text(head: bytes) -> bool:
    return not _ODD.search(head)


def _is_in(content: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    content.seek(0)
    try:
        while piece := content.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def check(content: BinaryIO) -> None:
    """Refuse what is not plain text."""
    content.seek(0)
    while piece := content.read(_PIECE):
        if _ODD.search(piece):
            raise no(
                "damaged",
                _("这个文本文件里有无法显示的字符，可能已经损坏。请用记事本打开检查，另存为 UTF-8 后再上传。"),
            )
    if not (_is_in(content, "utf-8") or _is_in(content, "gb18030")):
        raise no("damaged", _("这个文本文件的编码不认识。请用记事本打开，另存为 UTF-8 编码后再上传。"))
