"""Reading the log: receipts, heads, proofs, and the check that is open to everybody."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, Level, Scope, owner, permission, require
from yiwang.foundation.crypto.queries import anchor, fingerprint, read_anchors
from yiwang.kernel.pages import Page, page
from yiwang.kernel.refusals import Invalid, Missing, Problem, TooLarge

from . import limits, receipts, slots, tree, verification
from .heads import head_document, newest
from .merkle import consistent
from .models import Entry, Head, Leaf
from .receipts import About, Material
from .verification import Verdict

__all__ = [
    "About",
    "Growth",
    "Inclusion",
    "Material",
    "PublicEntry",
    "Verdict",
    "consistency",
    "count_check",
    "entries_about",
    "examine_upload",
    "growth",
    "head",
    "heads",
    "inclusion",
    "public_entry",
    "receipt",
    "receipt_pdf",
    "root_certificate",
    "signed_head",
    "where_to_check",
]

RECEIPT = permission("ledger.receipt", gettext_lazy("取得存证回执"), party=True, level=Level.FACE)
VERIFY = permission("ledger.verify", gettext_lazy("查验文书"), public=True)
HEADS = permission("ledger.heads", gettext_lazy("查看存证链"), public=True)

LARGEST_UPLOAD = 12 * 1024 * 1024  # bytes of a file given to the public check


def entries_about(kind: str, subject: object) -> list[Entry]:
    """Everything that was done to one thing, oldest first."""
    return list(Entry.objects.filter(kind=kind, subject=str(subject)).order_by("at", "id"))


def _entry(actor: Actor, entry_id: UUID, scope: Scope | None) -> Entry:
    entry = Entry.objects.filter(id=entry_id).first()
    party = _party_of(entry) if entry else None
    require(actor, scope or owner(party), RECEIPT, subject=f"entry:{entry_id}")
    if entry is None:
        raise Missing(_("没有这条记录，请检查编号。"))
    return entry


def _party_of(entry: Entry) -> UUID | None:
    import json

    party = json.loads(entry.content)["for"]
    return UUID(party) if party else None


def receipt(actor: Actor, entry_id: UUID, scope: Scope | None = None) -> dict[str, Any]:
    """The JSON receipt of an entry, complete at once: the tree is brought forward if the entry has no place yet.

    For the party that the act was done for, and for staff whose role reaches everywhere. A room that knows where the thing
    lies passes its ``scope``; it has to belong to that very entry. Write it with
    :func:`yiwang.kernel.canonical.readable_bytes`, in no other form. Call it outside an act.
    """
    return receipts.compose(_entry(actor, entry_id, scope))


def receipt_pdf(actor: Actor, entry_id: UUID, about: About | None = None, scope: Scope | None = None) -> bytes:
    """The receipt as a signed paper with the JSON receipt inside. ``about`` is what it says to a person.

    Made once for an entry and the same words; later calls give the same file.
    """
    entry = _entry(actor, entry_id, scope)
    return slots.papers["paper"](receipts.compose(entry), about or _plain(entry))


def _plain(entry: Entry) -> About:
    """What can be said of any act without knowing its room."""
    return About(
        title=_("存证回执"),
        number=receipts.entry_code(entry.id),
        number_label=_("查验码"),
        lead=_("下面这件事已经记入不可更改的存证记录。"),
        rows=((_("事项"), receipts.act_name(entry.act)), (_("时间"), receipts.shown_moment(entry.at))),
        next_steps=(_("请保存这份文件。任何人都可以用它离线查验，也可以扫描二维码在线查验。"),),
    )


@dataclass(frozen=True, slots=True)
class PublicEntry:
    """What anybody with its code may know of an entry: what kind of act, when, and where it stands in the log."""

    act: str
    at: dt.datetime
    code: str
    index: int | None
    size: int
    head_at: dt.datetime | None


def count_check(actor: Actor) -> None:
    """Count one check of a code by a stranger's address, for rooms whose codes are checked on pages of their own. Raises :class:`TooOften`.

    A reader without an address (code that asks for itself) is not counted.
    """
    if actor.address:
        limits.spend(actor, "code", limits.CODES)


def public_entry(actor: Actor, code: str) -> PublicEntry:
    """The public answer to the code on a receipt. The code is not guessable; no personal data is in the answer."""
    require(actor, permission=VERIFY)
    limits.spend(actor, "code", limits.CODES)
    found = receipts.entry_id(code)
    entry = Entry.objects.filter(id=found).first() if found else None
    if entry is None:
        raise Missing(_("没有查到这个查验码。请对照回执重新输入，注意字母和数字。"))
    leaf = Leaf.objects.filter(entry=entry).first()
    last = newest()
    return PublicEntry(
        receipts.act_name(entry.act),
        entry.at,
        receipts.entry_code(entry.id),
        leaf.index if leaf else None,
        last.size if last else 0,
        last.at if last else None,
    )


def where_to_check(actor: Actor, code: str) -> str:
    """The address of the page that answers a code typed by somebody; "" if no room knows such a code."""
    require(actor, permission=VERIFY)
    limits.spend(actor, "code", limits.CODES)
    clean = code.strip()[:80]
    if receipts.entry_id(clean):
        return f"/verify/{receipts.entry_code(receipts.entry_id(clean) or UUID(int=0))}"
    return next((address for find in slots.codes.values() if (address := find(clean))), "")


def examine_upload(actor: Actor, content: bytes) -> Verdict:
    """Check a file that somebody uploaded, against this node's root and those it trusts. Raises :class:`Broken`."""
    require(actor, permission=VERIFY)
    if not content:
        raise Invalid(_("请选择要查验的文件。"), problems=[Problem("file", "required", _("请选择要查验的文件"))])
    if len(content) > LARGEST_UPLOAD:
        raise TooLarge(
            _("文件太大。查验的文件不超过 %(n)s MB。") % {"n": LARGEST_UPLOAD // 1024 // 1024},
            problems=[Problem("file", "max-size", _("文件太大"))],
        )
    limits.spend(actor, "file", limits.FILES)
    return verification.examine(content, [*read_anchors(anchor()), *verification.trusted_anchors()])


def root_certificate(actor: Actor) -> tuple[bytes, str]:
    """The node's root certificate (PEM) and its fingerprint."""
    require(actor, permission=VERIFY)
    pem = anchor()
    return pem, fingerprint(read_anchors(pem)[0])


def head(actor: Actor) -> dict[str, Any]:
    """The newest signed head."""
    require(actor, permission=HEADS)
    last = newest()
    if last is None:
        raise Missing(_("还没有任何存证记录。"))
    return signed_head(last)


def signed_head(found: Head) -> dict[str, Any]:
    """A head as it is given out: the signed document and its signature."""
    return {**head_document(found), "signature": found.signature}


def heads(actor: Actor, cursor: str = "") -> Page[Head]:
    """Signed heads, newest first: whoever keeps one can hold the node to it."""
    require(actor, permission=HEADS)
    return page(Head.objects.all(), order=("-id",), cursor=cursor)


def consistency(actor: Actor, first: int, second: int) -> list[str]:
    """The proof that the log at size ``first`` is a beginning of the log at size ``second``: hashes in hex."""
    require(actor, permission=HEADS)
    size = _size()
    if not 0 < first <= second <= size:
        raise Invalid(
            _("两个规模应满足 1 ≤ 前者 ≤ 后者 ≤ %(n)s。") % {"n": size},
            problems=[Problem("first", "range", _("超出范围"))],
        )
    return tree.hexed(tree.Reader().consistency(first, second))


def _size() -> int:
    last = newest()
    return last.size if last else 0


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That the leaf ``leaf`` (hex) stands at ``index`` in the log of ``size``: hashes from the leaf up, in hex."""

    index: int
    size: int
    leaf: str
    path: list[str]
    root: str


def inclusion(actor: Actor, index: int, size: int = 0) -> Inclusion:
    """The proof that a place belongs to the log at ``size`` (0: as it is now). Public: a leaf is a hash and tells nothing."""
    require(actor, permission=HEADS)
    most = _size()
    size = size or most
    if not 0 <= index < size <= most:
        raise Invalid(
            _("位置应满足 0 ≤ 位置 < 规模 ≤ %(n)s。") % {"n": most}, problems=[Problem("index", "range", _("超出范围"))]
        )
    reader = tree.Reader()
    path = reader.inclusion(index, size)
    leaf = Leaf.objects.values_list("hash", flat=True).get(index=index)
    return Inclusion(index, size, leaf, tree.hexed(path), reader.root(size).hex())


@dataclass(frozen=True, slots=True)
class Growth:
    """Whether the log at ``second`` begins with the log at ``first``, as the check that anybody can make finds."""

    first: int
    second: int
    first_root: str
    second_root: str
    holds: bool
    path: list[str]


def growth(actor: Actor, first: int, second: int) -> Growth:
    """Make a consistency proof and check it as an outsider would, against the roots of the two sizes."""
    path = consistency(actor, first, second)
    reader = tree.Reader()
    roots = reader.root(first), reader.root(second)
    holds = consistent(first, second, *roots, [bytes.fromhex(part) for part in path])
    return Growth(first, second, roots[0].hex(), roots[1].hex(), holds, path)
