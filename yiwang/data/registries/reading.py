"""Reading records: who may, and the trace that each reading leaves. Private to this room."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.config.environment import environment
from yiwang.foundation.access.queries import Actor, Held, Level, Scope, permission, require
from yiwang.foundation.accounts.queries import Party
from yiwang.foundation.orgs.queries import Agency, Region
from yiwang.kernel.refusals import Invalid, Missing, Problem

from . import declarations, slots
from .declarations import Declaration
from .models import LookUp, Register, RegisterRecord
from .records import GONE

R = TypeVar("R", bound=Model)
LOOK_UP = permission("registries.look_up", _("按用途查询基础库"), party=True, level=Level.FACE)
log = structlog.get_logger("yiwang.registries")
SHORTEST_PURPOSE, LONGEST_PURPOSE = 2, 120


@dataclass(frozen=True, slots=True)
class Line:
    """One element of a record as a page shows it, its telling part hidden."""

    name: str
    label: str
    shown: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of one record. ``data`` is whole, for code; :meth:`lines` are for a page."""

    register: str
    source: str  # the register's name, in words
    key_hash: str
    version: int
    data: dict[str, Any]
    as_of: dt.date
    since: dt.datetime
    declaration: Declaration
    sole: str = ""  # the code of the only source that speaks of it; "" for several, or where none is declared

    def lines(self) -> list[Line]:
        """Each element that has a value, in the declared order. One query when the record names divisions."""
        held = [(element, self.data[name]) for name, element in self.declaration.elements.items() if name in self.data]
        codes = [value for element, value in held if element.type == "region"]
        names = _division_names(codes) if codes else {}
        return [
            Line(
                element.name, element.label,
                names.get(value, value) if element.type == "region" else element.shown(value),
            )
            for element, value in held
        ]  # fmt: skip


def _division_names(codes: Sequence[str]) -> dict[str, str]:
    """Divisions by code, in words from the county down: 云山区钟楼街道东门社区."""
    paths = dict(Region.objects.filter(code__in=codes).values_list("code", "path"))
    above = {part for path in paths.values() for part in path.strip("/").split("/")}
    names = dict(Region.objects.filter(code__in=above).values_list("code", "name"))
    return {
        code: "".join(names[part] for part in path.strip("/").split("/")[2:] or [code]) for code, path in paths.items()
    }


@dataclass(frozen=True, slots=True)
class Wanted:
    """One reading that is asked for. No ``fields`` means every element."""

    declaration: Declaration
    key_hash: str
    fields: tuple[str, ...] = ()


def purpose_of(text: str) -> str:
    """A stated purpose, trimmed. Raises :class:`Invalid` when there is none: nobody reads "just so"."""
    text = text.strip()
    if not SHORTEST_PURPOSE <= len(text) <= LONGEST_PURPOSE:
        message = _("请写明查询用途，例如“办理食品经营许可”，2 至 120 个字。")
        raise Invalid(message, problems=[Problem("purpose", "required", message)])
    return text


def _reader(actor: Actor, wanted: Wanted, owner_path: str) -> Held | None:
    """The role by which a reader of another agency may read, where the register names that role as a reader."""
    level = wanted.declaration.level(wanted.fields)
    return next(
        (held for held in actor.held if held.role in wanted.declaration.readers and level <= held.data_level), None
    )


def _ask(actor: Actor, wanted: Wanted, owner_path: str, party_id: Any) -> LookUp.Kind:
    """Refuse unless ``actor`` may read; say on which ground."""
    subject = f"register:{wanted.declaration.code}"
    level = wanted.declaration.level(wanted.fields)
    if actor.system:
        require(actor, Scope(level=level), LOOK_UP, subject=subject)
        return LookUp.Kind.NODE
    mine = party_id is not None and any(own == party_id for own, *_rest in actor.parties)
    held = None if mine else _reader(actor, wanted, owner_path)
    if held is not None:
        require(
            actor, Scope(agency=held.agency, region=held.region, level=level), LOOK_UP, role=held.role, subject=subject
        )
        return LookUp.Kind.OFFICIAL
    require(
        actor, Scope(agency=owner_path, party=party_id, level=level), LOOK_UP, subject=subject,
        message=_("这些数据只能由本人，或者由登记的使用部门因公务查询。"),
    )  # fmt: skip
    return LookUp.Kind.SELF if mine else LookUp.Kind.OFFICIAL


def _reader_words(actor: Actor, kind: LookUp.Kind) -> str:
    if kind == LookUp.Kind.SELF:
        return _("您本人")
    if kind == LookUp.Kind.NODE:
        return _("%(node)s政务服务系统（自动核验）") % {"node": environment.node_name}
    codes = {held.agency.rstrip("/").rsplit("/", 1)[-1] for held in actor.held if held.agency}
    names = Agency.objects.filter(code__in=codes).order_by("path").values_list("name", flat=True)
    return "、".join(names)[:120] or environment.node_name


@dataclass(frozen=True, slots=True)
class Moment:
    """ "What did we know on day X about day Y": ``day`` is Y, ``known_at`` is X as a moment."""

    day: dt.date
    known_at: dt.datetime


def observed(rows: QuerySet[R], when: Moment) -> QuerySet[R]:
    """Those of ``rows`` (records, claims) that were known at a moment and hold on a day or before it, in the order of their days."""
    return rows.filter(
        Q(until=None) | Q(until__gt=when.known_at), as_of__lte=when.day, since__lte=when.known_at
    ).order_by("as_of", "since")


ITEM = "item:"  # what a reading for a service item is about


def granted(wanted: Iterable[Wanted], about: str) -> dict[str, str]:
    """The registers of ``wanted`` that may be read, with the grant that each reading rests on.

    What is read for a service item rests on a grant, and a register without one is left out: nobody is kept from applying, the person
    types, hands in or waits for a clerk instead. What is read for oneself, or by an official in a case, rests on the role (below).
    """
    ground = slots.grounds.get("grants")
    if ground is None or not about.startswith(ITEM):
        return {item.declaration.code: "" for item in wanted}
    found = {}
    for item in wanted:
        number = ground(
            about.removeprefix(ITEM), item.declaration.code, item.fields or tuple(item.declaration.elements)
        )
        if number:
            found[item.declaration.code] = number
        else:
            log.info("a register is not read for want of a grant", register=item.declaration.code, about=about)
    return found


def read(
    actor: Actor, wanted: Sequence[Wanted], purpose: str, about: str = "", when: Moment | None = None
) -> dict[tuple[str, str], Reading]:
    """Read several records at once, keyed by (register, key hash); each reading is recorded, found or not.

    Six queries at most, however many records. A subject's own look-up for the same purpose is kept once a day.
    """
    purpose = purpose_of(purpose)
    grants = granted(wanted, about)
    wanted = [item for item in wanted if item.declaration.code in grants]
    if not wanted:
        return {}
    hashes = {item.key_hash for item in wanted}
    owners = dict(Agency.objects.filter(code__in={w.declaration.owner for w in wanted}).values_list("code", "path"))
    parties = dict(Party.objects.filter(code_hash__in=hashes).values_list("code_hash", "id"))
    kinds = [_ask(actor, item, owners[item.declaration.owner], parties.get(item.key_hash)) for item in wanted]
    held = RegisterRecord.objects.filter(
        key_hash__in=hashes, register_id__in={item.declaration.code for item in wanted}
    )
    # In the order of their days, so that the last one wins.
    held = held.filter(until=None, latest=True) if when is None else observed(held, when)
    rows = {(row.register_id, row.key_hash): row for row in held}
    rows = {place: row for place, row in rows.items() if row.content_hash != GONE}
    found: dict[tuple[str, str], Reading] = {}
    traces: list[LookUp] = []
    words: dict[LookUp.Kind, str] = {}
    for item, kind in zip(wanted, kinds, strict=True):
        place = (item.declaration.code, item.key_hash)
        row = rows.get(place)
        names = item.fields or tuple(item.declaration.elements)
        if row is not None:
            found[place] = Reading(
                item.declaration.code, item.declaration.name, item.key_hash, row.version,
                {name: row.data[name] for name in names if name in row.data}, row.as_of, row.since, item.declaration, row.source,
            )  # fmt: skip
        if kind not in words:
            words[kind] = _reader_words(actor, kind)
        traces.append(
            LookUp(
                register_id=item.declaration.code, key_hash=item.key_hash, found=row is not None, fields=list(names),
                purpose=purpose, about=about[:80], kind=kind, reader=words[kind], account_id=actor.account_id,
                channel=actor.channel, request_id=actor.request_id, grant=grants[item.declaration.code],
            )
        )  # fmt: skip
    _keep(actor, traces)
    return found


def _keep(actor: Actor, traces: Iterable[LookUp]) -> None:
    traces = list(traces)
    own = [trace for trace in traces if trace.kind == LookUp.Kind.SELF]
    if own:  # opening one's own form ten times is one use, not ten rows
        today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        same = Q()
        for trace in own:
            same |= Q(key_hash=trace.key_hash, register_id=trace.register_id)
        kept = {
            (row.register_id, row.key_hash, tuple(row.fields))
            for row in LookUp.objects.filter(
                same, at__gte=today, kind=LookUp.Kind.SELF, purpose=own[0].purpose, account_id=actor.account_id
            )
        }
        traces = [
            trace
            for trace in traces
            if trace.kind != LookUp.Kind.SELF or (trace.register_id, trace.key_hash, tuple(trace.fields)) not in kept
        ]
    LookUp.objects.bulk_create(traces)


def register_of(code: str, *, lock: bool = False) -> Register:
    """The register with ``code``; with ``lock`` for this transaction alone. Raises :class:`Missing`."""
    rows = Register.objects.select_for_update() if lock else Register.objects
    register = rows.filter(code=code).first()
    if register is None:
        raise Missing(_("没有编号为“%(code)s”的基础库。") % {"code": code})
    return register


def declaration_of(code: str) -> Declaration:
    """The compiled declaration of the register with ``code``. Raises :class:`Missing`."""
    return declarations.of(register_of(code))
