"""What rooms above may plug into registries: ways to derive a fact from a record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from yiwang.kernel.slots import Slot

from .derivations import age, working_age

# (value of the element, the whole record, the day of the question) -> a string, integer, boolean or None (not known)
Derivation = Callable[[Any, dict[str, Any], dt.date], "str | int | bool | None"]

derivations: Slot[Derivation] = Slot("derivations")
derivations.plug("age", age)
derivations.plug("working_age", working_age)
