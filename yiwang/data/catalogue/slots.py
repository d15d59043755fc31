"""What rooms above may plug into the catalogue: readers of the places where data lies."""

from __future__ import annotations

from yiwang.kernel.slots import Slot

from .resources import Holder

# Key: the scheme of a place. "register" (registries), "lake" (pipelines), "peer" (sharing: the provider's own interface).
holders: Slot[Holder] = Slot("holders")
