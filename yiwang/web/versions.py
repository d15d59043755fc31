"""What pages over versions and drafts of a declaration read from a request, the same way everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

DRAFT = "draft"


class HasRevision(Protocol):
    """A draft: each time it is kept it has a new revision."""

    @property
    def revision(self) -> int: ...


Kept = TypeVar("Kept", bound=HasRevision)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where declarations of one kind stand: their name in words, the address of the list, and that of one, to whose name those of its
    editor, its comparison and its publishing are added (``rule``, ``rule-edit``, ``rule-publish`` …)."""

    words: Any
    listing: str
    one: str

    def trail(self, code: str = "", title: str = "") -> list[tuple[str, str]]:
        """The way to a page below the list, or below one of them."""
        trail = [(str(self.words), reverse(self.listing))]
        return [*trail, (title, reverse(self.one, args=[code]))] if code else trail

    def href(self, doing: str, code: str) -> str:
        """Where one of them is edited, compared, published or dropped."""
        return reverse(f"{self.one}-{doing}", args=[code])

    def draft_links(self, code: str) -> dict[str, str]:
        """What the page of a comparison offers to do with a draft."""
        return {f"{doing}_href": self.href(doing, code) for doing in ("publish", "drop", "edit")}


def as_seen(request: HttpRequest, draft: Kept | None) -> Kept:
    """The draft, if it is still the one that the posting page showed. Raises :class:`Conflict`."""
    if draft is None or draft.revision != seen_revision(request):
        raise Conflict(_("草稿在您看过之后又被改了，没有发布。请重新比较后再发布。"), code="draft-moved")
    return draft


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def version_of(text: str) -> int | None:
    """A version as the address names it: a number, 0 for the newest, None for the draft. Raises :class:`Missing`."""
    if text == DRAFT:
        return None
    number = _number(text or "0")
    if number is None:
        raise Missing(_("没有这个版本。"))
    return number


def asked_version(request: HttpRequest) -> int | None:
    """The version that the address asks for, by ``?version=``."""
    return version_of(request.GET.get("version", ""))


def seen_revision(request: HttpRequest) -> int:
    """The revision of the draft that the posting page showed; 0 for none."""
    return _number(request.POST.get("seen", "")) or 0


def uploaded_text(request: HttpRequest, largest: int) -> str:
    """The text of the posted file "file". Raises :class:`Invalid` when it is missing, too large, or no UTF-8."""
    upload = request.FILES.get("file")
    if upload is None:
        raise _wrong("required", _("请先选择文件。"))
    if (upload.size or 0) > largest:
        raise _wrong("too-large", _("文件太大，最多 %(n)d KB。") % {"n": largest // 1024})
    try:
        return str(upload.read().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _wrong("encoding", _("文件应为 UTF-8 编码的文本。")) from None


def _wrong(rule: str, message: str) -> Invalid:
    return Invalid(message, problems=[Problem("file", rule, message)])


@dataclass(frozen=True, slots=True)
class Pair:
    """The two sides of a comparison, as the address asks for them or as they suggest themselves; "" when there is no older one."""

    older: str
    newer: str
    options: list[tuple[str, str]]

    def name(self, side: str) -> str:
        return dict(self.options).get(side, side)

    @property
    def older_name(self) -> str:
        return self.name(self.older)

    @property
    def newer_name(self) -> str:
        return self.name(self.newer)

    @property
    def of_draft(self) -> bool:
        return self.newer == DRAFT


def asked_pair(request: HttpRequest, versions: Sequence[int], draft: bool) -> Pair:
    """Which versions a page compares: the draft with the newest version, or the newest two, unless the address says otherwise.

    ``versions`` are newest first. Raises :class:`Missing` when there is nothing to compare.
    """
    options = [(DRAFT, _("草稿"))] if draft else []
    options += [(str(number), _("第 %(n)d 版") % {"n": number}) for number in versions]
    if not options:
        raise Missing(_("没有这个版本。"))
    newer = request.GET.get("newer") or options[0][0]
    older = request.GET.get("older") or next((str(number) for number in versions if str(number) != newer), "")
    version_of(newer), version_of(older)
    return Pair(older, newer, options)
