"""What rooms above may put into the layouts: entries of the menus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from yiwang.kernel.slots import Slot


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of a menu.

    ``url`` is the name of an address; ``icon`` a Tabler icon. ``shown`` says whether this reader sees it, ``count`` how
    many things wait there (0 shows nothing); both are asked once for each page that has the menu. Lower ``order`` comes
    first; ``group`` is a heading of the staff's menu.
    """

    name: Any
    url: str
    icon: str
    order: int = 100
    group: Any = ""
    shown: Callable[[HttpRequest], bool] | None = None
    count: Callable[[HttpRequest], int] | None = None


# The header of the citizens' pages. Two keys are special: "search" gets a form with the parameter ``q``, and "messages" stands
# beside the reader's name.
citizen_places: Slot[Place] = Slot("citizen_places")
# The left column of the staff's pages.
staff_places: Slot[Place] = Slot("staff_places")
