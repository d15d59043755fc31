"""A published item, ready for use: compiled once for each version and kept in the memory of the process.

Versions never change, so what is compiled never grows old. Which version is current, and where the agency lies, is read at each
look-up in one small query.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yiwang.kernel.refusals import Problem

from .body import ONLINE
from .models import ItemVersion
from .standard import type_name

KEPT = 4096  # compiled versions in memory, some 10 KB each


@dataclass(frozen=True, slots=True)
class Limit:
    """A number of days by law or promise. ``unit`` is "working" or "calendar"."""

    count: int
    unit: str

    def __str__(self) -> str:
        days = ngettext("%(n)s 天", "%(n)s 天", self.count)
        words = ngettext("%(n)s 个工作日", "%(n)s 个工作日", self.count) if self.unit == "working" else days
        return words % {"n": self.count}


@dataclass(frozen=True, slots=True)
class Limits:
    """How long it may take. ``acceptance_days`` are working days until it is accepted or refused."""

    acceptance_days: int = 5
    statutory: Limit | None = None
    promised: Limit | None = None
    notes: str = ""
    special: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    code: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """A question whose answer decides what is needed."""

    code: str
    question: str
    options: tuple[Option, ...]
    help: str = ""
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def label(self, option: str) -> str:
        """The words of an option; "" for one that it does not have."""
        return next((item.label for item in self.options if item.code == option), "")


@dataclass(frozen=True, slots=True)
class Replacement:
    """How a material need not be handed in: by a licence, a register's data, a commitment, or the system's own paper."""

    kind: str
    label: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class MaterialNeed:
    """A material as one case needs it."""

    code: str
    name: str
    required: bool = True
    formats: tuple[str, ...] = ()
    originals: int = 0
    copies: int = 0
    note: str = ""
    sample: str = ""
    library_kind: str = ""
    replaced_by: Replacement | None = None
    how_to_get: str = ""
    issuer: str = ""
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Window:
    place: str
    name: str = ""
    hours: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Fee:
    """An item of a fee, in cents."""

    name: str
    cents: int
    unit: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """Whether it can be asked for now. ``status`` is open, paused, seasonal or closed."""

    status: str = "open"
    reason: str = ""
    since: dt.date | None = None
    until: dt.date | None = None

    def open_on(self, day: dt.date) -> bool:
        """Whether it can be asked for on ``day``. A season or a pause without an end holds from its beginning on."""
        within = (self.since is None or self.since <= day) and (self.until is None or day <= self.until)
        if self.status == "seasonal":
            return within
        return self.status == "open" or not within


class Place(NamedTuple):
    """Where an item lies; read at each look-up."""

    agency: str
    agency_name: str
    agency_path: str
    agency_phone: str
    region: str
    region_name: str
    region_path: str


@dataclass(frozen=True, slots=True)
class PublishedItem:
    """What an item says, in the version that holds. Do not change ``body``: it is shared."""

    code: str
    version: int
    version_id: UUID
    name: str
    agency_code: str
    agency_name: str
    agency_path: str
    agency_phone: str
    region_code: str
    region_name: str
    region_path: str
    body: Mapping[str, Any]
    group: str = ""
    plain_name: str = ""
    summary: str = ""
    basic_code: str = ""
    type: str = ""
    level: str = ""
    audience: tuple[str, ...] = ()
    case_type: str = ""
    channels: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    situations: tuple[Situation, ...] = ()
    materials: tuple[MaterialNeed, ...] = ()
    limits: Limits = Limits()
    charged: bool | None = None
    fees: tuple[Fee, ...] = ()
    fee_note: str = ""
    windows: tuple[Window, ...] = ()
    phone: str = ""
    complaint_phone: str = ""
    procedure: str = ""
    form: str = ""
    decision: str = ""
    licence: str = ""
    real_name_level: int = 0
    result_name: str = ""
    steps: tuple[str, ...] = ()
    faq: tuple[tuple[str, str], ...] = ()
    basis: tuple[Mapping[str, str], ...] = ()
    themes: tuple[str, ...] = ()
    life_events: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    service: Service = Service()

    @property
    def type_name(self) -> str:
        return type_name(self.type)

    @property
    def instant(self) -> bool:
        """Decided at once (即办件)."""
        return self.case_type == "1"

    @property
    def online(self) -> bool:
        """Whether this node takes applications for it: it has a form, a procedure and an online channel."""
        return bool(self.form and self.procedure and ONLINE & set(self.channels))

    @property
    def detailed(self) -> bool:
        """Whether it says more than that it exists: what is needed, or how it goes, or how long."""
        return detailed(self.body)

    @property
    def for_person(self) -> bool:
        return not self.audience or "1" in self.audience

    @property
    def for_organisation(self) -> bool:
        return not self.audience or bool(set(self.audience) - {"1"})

    def open_on(self, day: dt.date) -> bool:
        """Whether it can be asked for on ``day``."""
        return self.service.open_on(day)

    def situations_for(
        self, answers: Mapping[str, str], facts: Mapping[str, Any] | None = None
    ) -> tuple[Situation, ...]:
        """The questions that these answers lead to, in order."""
        return tuple(item for item in self.situations if holds(item.when, answers, facts or {}))

    def problems_of(self, answers: Mapping[str, str]) -> list[Problem]:
        """What is wrong with the answers to the situations: unanswered, or an answer that is not offered."""
        problems: list[Problem] = []
        for situation in self.situations_for(answers):
            field = f"situation.{situation.code}"
            given = answers.get(situation.code, "")
            if not given:
                problems.append(
                    Problem(field, "required", _("请回答“%(question)s”") % {"question": situation.question})
                )
            elif not situation.label(given):
                message = _("“%(question)s”没有这个选项，请重新选择。")
                problems.append(Problem(field, "choice", message % {"question": situation.question}))
        return problems

    def materials_for(
        self, answers: Mapping[str, str], facts: Mapping[str, Any] | None = None
    ) -> tuple[MaterialNeed, ...]:
        """The materials that a case with these answers and facts needs.

        ``answers`` maps a situation to the chosen option; ``facts`` is the data of the form, nested or with dotted names. A
        condition on something that is not known does not hold.
        """
        return tuple(item for item in self.materials if holds(item.when, answers, facts or {}))


def holds(when: Mapping[str, tuple[Any, ...]], answers: Mapping[str, str], facts: Mapping[str, Any]) -> bool:
    """Whether every condition holds: the value is one of those listed (any of several values, when it is a list)."""
    for name, wanted in when.items():
        value = answers.get(name.removeprefix("situation.")) if name.startswith("situation.") else _fact(facts, name)
        values = value if isinstance(value, (list, tuple)) else (value,)
        if not any(type(item) is type(option) and item == option for item in values for option in wanted):
            return False
    return True


def _fact(facts: Mapping[str, Any], name: str) -> Any:
    if name in facts:
        return facts[name]
    value: Any = facts
    for part in name.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def detailed(body: Mapping[str, Any]) -> bool:
    """Whether a body says more than that the item exists."""
    return any(body.get(name) for name in ("materials", "steps", "conditions", "limits", "form"))


def online(body: Mapping[str, Any]) -> bool:
    """Whether a body lets this node take applications."""
    return bool(body.get("form") and body.get("procedure") and ONLINE & set(body.get("channels", [])))


@lru_cache(maxsize=KEPT)
def compiled(version_id: UUID, place: Place) -> PublishedItem:
    """The item in one version. One query when it is not in memory. Raises ItemVersion.DoesNotExist."""
    version = ItemVersion.objects.get(id=version_id)
    return from_body(version.body, version.number, version.id, place)


def from_body(body: Mapping[str, Any], number: int, version_id: UUID, place: Place) -> PublishedItem:
    """Compile a body that has been checked."""
    limits, fees, enquiry = body.get("limits", {}), body.get("fees", {}), body.get("enquiry", {})
    windows = tuple(Window(**window) for window in body.get("windows", []))
    return PublishedItem(
        code=body["code"],
        version=number,
        version_id=version_id,
        name=body["name"],
        agency_code=place.agency,
        agency_name=place.agency_name,
        agency_path=place.agency_path,
        agency_phone=place.agency_phone,
        region_code=place.region,
        region_name=place.region_name,
        region_path=place.region_path,
        body=body,
        group=body.get("group", ""),
        plain_name=body.get("plain_name", ""),
        summary=body.get("summary", ""),
        basic_code=body.get("basic", {}).get("code", ""),
        type=body["type"],
        level=body.get("level", ""),
        audience=tuple(body.get("audience", [])),
        case_type=body.get("case_type", ""),
        channels=tuple(body.get("channels", [])),
        conditions=tuple(body.get("conditions", [])),
        situations=tuple(
            Situation(
                item["code"],
                item["question"],
                tuple(Option(**option) for option in item["options"]),
                item.get("help", ""),
                _conditions(item),
            )
            for item in body.get("situations", [])
        ),
        materials=tuple(_material(item) for item in body.get("materials", [])),
        limits=Limits(
            limits.get("acceptance_days", 5),
            Limit(**limits["statutory"]) if "statutory" in limits else None,
            Limit(**limits["promised"]) if "promised" in limits else None,
            limits.get("notes", ""),
            tuple(limits.get("special", [])),
        ),
        charged=fees.get("charged"),
        fees=tuple(Fee(**fee) for fee in fees.get("items", [])),
        fee_note=fees.get("note", ""),
        windows=windows,
        phone=enquiry.get("phone", "") or next((window.phone for window in windows if window.phone), ""),
        complaint_phone=enquiry.get("complaint_phone", ""),
        procedure=body.get("procedure", ""),
        form=body.get("form", ""),
        decision=body.get("decision", ""),
        licence=body.get("licence", ""),
        real_name_level=body.get("real_name_level", 0),
        result_name=body.get("result", {}).get("name", ""),
        steps=tuple(body.get("steps", [])),
        faq=tuple((item["question"], item["answer"]) for item in body.get("faq", [])),
        basis=tuple(body.get("basis", [])),
        themes=tuple(body.get("themes", [])),
        life_events=tuple(body.get("life_events", [])),
        keywords=tuple(body.get("keywords", [])),
        service=_service(body.get("service", {})),
    )


def _conditions(item: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(values) for name, values in item.get("when", {}).items()}


def _material(item: Mapping[str, Any]) -> MaterialNeed:
    replaced = item.get("replaced_by")
    return MaterialNeed(
        code=item["code"],
        name=item["name"],
        required=item.get("required", True),
        formats=tuple(item.get("formats", [])),
        originals=item.get("originals", 0),
        copies=item.get("copies", 0),
        note=item.get("note", ""),
        sample=item.get("sample", ""),
        library_kind=item.get("library_kind", ""),
        replaced_by=Replacement(replaced["kind"], replaced["label"], replaced.get("ref", "")) if replaced else None,
        how_to_get=item.get("how_to_get", ""),
        issuer=item.get("issuer", ""),
        when=_conditions(item),
    )


def _service(service: Mapping[str, Any]) -> Service:
    since, until = (dt.date.fromisoformat(service[name]) if service.get(name) else None for name in ("since", "until"))
    return Service(service.get("status", "open"), service.get("reason", ""), since, until)
