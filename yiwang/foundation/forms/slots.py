"""What rooms above may plug into forms: where prefilled values come from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Protocol

from yiwang.foundation.access.queries import Actor
from yiwang.kernel.slots import Slot


@dataclass(frozen=True, slots=True)
class Prefilled:
    """A value that the state already knew.

    ``source`` is in words for people ("人口基础库"), ``as_of`` the day on which the source had it so. ``href`` is where a person
    says that it is wrong; empty when the page gives that address.
    """

    value: Any
    source: str
    as_of: dt.date | None = None
    href: str = ""


class PrefillSource(Protocol):
    """Knows values about whoever acts. Plugged under the name with which a form asks: "person" answers "person.name"."""

    def values(self, actor: Actor, about: str = "") -> dict[str, Prefilled]:
        """What is known, by path without the source's own name: {"name": Prefilled(…), "identity": …}. Values are as a form
        stores them: dates "2026-11-21", money in cents, yes or no as booleans.

        ``about`` names what the form is for ("item:…"): a source may need a ground for it."""
        ...


prefill_sources: Slot[PrefillSource] = Slot("forms.prefill_sources")
