"""Front door for changing registers: declare one, load rows into it, object to what it says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import NODE, Actor, Level, Scope, act, once, owner, require
from yiwang.foundation.accounts.queries import Party
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from . import declarations, loading
from .answering import answer_objection
from .elements import Wrong
from .loading import Loaded
from .models import Objection, Register, RegisterRecord, RegisterVersion
from .reading import register_of

__all__ = ["Loaded", "answer_objection", "declare", "load", "object_to"]

LONGEST_WHY = 500


@act("registries.declare", gettext_lazy("登记基础库"))
def declare(actor: Actor, body: dict[str, Any]) -> Register:
    """Declare a register, or change its declaration; the same declaration again changes nothing.

    Records keep the version of the declaration under which they were loaded. Raises :class:`Invalid` for a wrong
    declaration, :class:`Conflict` when the key or the kind of subject would change.
    """
    declaration = declarations.checked(body)
    agency = Agency.objects.filter(code=declaration.owner).first()
    if agency is None:
        require(actor, NODE, subject=f"register:{declaration.code}")
        message = _("没有代码为“%(code)s”的机构，请先录入机构。") % {"code": declaration.owner}
        raise Invalid(message, problems=[Problem("owner", "missing", message)])
    require(actor, Scope(agency=agency.path, level=declaration.level()), subject=f"register:{declaration.code}")
    digest = declarations.digest(body)
    register = Register.objects.select_for_update().filter(code=declaration.code).first()
    if register is None:
        register = Register(code=declaration.code, version=0)
    elif (register.subject, register.body["key"]) != (declaration.subject, declaration.key):
        raise Conflict(
            _("“%(name)s”的主体类型和主键不能改；需要时请另建一个库。") % {"name": register.name}, code="key-fixed"
        )
    if register.digest != digest:
        register.name, register.owner, register.subject = declaration.name, agency, declaration.subject
        register.version, register.body, register.digest = register.version + 1, body, digest
        register.save()
        RegisterVersion.objects.create(register=register, version=register.version, body=body, digest=digest)
    record("register", register.code, {"version": register.version, "digest": digest})
    return register


@act("registries.load", gettext_lazy("载入基础库数据"))
def load(
    actor: Actor,
    register_code: str,
    rows: Iterable[dict[str, Any]],
    *,
    source: str = "",
    as_of: dt.date | None = None,
    strict: bool = True,
) -> Loaded:
    """Load rows, each keyed by element name; the same content again changes nothing, other content is a new version.

    ``source`` names where the rows come from, ``as_of`` the day for which they hold (today). With ``strict`` a wrong
    row refuses the whole load (:class:`Invalid`, the first wrong rows listed); without it wrong rows are left out and
    counted, with the reasons of the first hundred.
    """
    register = register_of(register_code)
    declaration = declarations.of(register)
    agency = Agency.objects.get(code=register.owner_id)
    require(actor, Scope(agency=agency.path, level=declaration.level()), subject=f"register:{register.code}")
    loaded = loading.load(
        register, rows, source=source or agency.name, as_of=as_of or timezone.localdate(), strict=strict,
        by=actor.reference(),
    )  # fmt: skip
    record(
        "register", register.code,
        {
            "new": loaded.new, "changed": loaded.changed, "same": loaded.same, "refused": loaded.refused,
            "declaration": register.version, "rows": loaded.digest,
        },
    )  # fmt: skip
    if loaded.new or loaded.changed:
        emit("register.loaded", register.code, {"new": loaded.new, "changed": loaded.changed})
    return loaded


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
        register=register, key_hash=party.code_hash if party else "", until=None
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
