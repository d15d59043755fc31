"""Objecting to what a register says of oneself."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.registries import declarations
from yiwang.data.registries.elements import Wrong
from yiwang.data.registries.models import Objection, Register, RegisterRecord
from yiwang.data.registries.reading import register_of
from yiwang.foundation.access.queries import Actor, Level, act, once, owner, require
from yiwang.foundation.accounts.queries import Party
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

LONGEST_WHY = 500


@act("registries.object", gettext_lazy("对登记数据提出异议"), party=True, level=Level.FACE)
def object_to(
    actor: Actor, register_code: str, element: str, claimed: str, why: str = "", *, key: str = ""
) -> Objection:
    """Say that an element of one's own record is wrong, and what is right (个人信息保护法第四十六条).

    ``key`` is an Idempotency-Key. Raises :class:`Missing` when the register holds nothing about the party,
    :class:`Invalid` for an unknown element or a claim that is not of its type, :class:`Conflict` when the same element
    is already being looked into.
    """
    register = register_of(register_code)
    require(actor, owner(actor.party_id), subject=f"register:{register.code}")
    request = {"register": register.code, "element": element, "claimed": claimed, "why": why}
    made, _now = once(actor, key, request, lambda: str(_object(actor, register, element, claimed, why).id))
    return Objection.objects.get(id=made)


def _object(actor: Actor, register: Register, element: str, claimed: str, why: str) -> Objection:
    item = declarations.of(register).elements.get(element)
    party = Party.objects.filter(id__in=[actor.party_id]).first()
    held = RegisterRecord.objects.filter(
        register=register, key_hash=party.code_hash if party else "", until=None, latest=True
    ).first()
    if party is None or held is None:
        raise Missing(_("“%(name)s”里没有您的记录。") % {"name": register.name})
    problems: list[Problem] = []
    if item is None:
        problems.append(Problem("element", "unknown", _("请选择哪一项不对。")))
    elif not claimed.strip():
        problems.append(Problem("claimed", "required", _("请填写正确的内容。")))
    else:
        try:
            item.read(claimed)
        except Wrong as wrong:
            problems.append(Problem("claimed", "format", f"{item.label}：{wrong}"))
    if len(why) > LONGEST_WHY:
        problems.append(Problem("why", "max-length", _("说明最长 500 个字，请写得短一些。")))
    if problems:
        raise Invalid(problems[0].message, problems=problems)
    if Objection.objects.filter(party=party, register=register, element=element, state=Objection.State.OPEN).exists():
        raise Conflict(_("您已经对这一项提出过异议，正在核实，不用再次提交。"), code="objection-open")
    objection = Objection.objects.create(
        register=register, record=held, party=party, element=element, claimed=claimed.strip(), why=why.strip()
    )
    record("objection", objection.id, {"register": register.code, "element": element, "version": held.version})
    emit("register.objected", objection.id, {"register": register.code, "element": element})
    return objection
