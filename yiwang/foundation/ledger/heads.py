"""Signed heads: what the node vouches for. A head is checked with the node's root certificate alone."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from yiwang.config.environment import environment
from yiwang.foundation.crypto.queries import Identity, identity
from yiwang.kernel.canonical import canonical_bytes, plain

from .models import Head

FORMAT = "yiwang.head.1"
ROLE = "ledger"


def signing() -> Identity:
    """The node's identity for heads and receipts."""
    return identity("node", "ledger", role=ROLE, name=f"{environment.node_name} 存证签名")


def head_document(head: Head) -> dict[str, Any]:
    """A head without its signature, as it is signed and as it is shown."""
    found: dict[str, Any] = plain(
        {
            "format": FORMAT,
            "node": environment.node_code,
            "size": head.size,
            "root": head.root,
            "at": head.at,
            "key": head.key,
        }
    )
    return found


def sign_head(size: int, root: bytes) -> Head:
    """Sign that the tree has ``size`` leaves and ``root``."""
    by = signing()
    head = Head(size=size, root=root.hex(), at=timezone.now(), key=by.key.version)
    head.signature = by.sign(canonical_bytes(head_document(head))).hex()
    head.save(force_insert=True)
    return head


def newest() -> Head | None:
    """The head signed last."""
    return Head.objects.order_by("-id").first()
