"""What people write into acts: checked, and held in the ledger as a hash only. Private to this room."""

from __future__ import annotations

import hashlib

from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Invalid, Problem

LONGEST_WORDS = 1000


def words_of(text: str, field: str, missing: str) -> str:
    """What somebody had to write, trimmed. Raises :class:`Invalid` when it is missing or too long."""
    text = text.strip()
    if not text:
        raise Invalid(missing, problems=[Problem(field, "required", missing)])
    return note_of(text, field)


def note_of(text: str, field: str = "note") -> str:
    """What somebody may write, trimmed. Raises :class:`Invalid` when it is too long."""
    text = text.strip()
    if len(text) > LONGEST_WORDS:
        message = _("最多写 %(n)s 个字。") % {"n": LONGEST_WORDS}
        raise Invalid(message, problems=[Problem(field, "max-length", message)])
    return text


def sha256(text: str) -> str:
    """How the ledger holds what people wrote; "" for nothing."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""
