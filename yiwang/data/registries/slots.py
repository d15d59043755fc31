"""What rooms above may plug into registries: ways to derive a fact from a record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from yiwang.kernel.slots import Slot

from .derivations import age, working_age

# (value of the element, the whole record, the day of the question) -> a string, integer, boolean or None (not known)
Derivation = Callable[[Any, dict[str, Any], dt.date], "str | int | bool | None"]

# (code of the item, code of the register, elements) -> the number of the grant by which the node may read them for the item, "" when
# there is none that holds. Plugged by the room of grants; without it, nothing is asked.
grounds: Slot[Callable[[str, str, Sequence[str]], str]] = Slot("grounds")

derivations: Slot[Derivation] = Slot("derivations")
derivations.plug("age", age)
derivations.plug("working_age", working_age)


@dataclass(frozen=True, slots=True)
class DataUse:
    """One use of somebody's data, as that person is told: ``grant`` is the number of the grant and ``basis`` its law, "" where there is none.

    ``register`` is what was read, in words; ``elements`` which parts of it; ``reader`` an agency, never a clerk. ``key`` orders uses of the
    same moment.
    """

    at: dt.datetime
    key: str
    register: str
    reader: str
    purpose: str
    elements: tuple[str, ...]
    found: bool
    grant: str = ""
    basis: str = ""


# (keyed hash of the person's number, not after this moment (None: now), how many) -> their uses, newest first. Rooms that let others read
# data plug in here, so that "who used my data" is one list.
uses: Slot[Callable[[str, dt.datetime | None, int], list[DataUse]]] = Slot("uses of data")
