"""What registers learn from other rooms' events: the licences that this node issues."""

from __future__ import annotations

from yiwang.foundation.access.queries import system
from yiwang.foundation.events.slots import Happening, subscribe
from yiwang.foundation.licences import queries as licences

from . import actions, declarations
from .models import Register

LICENCES = "licences"


@subscribe(
    "licence.issued", "licence.changed", "licence.corrected", "licence.reissued", "licence.annulled", "licence.expired"
)
def licence_told(event: Happening) -> None:
    """Say in the registers that are fed by this node's licences what a licence is now. Saying it twice changes nothing."""
    feeds = [
        (register, declaration, source)
        for register in Register.objects.filter(body__has_key="sources")
        for declaration in (declarations.of(register),)
        for source in declaration.sources.values()
        if source.feed == LICENCES
    ]
    if not feeds:
        return
    found = licences.licence(system(), event.subject)
    state = "valid" if found.state_now == "pending" else found.state_now
    row = {
        "number": found.number, "type": found.type.name, "holder": found.holder.plain(), "holder_code": found.party.code.plain(),
        "authority": found.agency.name, "issued": found.issued_at.date().isoformat(), "valid_from": found.valid_from.isoformat(),
        "valid_until": found.valid_until.isoformat() if found.valid_until else None, "state": state,
    }  # fmt: skip
    for register, declaration, source in feeds:
        known = {name: value for name, value in row.items() if name in declaration.elements and source.gives(name)}
        actions.load(system(), register.code, [known], source=source.code)
