"""What rooms above plug into the frame of acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yiwang.kernel.slots import Slot

# How an act of this room leaves its trace. The ledger lies above and plugs its ``record`` when it starts (ADR 0001).
trace: Slot[Callable[[str, object, dict[str, Any] | None], object]] = Slot("trace")
