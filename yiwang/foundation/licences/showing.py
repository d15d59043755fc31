"""Codes that live for a minute: the licence, the time, a mark, and a keyed hash over them.

The licence keeps the mark of the code that was shown last; every other code is dead.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
import secrets
from uuid import UUID

from yiwang.foundation.crypto.queries import keyed_hash

LIFE = 60  # seconds
_HASH_BYTES, _MARK_BYTES = 12, 6
_BODY = 16 + 5 + _MARK_BYTES


def mark() -> str:
    """A fresh mark, in hex."""
    return secrets.token_hex(_MARK_BYTES)


def token(licence_id: UUID, until: dt.datetime, mark: str) -> str:
    """The code for a licence until a moment."""
    body = licence_id.bytes + int(until.timestamp()).to_bytes(5, "big") + bytes.fromhex(mark)
    return base64.urlsafe_b64encode(body + _seal(body)).decode().rstrip("=")


def read(text: str) -> tuple[UUID, dt.datetime, str] | None:
    """The licence, the moment and the mark in a code that this node made; None for any other text."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    body, seal = raw[:_BODY], raw[_BODY:]
    if len(raw) != _BODY + _HASH_BYTES or not hmac.compare_digest(seal, _seal(body)):
        return None
    return (
        UUID(bytes=body[:16]),
        dt.datetime.fromtimestamp(int.from_bytes(body[16:21], "big"), tz=dt.UTC),
        body[21:].hex(),
    )


def _seal(body: bytes) -> bytes:
    return bytes.fromhex(keyed_hash("licence-show", body.hex()))[:_HASH_BYTES]
