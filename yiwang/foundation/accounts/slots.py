"""What rooms above may say about accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.http import HttpRequest

from yiwang.kernel.slots import Slot

# What accounts do, in words (their roles), by account number; accounts without an office are left out.
occupations: Slot[Callable[[Iterable[int]], dict[int, str]]] = Slot("occupations")
# Where somebody lands who signs in without having been on the way to a page; "" leaves it to the next plug.
landings: Slot[Callable[[HttpRequest], str]] = Slot("landings")
