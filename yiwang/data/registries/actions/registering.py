"""Declaring a register, and loading rows into it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.registries import declarations, loading
from yiwang.data.registries.declarations import Declaration
from yiwang.data.registries.loading import Loaded
from yiwang.data.registries.models import Register, RegisterVersion
from yiwang.data.registries.reading import register_of
from yiwang.foundation.access.queries import NODE, Actor, Scope, act, allowed, require
from yiwang.foundation.events.actions import emit
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Conflict, Invalid, Problem


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
    _know_agencies(declaration)
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

    ``source`` is the code of a declared source; where the register declares none, words that say where the rows come from. ``as_of``
    is the day from which they hold (today): what held before stays known for the days before, and rows for an earlier day change
    what is known about it, never what was known then. The source's own agency may load, and the register's owner. With ``strict`` a wrong
    row refuses the whole load (:class:`Invalid`, the first wrong rows listed); without it wrong rows are left out and
    counted, with the reasons of the first hundred.
    """
    register = register_of(register_code, lock=True)  # the loads of a register follow each other, and so do its changes
    declaration = declarations.of(register)
    agency = Agency.objects.get(code=register.owner_id)
    declared = declaration.sources.get(source)
    scope = Scope(agency=agency.path, level=declaration.level())
    if declared is not None and declared.agency != agency.code:
        own = Agency.objects.filter(code=declared.agency).values_list("path", flat=True).first()
        theirs = Scope(agency=own or agency.path, level=declaration.level())
        scope = theirs if allowed(actor, "registries.load", theirs) else scope
    require(actor, scope, subject=f"register:{register.code}")
    if declaration.sources and declared is None:
        message = _("“%(register)s”没有声明来源“%(source)s”。可用：%(known)s。") % {
            "register": register.name, "source": source, "known": "、".join(declaration.sources),
        }  # fmt: skip
        raise Invalid(message, problems=[Problem("source", "unknown", message)])
    loaded = loading.load(
        register, rows, source=source or agency.name, as_of=as_of or timezone.localdate(), strict=strict,
        by=actor.reference(),
    )  # fmt: skip
    record(
        "register", register.code,
        {
            "new": loaded.new, "changed": loaded.changed, "same": loaded.same, "refused": loaded.refused,
            "declaration": register.version, "rows": loaded.digest, "source": source if declared else "",
        },
    )  # fmt: skip
    if loaded.new or loaded.changed:
        emit("register.loaded", register.code, {"new": loaded.new, "changed": loaded.changed})
    return loaded


def _know_agencies(declaration: Declaration) -> None:
    """Raise :class:`Invalid` for a source whose agency is not there."""
    codes = {source.agency for source in declaration.sources.values()}
    unknown = codes - set(Agency.objects.filter(code__in=codes).values_list("code", flat=True))
    if unknown:
        message = _("没有代码为“%(code)s”的机构，请先录入机构。") % {"code": "、".join(sorted(unknown))}
        raise Invalid(message, problems=[Problem("sources", "missing", message)])
