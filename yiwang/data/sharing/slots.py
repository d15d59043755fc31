"""What rooms above may plug into sharing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yiwang.kernel.slots import Slot

# What a service item is called, by its code, for pages and papers; "" when it is not known. Plugged by the rooms of services.
items: Slot[Callable[[str], Any]] = Slot("names of items")
