"""Front door for reading the library. What is in force is public; drafts are for those who write them."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, allowed, permission, require
from yiwang.foundation.drafts import queries as drafted
from yiwang.foundation.drafts.queries import Change, Draft
from yiwang.foundation.orgs.queries import Region
from yiwang.kernel.pages import Page, page
from yiwang.kernel.refusals import Missing

from .bodies import MASKS, REGIONS, STATUSES, TYPES, problems
from .models import Entry, EntryVersion
from .slots import Use, users

__all__ = [
    "MASKS",
    "READ",
    "STATUSES",
    "TYPES",
    "CodeSet",
    "Deviation",
    "Element",
    "Entry",
    "EntryVersion",
    "Value",
    "Wanted",
    "changes",
    "code_set_choices",
    "codes",
    "counts",
    "departs",
    "deviations",
    "draft",
    "drafts",
    "element",
    "elements",
    "entry",
    "every",
    "find",
    "forget",
    "listing",
    "mistakes",
    "uses",
    "versions",
    "wanted_of",
]

READ = permission("standards.read", gettext_lazy("查看标准库"), public=True)
WRITE, PUBLISH = "standards.draft", "standards.publish"
_LIFE = dt.timedelta(seconds=30)  # another process may have published


@dataclass(frozen=True, slots=True)
class Value:
    """One code of a code set; ``until`` is the first day on which it is no longer used."""

    code: str
    name: str
    parent: str = ""
    note: str = ""
    until: dt.date | None = None

    def holds(self, on: dt.date) -> bool:
        return self.until is None or on < self.until


@dataclass(frozen=True, slots=True)
class CodeSet:
    """A code set in one version. ``values`` has every code that was ever published, those that have ended too."""

    code: str
    name: str
    version: int
    standard: str
    values: Mapping[str, Value] = field(default_factory=dict)
    regions: bool = False  # the codes are the divisions of the node

    def __contains__(self, code: object) -> bool:
        """Whether ``code`` may be used today."""
        if self.regions:
            return isinstance(code, str) and Region.objects.filter(code=code).exists()
        value = self.values.get(str(code))
        return value is not None and value.holds(timezone.localdate())

    def label(self, code: str) -> str:
        """What a code means, an ended one too; the code itself when it is not known."""
        if self.regions:
            return Region.objects.filter(code=code).values_list("name", flat=True).first() or code
        value = self.values.get(code)
        return value.name if value else code

    def current(self, on: dt.date | None = None) -> dict[str, str]:
        """The codes that may be used on a day (today), with their names, in their order. Empty for divisions: there are too many."""
        day = on or timezone.localdate()
        return {value.code: value.name for value in self.values.values() if value.holds(day)}


@dataclass(frozen=True, slots=True)
class Element:
    """A data element in force. ``length`` 0 is without a bound; ``level`` is its GB/T 43697 level, 1 … 4."""

    code: str
    name: str
    version: int
    definition: str
    type: str
    length: int
    codes: str
    level: int
    mask: str
    standard: str
    synonyms: tuple[str, ...] = ()


_lock = threading.Lock()
_kept: dict[tuple[str, str], tuple[dt.datetime, CodeSet | Element | None]] = {}


def forget() -> None:
    """Read everything anew (something was published; a test ended)."""
    with _lock:
        _kept.clear()


def _of(row: Entry) -> CodeSet | Element:
    body = row.body
    if row.kind == Entry.Kind.CODE_SET:
        values = {
            value["code"]: Value(
                value["code"], value["name"], value.get("parent", ""), value.get("note", ""),
                dt.date.fromisoformat(value["until"]) if value.get("until") else None,
            )
            for value in body.get("values", [])
        }  # fmt: skip
        return CodeSet(row.code, row.name, row.version, row.standard, values, body.get("source") == REGIONS)
    return Element(
        row.code, row.name, row.version, body.get("definition", ""), body["type"], body.get("length", 0), body.get("codes", ""),
        body.get("level", 1), body.get("mask", ""), row.standard, tuple(body.get("synonyms", ())),
    )  # fmt: skip


def _read(kind: str, code: str) -> CodeSet | Element | None:
    now = timezone.now()
    found = _kept.get((kind, code))
    if found is not None and now - found[0] < _LIFE:
        return found[1]
    row = Entry.objects.filter(kind=kind, code=code, state=Entry.State.PUBLISHED).first()
    value = _of(row) if row else None
    if (
        value is not None and not transaction.get_connection().in_atomic_block
    ):  # what is not committed is kept by nobody
        with _lock:
            _kept[kind, code] = (now, value)
    return value


def codes(code: str) -> CodeSet:
    """The code set ``code`` in force, kept in memory for half a minute. Raises :class:`Missing`."""
    found = _read(Entry.Kind.CODE_SET, code)
    if not isinstance(found, CodeSet):
        raise Missing(_("标准库里没有代码集“%(code)s”，或者它已经停用。") % {"code": code[:60]})
    return found


def element(code: str) -> Element:
    """The data element ``code`` in force, kept in memory for half a minute. Raises :class:`Missing`."""
    found = _read(Entry.Kind.ELEMENT, code)
    if not isinstance(found, Element):
        raise Missing(_("标准库里没有数据元“%(code)s”，或者它已经停用。") % {"code": code[:60]})
    return found


def elements(wanted: set[str]) -> dict[str, Element]:
    """Those of these elements that are in force, by code. One query."""
    rows = Entry.objects.filter(kind=Entry.Kind.ELEMENT, code__in=wanted, state=Entry.State.PUBLISHED)
    return {row.code: found for row in rows if isinstance(found := _of(row), Element)}


def every(kind: str) -> list[Entry]:
    """All entries of a kind that are in force, by code, without bodies: for lists to choose from."""
    return list(Entry.objects.filter(kind=kind, state=Entry.State.PUBLISHED).defer("body").order_by("code"))


def code_set_choices() -> list[tuple[str, str]]:
    """The code sets in force, to choose from."""
    return [(row.code, f"{row.name}（{row.code}）") for row in every(Entry.Kind.CODE_SET)]


# The library for people


@dataclass(frozen=True, slots=True)
class Wanted:
    """How somebody looks through the library. ``text`` is in the name, the code, the definition or a code's meaning."""

    kind: str = Entry.Kind.ELEMENT
    text: str = ""
    type: str = ""
    standard: str = ""
    withdrawn: bool = False


def wanted_of(address: Mapping[str, str]) -> Wanted:
    """The filters that an address names (kind, q, type, standard, state); what is wrong in it is passed over."""
    kind = address.get("kind", "")
    return Wanted(
        kind if kind in Entry.Kind.values else Entry.Kind.ELEMENT.value,
        address.get("q", "").strip()[:100],
        address.get("type", "")[:20],
        address.get("standard", "")[:120],
        address.get("state") == "withdrawn",
    )


def _matching(wanted: Wanted) -> QuerySet[Entry]:
    state = Entry.State.WITHDRAWN if wanted.withdrawn else Entry.State.PUBLISHED
    rows = Entry.objects.filter(kind=wanted.kind, state=state)
    if wanted.type:
        rows = rows.filter(type=wanted.type)
    if wanted.standard:
        rows = rows.filter(standard__startswith=wanted.standard)
    for word in wanted.text.split():
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(code__icontains=word)
            | Q(standard__icontains=word)
            | Q(body__definition__icontains=word)
        )
    return rows


def listing(actor: Actor, wanted: Wanted, *, cursor: str = "", size: int = 50) -> Page[Entry]:
    """A page of entries by code. One query."""
    require(actor, permission=READ)
    return page(_matching(wanted), order=("code", "id"), cursor=cursor, size=size)


def counts(actor: Actor) -> dict[str, int]:
    """How many entries of each kind are in force. One query."""
    require(actor, permission=READ)
    rows = Entry.objects.filter(state=Entry.State.PUBLISHED).values_list("kind").annotate(n=Count("id")).order_by()
    return dict(rows)


def find(actor: Actor, wanted: Wanted) -> Iterator[Entry]:
    """All that a list would show, for an export."""
    require(actor, permission=READ)
    yield from _matching(wanted).order_by("code").iterator()


def entry(actor: Actor, kind: str, code: str) -> Entry:
    """One entry, in force or withdrawn. Raises :class:`Missing`."""
    require(actor, permission=READ)
    found = Entry.objects.filter(kind=kind, code=code).first()
    if found is None:
        raise Missing(_("标准库里没有“%(code)s”。") % {"code": code[:60]})
    return found


def versions(actor: Actor, found: Entry) -> list[EntryVersion]:
    """The versions of an entry, newest first."""
    require(actor, permission=READ)
    return list(found.versions.order_by("-version"))


def drafts(actor: Actor, kind: str) -> list[Draft]:
    """What is being written, for those who may write or publish; nothing for others."""
    if not (allowed(actor, WRITE) or allowed(actor, PUBLISH)):
        return []
    return drafted.drafts(drafts_of(kind))


def drafts_of(kind: str) -> str:
    """What drafts of a kind of entry are called among the drafts."""
    return f"std.{kind}"


def draft(actor: Actor, kind: str, code: str) -> Draft | None:
    """The draft of an entry, for those who may write or publish it."""
    require(actor, permission=PUBLISH if allowed(actor, PUBLISH) else WRITE, subject=f"{kind}:{code}"[:120])
    return drafted.draft(drafts_of(kind), code)


def mistakes(kind: str, body: Any) -> list[Any]:
    """What is wrong with a body by itself."""
    return problems(kind, body)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs between two bodies, codes matched by their code."""
    return drafted.changes(_told(before), _told(after))


_WORDS: dict[str, Any] = {
    "name": gettext_lazy("名称"), "definition": gettext_lazy("定义"), "type": gettext_lazy("数据类型"), "length": gettext_lazy("长度"),
    "decimals": gettext_lazy("小数位数"), "codes": gettext_lazy("代码集"), "level": gettext_lazy("数据级别"), "mask": gettext_lazy("遮盖方式"),
    "unit": gettext_lazy("单位"), "synonyms": gettext_lazy("别名"), "standard": gettext_lazy("来源标准"), "note": gettext_lazy("说明"),
    "source": gettext_lazy("代码来源"), "number": gettext_lazy("标准号"), "status": gettext_lazy("状态"), "governs": gettext_lazy("管什么"),
    "in_force_on": gettext_lazy("实施日期"), "ended_on": gettext_lazy("废止日期"), "code": gettext_lazy("代码"),
}  # fmt: skip


def _told(body: Mapping[str, Any]) -> dict[Any, tuple[str, str]]:
    told: dict[Any, tuple[str, str]] = {}
    for name, value in body.items():
        if name == "values":
            for one in value:
                words = "，".join(str(one[part]) for part in ("name", "parent", "note", "until") if one.get(part))
                told["values", one["code"]] = (_("代码 %(code)s") % {"code": one["code"]}, words)
        else:
            shown = "、".join(value) if isinstance(value, list) else str(value)
            told[name] = (str(_WORDS.get(name, name)), shown)
    return told


# What departs from the library


@dataclass(frozen=True, slots=True)
class Deviation:
    """A field that names an entry of the library and departs from it."""

    kind: str  # what kind of place it is, in words
    use: Use
    why: str


def departs(use: Use, known: Mapping[str, Element]) -> list[str]:
    """How a use departs from the element that it names, in sentences; ``known`` holds the elements in force."""
    if not use.element:
        return []
    found = known.get(use.element)
    if found is None:
        return [_("标准库里没有数据元“%(code)s”，或者它已经停用。") % {"code": use.element}]
    wrong = []
    if use.type and use.type != found.type:
        wrong.append(
            _("类型是“%(here)s”，数据元“%(name)s”规定是“%(there)s”。")
            % {"here": TYPES.get(use.type, use.type), "name": found.name, "there": TYPES[found.type]}
        )
    if found.length and use.length > found.length:
        wrong.append(
            _("长度是 %(here)d，数据元“%(name)s”规定最长 %(there)d。")
            % {"here": use.length, "name": found.name, "there": found.length}
        )
    if use.codes != found.codes and (use.codes or use.type == "code"):
        wrong.append(
            _("代码集是“%(here)s”，数据元“%(name)s”规定用“%(there)s”。")
            % {"here": use.codes or _("没有"), "name": found.name, "there": found.codes or _("没有")}
        )
    if use.level and use.level < found.level:
        wrong.append(
            _("级别是 %(here)d 级，数据元“%(name)s”至少 %(there)d 级。")
            % {"here": use.level, "name": found.name, "there": found.level}
        )
    return wrong


def deviations(actor: Actor) -> list[Deviation]:
    """Every field of forms, registers and resources that departs from the element or names a code set that is not there."""
    require(actor, permission=PUBLISH if allowed(actor, PUBLISH) else WRITE, subject="deviations")
    known = {row.code: found for row in _in_force(Entry.Kind.ELEMENT) if isinstance(found := _of(row), Element)}
    sets = set(_in_force(Entry.Kind.CODE_SET).values_list("code", flat=True))
    wrongs: list[Deviation] = []
    for user in users.values():
        for use in user.uses(""):
            wrong = departs(use, known)
            if use.codes and use.codes not in sets:
                wrong.append(_("标准库里没有代码集“%(code)s”，或者它已经停用。") % {"code": use.codes})
            wrongs += [Deviation(str(user.name), use, why) for why in wrong]
    return wrongs


def _in_force(kind: str) -> QuerySet[Entry]:
    return Entry.objects.filter(kind=kind, state=Entry.State.PUBLISHED)


MOST_USES = 200


def uses(code: str) -> list[tuple[str, Use]]:
    """Where an element or code set is used: kind of place in words, use. The first two hundred."""
    found = []
    for user in users.values():
        for use in user.uses(code):
            if code in (use.element, use.codes):
                found.append((str(user.name), use))
                if len(found) == MOST_USES:
                    return found
    return found
