"""What rooms above plug into the log: how a receipt becomes a paper, and where other codes are checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yiwang.kernel.slots import Slot

from .receipts import About

# Makes the signed PDF of a receipt. Files and seals lie above this room; the seals room plugs "paper".
papers: Slot[Callable[[dict[str, Any], About], bytes]] = Slot("receipt papers")

# The address of the page where a code that somebody typed on /verify is checked, or "" if the code is none of the room's.
codes: Slot[Callable[[str], str]] = Slot("codes")
