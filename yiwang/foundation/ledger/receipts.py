"""Receipts: one act, its place in the tree, a signed head, and nothing secret, in one file that a program can check.

A receipt is written in exactly one form (:func:`yiwang.kernel.canonical.readable_bytes`) and signed as a whole, so that no byte
of it can be another one.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.config.environment import environment
from yiwang.foundation.access.queries import ACTS
from yiwang.kernel.canonical import canonical_bytes, plain

from .heads import head_document, signing
from .models import Entry, Leaf
from .tree import Damaged, Reader, bring_forward, hexed

FORMAT = "yiwang.receipt.1"
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
_CODE_LENGTH = 26


@dataclass(frozen=True, slots=True)
class Material:
    """One thing handed in, as the paper lists it. ``sha256`` is hex; ``source`` says where it came from, if not uploaded."""

    name: str
    sha256: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """What a receipt on paper says to a person. The room whose act it is fills this in.

    ``title`` names the paper, ``number`` the case (``number_label`` if it is another number), ``lead`` says in one sentence what has happened; ``rows`` are labels and
    values, ``next_steps`` what happens now and by which day; ``contact`` where to ask.
    """

    title: str
    number: str
    number_label: str = ""
    addressee: str = ""
    lead: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    materials: tuple[Material, ...] = ()
    next_steps: tuple[str, ...] = ()
    contact: str = ""


def entry_code(entry_id: UUID) -> str:
    """The entry's id as a code to be typed: 26 characters that are not mistaken for each other."""
    value, digits = entry_id.int, []
    for _place in range(_CODE_LENGTH):
        value, digit = divmod(value, 32)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


def entry_id(code: str) -> UUID | None:
    """The id behind a code as somebody typed it: any case, spaces and dashes, O for 0, I and L for 1. None if it is none."""
    clean = code.upper().translate(str.maketrans("OIL", "011", " -　"))
    if len(clean) != _CODE_LENGTH or any(character not in _DIGITS for character in clean):
        return None
    value = 0
    for character in clean:
        value = value * 32 + _DIGITS.index(character)
    return UUID(int=value) if value < 1 << 128 else None


def check_address(entry: UUID) -> str:
    """The public address at which anybody can ask whether this entry stands in the log."""
    return f"{environment.origin.rstrip('/')}/verify/{entry_code(entry)}"


def shown_moment(at: dt.datetime) -> str:
    """A moment as papers state it, in the node's zone."""
    local = timezone.localtime(at)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M:%S}"


def act_name(code: str) -> str:
    """What people call an act."""
    return str(ACTS.get(code, code))


def compose(entry: Entry) -> dict[str, Any]:
    """The signed receipt of an entry. The tree is brought forward first if the entry has no place yet."""
    leaf = Leaf.objects.filter(entry=entry).first()
    head = bring_forward()
    if leaf is None:
        leaf = Leaf.objects.filter(entry=entry).first()
    if leaf is None or head is None:
        raise Damaged(f"entry {entry.id} has no place in the tree")
    by = signing()
    body: dict[str, Any] = plain(
        {
            "format": FORMAT,
            "made_at": timezone.now(),
            "node": {"code": environment.node_code, "name": environment.node_name},
            "check": check_address(entry.id),
            "summary": [
                [_("事项"), act_name(entry.act)],
                [_("时间"), shown_moment(entry.at)],
                [_("存证序号"), str(leaf.index + 1)],
                [_("查验码"), entry_code(entry.id)],
            ],
            "entry": json.loads(entry.content),
            "proof": {
                "index": leaf.index,
                "leaf": leaf.hash,
                "path": hexed(Reader().inclusion(leaf.index, head.size)),
            },
            "head": {**head_document(head), "signature": head.signature},
            "certificates": [base64.b64encode(der).decode() for der in by.chain],
        }
    )
    return {**body, "signature": by.sign(canonical_bytes(body)).hex()}
