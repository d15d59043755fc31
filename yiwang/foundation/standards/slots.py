"""What rooms above plug into the library: where its entries are used, so that what departs from them is found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from yiwang.kernel.slots import Slot


@dataclass(frozen=True, slots=True)
class Use:
    """One field somewhere that names an entry of the library. ``length`` 0 and ``level`` 0 mean that the place does not say."""

    where: str  # "食品经营许可申请书"
    url: str  # the page of the form, register or resource
    field: str
    label: str
    element: str = ""
    codes: str = ""
    type: str = ""
    length: int = 0
    level: int = 0


@dataclass(frozen=True, slots=True)
class User:
    """A kind of place that refers to the library. ``uses`` goes through all of them, or through those that name one entry."""

    name: Any
    uses: Callable[[str], Iterable[Use]]


# Key: the room. ``uses("")`` yields every use, ``uses(code)`` those of one element or code set.
users: Slot[User] = Slot("users")
