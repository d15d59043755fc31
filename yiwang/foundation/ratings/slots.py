"""What rooms above plug into ratings: kinds of service contact that can be rated."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from yiwang.kernel.slots import Slot

if TYPE_CHECKING:
    from yiwang.foundation.orgs.models import Agency


@dataclass(frozen=True, slots=True)
class Described:
    """A contact as its room describes it. ``ended_at`` is None while it goes on. ``judged`` are the accounts that served."""

    party_id: UUID
    agency: Agency
    region_path: str
    item_code: str
    item_name: str
    channel: str
    ended_at: dt.datetime | None
    judged: tuple[int, ...] = ()


class ContactKind:
    """A kind of service contact: a closed case, a visit at a window, a call. Subclass it and plug an instance into :data:`contacts`.

    When a contact has ended, its room calls :func:`ratings.actions.offer`, so that it counts for coverage; a rating that comes first
    does the same.
    """

    code = ""
    name: Any = ""

    def clean(self, key: str) -> str:
        """The key in its one true form, as people may have typed it."""
        return key

    def describe(self, key: str) -> Described | None:
        """The contact ``key`` as it is now; None when there is none that could ever be rated."""
        raise NotImplementedError

    def page(self, key: str) -> str:
        """Where an official reads about the contact."""
        return ""

    def citizen_page(self, key: str) -> str:
        """Where the party rates the contact."""
        return ""


contacts: Slot[ContactKind] = Slot("kinds of contact")
