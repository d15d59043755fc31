"""How the secret of a client is made and kept. Private to this room."""

from __future__ import annotations

import secrets

from yiwang.foundation.crypto.queries import keyed_hash


def fresh() -> str:
    """A new secret of 256 random bits, with a beginning by which a scanner of source code knows what it found."""
    return f"ywcs_{secrets.token_urlsafe(32)}"


def secret_hash(secret: str) -> str:
    """How a secret is kept. It has 256 random bits, so a slow hash would protect nothing."""
    return keyed_hash("client-secret", secret)
