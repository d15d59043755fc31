"""What rooms above may plug into items."""

from __future__ import annotations

from collections.abc import Callable

from yiwang.kernel.slots import Slot

from .published import PublishedItem

# Where a citizen applies for an item on this node: key any, value gives the address, "" when it does not take this item.
apply_links: Slot[Callable[[PublishedItem], str]] = Slot("apply_links")

# Whether a part that a body names exists: key form, procedure, decision or licence; the value takes the code and answers "" or
# a sentence that says what is missing. Asked when an item is published.
parts: Slot[Callable[[str], str]] = Slot("parts")
