"""The types of file that people may hand in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.kernel.refusals import Invalid, Problem


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of file. ``suffixes`` begins with the usual one; ``inline``: a browser may show it in the page."""

    code: str
    name: Any
    media_type: str
    suffixes: tuple[str, ...]
    inline: bool = False


_OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS = {
    kind.code: kind
    for kind in (
        Kind("pdf", "PDF", "application/pdf", (".pdf",), inline=True),
        Kind("jpeg", gettext_lazy("JPEG 图片"), "image/jpeg", (".jpg", ".jpeg"), inline=True),
        Kind("png", gettext_lazy("PNG 图片"), "image/png", (".png",), inline=True),
        Kind("webp", gettext_lazy("WebP 图片"), "image/webp", (".webp",), inline=True),
        Kind("docx", gettext_lazy("Word 文档（docx）"), f"{_OFFICE}.wordprocessingml.document", (".docx",)),
        Kind("xlsx", gettext_lazy("Excel 表格（xlsx）"), f"{_OFFICE}.spreadsheetml.sheet", (".xlsx",)),
        Kind("odt", gettext_lazy("ODT 文档"), "application/vnd.oasis.opendocument.text", (".odt",)),
        Kind("ofd", gettext_lazy("OFD 版式文件"), "application/ofd", (".ofd",)),
        Kind("text", gettext_lazy("纯文本"), "text/plain", (".txt", ".csv", ".md")),
    )
}
SUFFIXES = frozenset(suffix for kind in KINDS.values() for suffix in kind.suffixes)
INLINE = frozenset(kind.media_type for kind in KINDS.values() if kind.inline)


def accepted() -> str:
    """The list of types, for a sentence."""
    return _("PDF、JPG、PNG、WebP 图片，Word（docx）、Excel（xlsx）、ODT、OFD 或纯文本")


def no(rule: str, message: str) -> Invalid:
    """The refusal of a file. ``rule`` is a stable code; ``message`` says what is wrong and what to do."""
    return Invalid(message, code=f"file-{rule}", problems=[Problem("file", rule, message)])
