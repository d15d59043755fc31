"""Materials that nobody has to hand in 免提交 (S12): what a register or a licence proves, found out when the draft begins."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from yiwang.data.registries import queries as registries
from yiwang.foundation.access.queries import Actor, own_party
from yiwang.foundation.accounts.queries import Party
from yiwang.foundation.licences import queries as licences
from yiwang.services.items.queries import PublishedItem, Replacement

from .models import Evidence


def subjects(actor: Actor, party_id: UUID | None) -> dict[str, UUID]:
    """Of whom registers are asked for an application of a party, by kind: the party, and for an organisation the person who acts for it."""
    kind = next((kind for party, _name, kind, _ground in actor.parties if party == party_id), "")
    person = party_id if kind == Party.Kind.PERSON else own_party(actor)
    found = {str(Party.Kind.PERSON): person, str(Party.Kind.ORGANISATION): party_id}
    return {name: party for name, party in found.items() if party is not None and name in (kind, Party.Kind.PERSON)}


def proven(actor: Actor, item: PublishedItem) -> list[str]:
    """The codes of the item's materials that need not be handed in, whatever the situation.

    A register proves a material when it holds a record of the party (or of the person behind it); a licence, when the party holds a valid one
    of the type. Each look-up in a register is recorded with the item as its purpose.
    """
    wanted = [(need.code, need.replaced_by) for need in item.materials if need.replaced_by is not None]
    kinds = {replaced.kind for _code, replaced in wanted}
    held = _licences(actor) if Evidence.How.LICENCE in kinds else set()
    registers = {found.code: found for found in registries.registers()} if Evidence.How.REGISTER in kinds else {}
    about = subjects(actor, actor.party_id)

    def holds(replaced: Replacement) -> bool:
        if replaced.kind == Evidence.How.REGISTER:
            register = registers.get(replaced.ref)
            party_id = about.get(register.subject) if register else None
            if register is None or party_id is None:
                return False
            return _in_register(actor, item, register.code, register.key, party_id)
        return replaced.kind == Evidence.How.SYSTEM or (replaced.kind == Evidence.How.LICENCE and replaced.ref in held)

    return [code for code, replaced in wanted if holds(replaced)]


def _licences(actor: Actor) -> set[str]:
    """The types of which the party holds a valid licence."""
    return {licence.type.code for licence in licences.held(actor) if licence.state_now == licence.State.VALID}


def _in_register(actor: Actor, item: PublishedItem, register: str, key: str, party_id: UUID) -> bool:
    found = registries.look_up(
        register, Party.objects.get(id=party_id).code.plain(), purpose=_("核验“%(item)s”的材料") % {"item": item.name},
        actor=actor, fields=(key,), about=f"item:{item.code}",
    )  # fmt: skip
    return found is not None
