"""What the stewards of registers see: holdings, sources, conflicts, unsure pairs. Exported by :mod:`.queries`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.catalogue.resources import Holding
from yiwang.foundation.access.queries import Actor, Scope, permission, reach, require, require_somewhere
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.pages import Page, page
from yiwang.kernel.refusals import Missing

from . import declarations
from .declarations import Declaration
from .history import source_name, told_of
from .holder import rows_held
from .models import Conflict, Link, Linking, Load, Question, Register, Stray
from .reading import Moment, Wanted, read, register_of
from .sources import RULING, Source, same_text

STEWARD = permission("registries.steward", gettext_lazy("管理基础库"))
MOST_FOLLOWING = 10
CONFLICT_PURPOSE = gettext_lazy("核实数据冲突")
PAIR_PURPOSE = gettext_lazy("比对是否同一主体")


@dataclass(frozen=True, slots=True)
class HeldRegister:
    """One register in the stewards' list: what it holds and what waits."""

    declaration: Declaration
    owner: str
    holding: Holding
    conflicts: int
    pairs: int


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source, its agency in words, its last load, and whether what it said is older than it may be."""

    source: Source
    agency: str
    last: Load | None
    stale: bool
    authority: tuple[str, ...]
    strays: int = 0


@dataclass(frozen=True, slots=True)
class RegisterView:
    """A register for its steward, with how many conflicts and links there are in each state."""

    register: Register
    declaration: Declaration
    owner: str
    holding: Holding
    sources: list[SourceView]
    loads: list[Load]
    conflicts: dict[str, int]
    links: dict[str, int]
    linking: Linking | None


@dataclass(frozen=True, slots=True)
class Says:
    """What one source says of the element on which it differs."""

    code: str
    name: str
    agency: str
    value: str
    as_of: dt.date
    wins: bool
    asked: Question | None = None


@dataclass(frozen=True, slots=True)
class ConflictView:
    """A conflict with what each source says, whole: opening it is a look-up with a stated purpose."""

    conflict: Conflict
    declaration: Declaration
    label: str
    key: str  # masked
    says: list[Says]


@dataclass(frozen=True, slots=True)
class Side:
    """One element of a pair: both values whole, and how they compare ("same", "near", "differs", "missing")."""

    name: str
    label: str
    left: str
    right: str
    mark: str


@dataclass(frozen=True, slots=True)
class PairView:
    """Two records side by side: opening it is a look-up with a stated purpose."""

    link: Link
    declaration: Declaration
    source: str
    sides: list[Side]
    before: UUID | None
    following: list[Link]  # the next few that wait, in the order of the list


def _scope(register: Register, level: int = 1) -> Scope:
    return Scope(agency=Agency.objects.get(code=register.owner_id).path, level=level)


def _register(actor: Actor, code: str, level: int = 1) -> tuple[Register, Declaration]:
    register = register_of(code)
    require(actor, _scope(register, level), STEWARD, subject=f"register:{code}")
    return register, declarations.of(register)


def held_registers(actor: Actor) -> list[HeldRegister]:
    """The registers in the actor's reach, by code. Six queries, however many."""
    require_somewhere(actor, STEWARD)
    mine = reach(actor, STEWARD, agency="owner__path", region="owner__region__path")
    registers = list(Register.objects.filter(mine).select_related("owner").order_by("code"))
    codes = [register.code for register in registers]
    holdings = rows_held(codes)
    conflicts = dict(
        Conflict.objects.filter(register__in=codes, state__in=Conflict.WAITING)
        .values_list("register")
        .annotate(Count("id"))
    )
    pairs = dict(
        Link.objects.filter(register__in=codes, state=Link.State.UNSURE).values_list("register").annotate(Count("id"))
    )
    return [
        HeldRegister(
            declarations.of(one), one.owner.name, holdings[one.code], conflicts.get(one.code, 0), pairs.get(one.code, 0)
        )
        for one in registers
    ]


def held_register(actor: Actor, code: str) -> RegisterView:
    """One register for its steward: sources, what came lately, what waits. Nine queries, however much it holds."""
    register, declaration = _register(actor, code)
    names = dict(
        Agency.objects.filter(
            code__in=[register.owner_id, *(source.agency for source in declaration.sources.values())]
        ).values_list("code", "name")
    )
    newest = Load.objects.filter(register=register, source=OuterRef("source")).order_by("-created_at").values("id")[:1]
    last = {
        load.source: load
        for load in Load.objects.filter(register=register, id=Subquery(newest), source__in=list(declaration.sources))
    }
    waiting = dict(
        Stray.objects.filter(register=register, until=None).values_list("source").annotate(Count("id"))
        if declaration.linking
        else []
    )
    conflicts = Conflict.objects.filter(register=register, closed_at=None)
    links = Link.objects.filter(register=register)
    return RegisterView(
        register, declaration, names[register.owner_id], rows_held([code])[code],
        [
            SourceView(
                source, names.get(source.agency, source.agency), last.get(source.code), _stale(source, last.get(source.code)),
                tuple(declaration.elements[name].label for name in declaration.elements if name in source.authority),
                waiting.get(source.code, 0),
            )
            for source in declaration.sources.values()
        ],
        list(Load.objects.filter(register=register).order_by("-created_at")[:10]),
        dict(conflicts.values_list("state").annotate(Count("id"))),
        dict(links.values_list("state").annotate(Count("id"))),
        Linking.objects.filter(register=register).order_by("-created_at").first(),
    )  # fmt: skip


def _stale(source: Source, last: Load | None) -> bool:
    if not source.fresh_days or last is None:
        return False
    return last.as_of < timezone.localdate() - dt.timedelta(days=source.fresh_days)


def conflicts(actor: Actor, code: str, *, state: str = "", element: str = "", cursor: str = "") -> Page[Conflict]:
    """Where sources of a register differ, newest first: what waits, unless a ``state`` is asked for."""
    register, _declaration = _register(actor, code)
    rows = Conflict.objects.filter(register=register)
    rows = rows.filter(state=state) if state in Conflict.State.values else rows.filter(state__in=Conflict.WAITING)
    if element:
        rows = rows.filter(element=element)
    return page(rows, order=("-created_at", "-id"), cursor=cursor)


def conflict(actor: Actor, conflict_id: UUID | str) -> ConflictView:
    """One conflict with what each source says. The look-up is kept for the subject. Raises :class:`Missing`."""
    found = Conflict.objects.select_related("register").filter(id=conflict_id).first()
    if found is None:
        raise Missing(_("没有这条冲突，可能来源已经一致。"))
    declaration = declarations.of(found.register)
    level = declaration.level((found.element,))
    require(actor, _scope(found.register, level), STEWARD, subject=f"register:{found.register_id}")
    fields = tuple(dict.fromkeys((declaration.key, found.element)))
    reading = read(
        actor, [Wanted(declaration, found.key_hash, fields)], str(CONFLICT_PURPOSE), f"conflict:{found.id}"
    ).get((declaration.code, found.key_hash))
    told = told_of(declaration, found.key_hash, Moment(timezone.localdate(), timezone.now()))
    names = dict(
        Agency.objects.filter(code__in={one.agency for one in declaration.sources.values()}).values_list("code", "name")
    )
    questions: dict[str, Question] = {}
    for question in found.questions.select_related("case").order_by("created_at"):
        questions[question.source] = question
    element = declaration.elements[found.element]
    value = reading.data.get(found.element) if reading else None
    says = [
        Says(
            one.source, source_name(declaration, one.source),
            names.get(declaration.sources[one.source].agency, "") if one.source != RULING else "",
            element.words(one.data[found.element]), one.confirmed,
            same_text(one.data[found.element]) == same_text(value), questions.get(one.source),
        )
        for one in told
        if one.data.get(found.element) is not None
    ]  # fmt: skip
    key = declaration.elements[declaration.key].shown(reading.data[declaration.key]) if reading else ""
    return ConflictView(found, declaration, element.label, key, says)


def pairs(actor: Actor, code: str, *, state: str = "", cursor: str = "") -> Page[Link]:
    """Pairs of a register, the likeliest first: those that wait, unless a ``state`` is asked for."""
    register, _declaration = _register(actor, code)
    wanted = state if state in Link.State.values else Link.State.UNSURE
    rows = Link.objects.filter(register=register, state=wanted)
    return page(rows, order=("-probability", "-id"), cursor=cursor)


def pair(actor: Actor, link_id: UUID | str) -> PairView:
    """Two records side by side. The look-up is kept for the subject of the record. Raises :class:`Missing`."""
    link = Link.objects.select_related("register").filter(id=link_id).first()
    row = (
        Stray.objects.filter(register=link.register_id, source=link.source, own_hash=link.own_hash, until=None).first()
        if link
        else None
    )
    if link is None or row is None:
        raise Missing(_("没有这一对记录，可能已经处理过。"))
    declaration = declarations.of(link.register)
    require(actor, _scope(link.register, declaration.level()), STEWARD, subject=f"register:{link.register_id}")
    model = declaration.linking
    first = model.elements() if model else ()
    names = tuple(dict.fromkeys((*first, *(name for name in declaration.elements if name in row.data))))
    reading = read(actor, [Wanted(declaration, link.key_hash, names)], str(PAIR_PURPOSE), f"link:{link.id}").get(
        (declaration.code, link.key_hash)
    )
    held = reading.data if reading else {}
    sides = [
        Side(
            name, declaration.elements[name].label, declaration.elements[name].words(row.data.get(name)),
            declaration.elements[name].words(held.get(name)),
            _mark(row.data.get(name), held.get(name), link.levels.get(name, 0)),
        )
        for name in names
    ]  # fmt: skip
    place = Q(probability__lt=link.probability) | Q(probability=link.probability, id__lt=link.id)
    waiting = Link.objects.filter(register=link.register, state=Link.State.UNSURE).exclude(pk=link.pk)
    following = list(waiting.filter(place).order_by("-probability", "-id")[:MOST_FOLLOWING])
    before = waiting.exclude(place).order_by("probability", "id").values_list("id", flat=True).first()
    return PairView(link, declaration, source_name(declaration, link.source), sides, before, following)


def _mark(left: object, right: object, level: int) -> str:
    if left is None or right is None:
        return "missing"
    if same_text(left) == same_text(right):
        return "same"
    return "near" if level > 0 else "differs"


def linking(actor: Actor, code: str) -> Linking | None:
    """The last run of the register's model, with its progress."""
    register, _declaration = _register(actor, code)
    return Linking.objects.filter(register=register).order_by("-created_at").first()


def waiting_for_steward(actor: Actor) -> int:
    """How many conflicts and pairs wait in the actor's reach, at most 100: a figure for the menu."""
    mine = reach(actor, STEWARD, agency="register__owner__path", region="register__owner__region__path")
    open_conflicts = Conflict.objects.filter(mine, state=Conflict.State.OPEN)[:100].count()
    return min(100, open_conflicts + Link.objects.filter(mine, state=Link.State.UNSURE)[:100].count())


__all__ = [
    "STEWARD", "ConflictView", "HeldRegister", "PairView", "RegisterView", "Says", "Side", "SourceView", "conflict",
    "conflicts", "held_register", "held_registers", "linking", "pair", "pairs", "waiting_for_steward",
]  # fmt: skip
