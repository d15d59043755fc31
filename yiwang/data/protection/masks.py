"""The masks: each hides a value in its own way and leaves as much as a use needs. Private to this room.

The way a text is cut (an identity number keeps three and two digits) is that of :func:`yiwang.foundation.crypto.queries.mask`,
which pages use as well: there is one place that knows it.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from yiwang.foundation.crypto.queries import keyed_hash, mask

KINDS = ("keep", "cut", "hash", "generalise", "shuffle", "noise", "hide")
_CUT = {
    "identity_number": "identity",
    "uscc": "middle",
    "phone": "phone",
}  # type -> how it is cut when nothing is declared
_NUMBERS = ("integer", "decimal", "money")
NOISE_PERCENT = 5  # of a number, either way
NOISE_DAYS = 15  # of a date, either way
REGION_DIGITS = 6  # a county


class Masked(Protocol):
    """What a mask needs to know of a field; a field of the catalogue is one."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def level(self) -> int: ...
    @property
    def mask(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Mask:
    """One way to hide values of a field. ``salt`` makes results of two grants unlike each other, so that they cannot be joined."""

    kind: str
    field: Masked
    salt: str

    def of(self, value: Any) -> Any:
        """The value as it may be seen; None stays None. A shuffled field of a single row is hidden: there is nothing to shuffle with."""
        if value is None or value == "" or self.kind in ("hide", "shuffle"):
            return None
        if self.kind == "keep":
            return value
        if self.kind == "cut":
            return mask(self.field.mask or _CUT.get(self.field.type, "middle"), str(value))
        if self.kind == "hash":
            return self._hash(value)[:32]
        if self.kind == "generalise":
            return _wider(self.field, value)
        return self._noisy(value)

    def column(self, values: Sequence[Any]) -> list[Any]:
        """A whole column as it may be seen. Shuffled values keep their set and lose their rows."""
        if self.kind != "shuffle":
            return [self.of(value) for value in values]
        mixed = list(values)
        random.SystemRandom().shuffle(mixed)
        return mixed

    def _hash(self, value: Any) -> str:
        return keyed_hash("protection", f"{self.salt}|{self.field.name}|{value}")

    def _noisy(self, value: Any) -> Any:
        """Moved by an amount that follows from the value and the salt: asking again does not average it out."""
        part = int(self._hash(value)[:13], 16) / 16**13 * 2 - 1  # -1 … 1
        if self.field.type in _NUMBERS:
            moved = float(value) * (1 + part * NOISE_PERCENT / 100)
            return round(moved) if self.field.type != "decimal" else round(moved, 2)
        if self.field.type == "date":
            return (dt.date.fromisoformat(str(value)) + dt.timedelta(days=round(part * NOISE_DAYS))).isoformat()
        return None


def _wider(field: Masked, value: Any) -> Any:
    text = str(value)
    if field.type in ("date", "time"):
        return text[:4]
    if field.type in ("region", "identity_number"):
        return text[:REGION_DIGITS]
    if field.type in _NUMBERS:
        number = int(float(value))
        step = 10 ** max(len(str(abs(number))) - 1, 1)
        low = number // step * step
        return f"{low}–{low + step}"
    if field.type == "phone":
        return text[:3]
    if field.type == "code":
        return text[: max(len(text) // 2, 1)]
    if field.type == "boolean":
        return None
    return text[:6] if (field.mask == "address" and len(text) > 6) else text[:1]
