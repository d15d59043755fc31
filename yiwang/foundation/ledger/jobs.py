"""The tree grows behind the entries."""

from __future__ import annotations

from yiwang.foundation.crypto.queries import keep_anchor
from yiwang.foundation.events.slots import every

from .tree import bring_forward


@every(10)
def grow() -> None:
    """Give waiting entries their places and sign a head; see that this machine trusts its own node."""
    bring_forward()
    keep_anchor()
