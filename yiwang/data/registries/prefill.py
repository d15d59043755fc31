"""Filling in forms from registers, so that nobody types what the state already knows: the plugs "person" and "firm"."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from yiwang.foundation.access.queries import Actor, own_party
from yiwang.foundation.accounts.queries import Party
from yiwang.foundation.forms.slots import Prefilled, prefill_sources

from .queries import prefilling
from .reading import Reading, Wanted, read


class RegisterSource:
    """The registers that prefill as "person" or as "firm", read for whoever acts; the reading is kept like any other.

    Beside the path of a code or an amount stands the same path with "_words": {"type": "1151", "type_words": "有限责任公司"}.
    Who is in no register still has the name and the number that were checked when their account was made.
    """

    def __init__(self, source: str) -> None:
        self.source = source

    def _party(self, actor: Actor) -> UUID | None:
        if self.source == "person":  # of a mandate, the person for whom it is; of a firm, the person who acts for it
            return actor.party_id if actor.party_kind == Party.Kind.PERSON else own_party(actor)
        return actor.party_id if actor.party_kind == Party.Kind.ORGANISATION else None

    def values(self, actor: Actor, about: str = "") -> dict[str, Prefilled]:
        party_id = self._party(actor)
        if party_id is None:
            return {}
        party = Party.objects.get(id=party_id)
        found = self._checked(party)
        wanted = [
            Wanted(declaration, party.code_hash, tuple(sorted(set(declaration.prefill_paths.values()))))
            for declaration in prefilling(self.source)
        ]
        if wanted:
            for reading in read(actor, wanted, _("自动填写申请表"), about).values():
                found |= _from(reading)
        return found

    def _checked(self, party: Party) -> dict[str, Prefilled]:
        """What is known without any register."""
        said = _("实名认证时核对的信息") if self.source == "person" else _("账号登记的信息")
        code = "identity_number" if self.source == "person" else "uscc"
        known: dict[str, Any] = {"name": party.name, code: party.code.plain(), "phone": party.phone.plain()}
        return {path: Prefilled(value, said) for path, value in known.items() if value}


def _from(reading: Reading) -> dict[str, Prefilled]:
    found: dict[str, Prefilled] = {}
    for path, name in reading.declaration.prefill_paths.items():
        if name not in reading.data:
            continue
        element, value = reading.declaration.elements[name], reading.data[name]
        href = f"{reverse('my-data-objection')}?{urlencode({'register': reading.register, 'element': name})}"
        found[path] = Prefilled(value, reading.source, reading.as_of, href)
        if element.codes or element.type == "money":
            found[f"{path}_words"] = Prefilled(element.words(value), reading.source, reading.as_of, href)
    return found


for _source in ("person", "firm"):
    prefill_sources.plug(_source, RegisterSource(_source))
