"""Codes that live for a minute. Nothing is stored: the code carries the licence, the time and a keyed hash over both."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
from uuid import UUID

from yiwang.foundation.crypto.queries import keyed_hash

LIFE = 60  # seconds
_HASH_BYTES = 12


def token(licence_id: UUID, until: dt.datetime) -> str:
    """The code for a licence until a moment."""
    body = licence_id.bytes + int(until.timestamp()).to_bytes(5, "big")
    return base64.urlsafe_b64encode(body + _seal(body)).decode().rstrip("=")


def read(text: str) -> tuple[UUID, dt.datetime] | None:
    """The licence and the moment in a code that this node made; None for any other text."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    body, seal = raw[:21], raw[21:]
    if len(raw) != 21 + _HASH_BYTES or not hmac.compare_digest(seal, _seal(body)):
        return None
    return UUID(bytes=body[:16]), dt.datetime.fromtimestamp(int.from_bytes(body[16:], "big"), tz=dt.UTC)


def _seal(body: bytes) -> bytes:
    return bytes.fromhex(keyed_hash("licence-show", body.hex()))[:_HASH_BYTES]
