"""The applicant's electronic signature 电子签名 (电子签名法第十三条): what is signed, and with whose key.

The node keeps one key for each person, made at their first signature, and uses it only inside the act of that person. What is signed
is the canonical content of the filing, so that a reader can make the same bytes again from the filing and its materials.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from yiwang.foundation.crypto import queries as crypto
from yiwang.foundation.crypto.fields import Sealed
from yiwang.kernel.canonical import canonical_bytes

from .models import Filing, FilingMaterial

PURPOSE = "application-signature"


def content(filing: Filing, materials: Iterable[FilingMaterial]) -> bytes:
    """The bytes that are signed. ``materials`` come in the order in which they were handed in."""
    return canonical_bytes(
        {
            "v": 1,
            "case": filing.case_id,
            "revision": filing.revision,
            "item": f"{filing.item_code}@{filing.item_version}",
            "form": f"{filing.form_code}@{filing.form_version}",
            "party": filing.party_id,
            "account": filing.signed_by_id,
            "situation": filing.situation,
            "data": filing.data,
            "materials": [
                {"code": row.code, "how": str(row.how), "file": row.file_id, "sha256": row.sha256, "source": row.source}
                for row in materials
            ],
            "delivery": filing.delivery,
            "reply": _plain(filing.reply),
            "statement": filing.statement,
        }
    )


def _plain(text: object) -> str:
    """A sealed text, or one that is not in the store yet."""
    return text.plain() if isinstance(text, Sealed) else str(text)


def sign(filing: Filing, materials: Iterable[FilingMaterial]) -> None:
    """Sign a filing (not saved) as the person in ``signed_by``."""
    message = content(filing, materials)
    signature, key = crypto.sign(f"account:{filing.signed_by_id}", PURPOSE, message)
    filing.digest, filing.signature, filing.public_key = hashlib.sha256(message).hexdigest(), signature, key.public


def holds(filing: Filing, materials: Iterable[FilingMaterial]) -> bool:
    """Whether a filing with its materials is, to the last character, what was signed by the holder of its key."""
    message = content(filing, materials)
    signed = crypto.signature_is_valid(bytes(filing.public_key), bytes(filing.signature), message)
    return signed and hashlib.sha256(message).hexdigest() == filing.digest
