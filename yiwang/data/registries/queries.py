"""Front door for reading registers: one record, facts for a rule, what is held about me and who used it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, owner, permission, require
from yiwang.foundation.accounts.queries import Party
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.pages import Page
from yiwang.kernel.refusals import Invalid, Missing, Problem

from . import declarations, slots
from .declarations import Declaration, FactRule
from .models import LookUp, Objection, Register
from .reading import LOOK_UP, Reading, Wanted, declaration_of, granted, read
from .slots import DataUse

__all__ = [
    "LOOK_UP",
    "Fact",
    "Reading",
    "check",
    "facts",
    "held_about",
    "labels",
    "look_up",
    "my_objections",
    "owner_names",
    "prefilling",
    "registers",
    "who_used",
]

CATALOGUE = permission("registries.catalogue", _("查看基础库目录"), public=True)
NOT_FOUND = gettext_lazy("没有查到这条记录。请核对号码；刚登记的，过一天再查。")
OWN = permission("registries.own", _("查看谁用了我的数据"), party=True)


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact for a rule, where it comes from, and the day for which the source says so (None: there is no record)."""

    name: str
    value: Any
    source: str
    as_of: dt.date | None


def registers() -> list[Declaration]:
    """Every declared register, by code. Which registers exist, and what they hold, is public (个人信息保护法第七条)."""
    return [declarations.of(row) for row in Register.objects.order_by("code")]


def check(body: Any) -> list[Problem]:
    """What is wrong with a register's declaration; an empty list when it holds."""
    try:
        declarations.checked(body)
    except Invalid as refusal:
        return list(refusal.problems)
    return []


def look_up(
    register_code: str, key: str, *, purpose: str, actor: Actor, fields: Iterable[str] = (), about: str = ""
) -> Reading | None:
    """The record of ``key``, or None; the look-up is recorded either way.

    ``fields`` limits what is read (and so the level that the actor needs); ``about`` names the thing that needs it. Raises
    :class:`Missing` for an unknown register, :class:`Invalid` without a purpose or with an unknown field, :class:`Denied`.
    """
    declaration = declaration_of(register_code)
    names = tuple(fields)
    unknown = [name for name in names if name not in declaration.elements]
    if unknown:
        message = _("“%(register)s”没有数据项：%(names)s。") % {
            "register": declaration.name,
            "names": "、".join(unknown),
        }
        raise Invalid(message, problems=[Problem("fields", "unknown", message)])
    wanted = Wanted(declaration, declaration.hash_of(key.strip().upper()), names)
    return read(actor, [wanted], purpose, about).get((declaration.code, wanted.key_hash))


def facts(
    wanted: Iterable[str], *, actor: Actor, parties: Iterable[UUID], purpose: str, about: str = "",
    today: dt.date | None = None,
) -> dict[str, Fact]:  # fmt: skip
    """Facts for rules about some parties: "social_insurance.employed" → Fact(True, …).

    Each name is "register.fact" as the register declares it; of ``parties`` the one of the register's subject kind is
    asked about. Only the elements behind the facts are read. A fact without a record has the declared ``missing`` value.
    Raises :class:`LookupError` for a fact that is not declared: an author's mistake, caught when a pack is tried.
    """
    today = today or timezone.localdate()
    rules = {name: _rule(name) for name in wanted}
    subjects = {
        {Party.Kind.PERSON: "person", Party.Kind.ORGANISATION: "organisation"}[Party.Kind(kind)]: code_hash
        for kind, code_hash in Party.objects.filter(id__in=list(parties)).values_list("kind", "code_hash")
    }
    asked: dict[str, Wanted] = {}
    for declaration, rule in rules.values():
        if declaration.subject not in subjects:
            continue
        fields = {*asked[declaration.code].fields} if declaration.code in asked else set()
        fields |= {rule.element, *({"sex"} & declaration.elements.keys() if rule.derive else ())}
        asked[declaration.code] = Wanted(declaration, subjects[declaration.subject], tuple(sorted(fields)))
    found = {
        register: reading for (register, _hash), reading in read(actor, list(asked.values()), purpose, about).items()
    }
    allowed = granted(asked.values(), about)
    result: dict[str, Fact] = {}
    for name, (declaration, rule) in rules.items():
        if declaration.code in asked and declaration.code not in allowed:  # not asked is not the same as not there
            result[name] = Fact(name, None, declaration.name, None)
            continue
        reading = found.get(declaration.code)
        value = rule.of(reading.data if reading else None, today)
        result[name] = Fact(name, value, declaration.name, reading.as_of if reading else None)
    return result


def _rule(name: str) -> tuple[Declaration, FactRule]:
    code, _dot, fact = name.partition(".")
    register = Register.objects.filter(code=code).first()
    rule = declarations.of(register).facts.get(fact) if register else None
    if register is None or rule is None:
        raise LookupError(f"no register declares the fact {name!r}")
    return declarations.of(register), rule


def prefilling(source: str) -> list[Declaration]:
    """The registers that prefill forms as ``source`` ("person", "firm")."""
    return [declarations.of(row) for row in Register.objects.filter(body__prefill__source=source).order_by("code")]


def labels(register: Register, names: Iterable[str]) -> list[str]:
    """The elements ``names`` in words; a name that the register no longer has stays as it is."""
    elements = declarations.of(register).elements
    return [elements[name].label if name in elements else name for name in names]


def owner_names(readings: Iterable[Reading]) -> dict[str, str]:
    """The agencies that answer for the registers of ``readings``, by code."""
    return dict(Agency.objects.filter(code__in={r.declaration.owner for r in readings}).values_list("code", "name"))


def _own_hash(actor: Actor) -> str:
    require(actor, owner(actor.party_id), OWN)
    found = Party.objects.filter(id__in=[actor.party_id]).values_list("code_hash", flat=True).first()
    if found is None:
        raise Missing(_("您的账号没有对应到个人或单位，没有可以查看的数据。"))
    return found


def held_about(actor: Actor) -> list[Reading]:
    """What the registers hold about the party that the actor acts for. Looking at one's own data is recorded too."""
    own = _own_hash(actor)
    kind = "person" if actor.party_kind == Party.Kind.PERSON else "organisation"
    wanted = [Wanted(declaration, own) for declaration in registers() if declaration.subject == kind]
    found = read(actor, wanted, _("查看本人数据")) if wanted else {}
    return [found[(item.declaration.code, own)] for item in wanted if (item.declaration.code, own) in found]


def _read_here(own: str, before: dt.datetime | None, most: int) -> list[DataUse]:
    """Readings of the registers themselves."""
    rows = LookUp.objects.filter(key_hash=own).select_related("register")
    if before is not None:
        rows = rows.filter(at__lte=before)
    return [
        DataUse(
            row.at, f"look-up:{row.id:020d}", row.register.name, row.reader, row.purpose,
            tuple(labels(row.register, row.fields)), row.found, row.grant,
        )
        for row in rows.order_by("-at", "-id")[:most]
    ]  # fmt: skip


USES = 30  # on a page


def who_used(actor: Actor, cursor: str = "") -> Page[DataUse]:
    """Every reading of the data of the party that the actor acts for, newest first, whichever room gave it out. One query for each."""
    own = _own_hash(actor)
    before, last = _cursor(cursor)
    # Those of the very moment of the cursor come again, and are left out by their keys.
    found = [use for source in (_read_here, *slots.uses.values()) for use in source(own, before, USES + SAME_MOMENT)]
    found = [use for use in found if before is None or (use.at, use.key) < (before, last)]
    found.sort(key=lambda use: (use.at, use.key), reverse=True)
    more = f"{found[USES - 1].at.isoformat()}|{found[USES - 1].key}" if len(found) > USES else ""
    return Page(found[:USES], more)


SAME_MOMENT = 20  # uses of one person within one microsecond, at most


def _cursor(text: str) -> tuple[dt.datetime | None, str]:
    if not text:
        return None, ""
    moment, _bar, key = text.partition("|")
    try:
        return dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC), key
    except ValueError:
        raise Invalid(
            _("翻页位置无效，请从第一页重新开始。"), problems=[Problem("cursor", "format", _("翻页位置无效"))]
        ) from None


def my_objections(actor: Actor) -> list[Objection]:
    """The newest objections of the party that the actor acts for, at most a hundred."""
    require(actor, owner(actor.party_id), OWN)
    return list(
        Objection.objects.filter(party__in=[actor.party_id]).select_related("register").order_by("-created_at")[:100]
    )
