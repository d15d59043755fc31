"""What rooms above may plug into rules."""

from __future__ import annotations

from collections.abc import Callable

from yiwang.foundation.access.queries import Actor
from yiwang.kernel.slots import Slot

# May this actor read a decision about (kind, subject), because they may read that thing? A case vouches for its clerks.
readers: Slot[Callable[[Actor, str, str], bool]] = Slot("rules.readers")
