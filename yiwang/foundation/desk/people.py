"""How parties are named on the workbench: firms in full; of a person only the family name until a task or a purpose needs more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from yiwang.foundation.crypto.queries import mask

if TYPE_CHECKING:
    from yiwang.foundation.accounts.models import Party


def shown_name(party: Party | None, *, full: bool = False) -> str:
    """The party's name in a list or an export; ``full`` for whoever has the decision before them and writes the papers."""
    if party is None:
        return ""
    return party.name if full or party.kind != "person" else mask("name", party.name)
