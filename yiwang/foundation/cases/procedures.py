"""Procedures: BPMN 2.0 with a few attributes of ours, checked and compiled once per version.

What may stand in a procedure, and the attributes of namespace ``urn:yiwang:bpmn``, is said in :mod:`.elements`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from lxml import etree

from yiwang.kernel.refusals import Invalid, Problem

from .models import Procedure

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
OURS = "urn:yiwang:bpmn"
PARTY = "party"
LARGEST = 512 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """One decision that a task offers."""

    code: str
    label: str
    opinion: str = "none"
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    tone: str = "plain"
    done: str = ""


@dataclass(frozen=True, slots=True)
class Joint:
    """A joint review (会签): one task for each of ``roles``. ``veto``: the first who does not answer ``agrees`` decides (一票否决)."""

    roles: tuple[str, ...]
    agrees: str
    veto: bool
    sequential: bool


@dataclass(frozen=True, slots=True)
class Timer:
    """When a timer event fires: after ``duration`` (ISO 8601; ``working``: its days are working days) or at ``date`` (ISO 8601).

    ``step`` is the step to whose edge it is bound ("" for one that the case waits for); ``interrupts``: that step is then given up.
    """

    code: str
    name: str
    step: str
    duration: str = ""
    date: str = ""
    working: bool = False
    interrupts: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """A task of the procedure as its author declared it, or an event that the case waits for."""

    code: str
    name: str
    doer: str
    role: str = ""
    stage: str = ""
    outcomes: tuple[Outcome, ...] = ()
    suspends: tuple[str, ...] = ()
    reason: str = ""
    operation: str = ""
    message: str = ""
    joint: Joint | None = None
    timer: Timer | None = None

    def outcome(self, code: str) -> Outcome | None:
        return next((outcome for outcome in self.outcomes if outcome.code == code), None)


@dataclass(frozen=True, slots=True)
class End:
    """An end event: what the case came to."""

    outcome: str
    label: str


@dataclass(frozen=True, slots=True)
class Definition:
    """A compiled procedure. ``steps`` and ``timers`` include those of the procedures that it calls; ``calls`` are these, by code, each
    with the version that was the newest when this one was published."""

    code: str
    name: str
    steps: dict[str, Step]
    ends: dict[str, End]
    process_id: str
    tree: Any
    timers: dict[str, Timer] = field(default_factory=dict)
    calls: dict[str, tuple[UUID, Definition]] = field(default_factory=dict)

    @property
    def timed(self) -> bool:
        """Whether there are timers at all: most procedures have none, and then nothing is asked of their table."""
        return bool(self.timers) or any(step.timer for step in self.steps.values())

    @property
    def pins(self) -> dict[str, str]:
        """The versions of the called procedures, as they are stored."""
        return {code: str(procedure_id) for code, (procedure_id, _definition) in sorted(self.calls.items())}


def wrong(where: str, rule: str, message: str) -> Invalid:
    """A refusal with one problem."""
    return Invalid(_("流程图有错，没有发布。"), problems=[Problem(where, rule, message)])


def parse(xml: str) -> Any:
    if len(xml.encode()) > LARGEST:
        raise wrong("", "size", _("流程文件超过 512 KB。"))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        tree = etree.fromstring(xml.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise wrong("", "xml", _("流程文件不是有效的 XML：%(reason)s") % {"reason": error.msg}) from None
    if tree.getroottree().docinfo.doctype:
        raise wrong("", "doctype", _("流程文件不得包含 DOCTYPE。"))
    return tree


def read(code: str, name: str, xml: str, pins: Mapping[str, str] | None = None) -> Definition:
    """Check and compile a procedure's BPMN. Raises :class:`Invalid` that lists every problem with the element's id.

    ``pins`` are the versions of the procedures that it calls; None: the newest of each.
    """
    from .elements import Reading

    tree = parse(xml)
    processes = tree.findall(f"{{{BPMN}}}process")
    if len(processes) != 1:
        raise wrong("", "process", _("流程文件应当恰好包含一个 process。"))
    reading = Reading(tree, processes[0], code, lambda called: _called(called, pins))
    if reading.problems:
        raise Invalid(_("流程图有错，没有发布。"), problems=reading.problems)
    return Definition(
        code, name, reading.steps, reading.ends, processes[0].get("id", ""), tree, reading.timers, reading.calls
    )


def _called(code: str, pins: Mapping[str, str] | None) -> tuple[UUID, Definition] | None:
    """The version of a called procedure that is pinned, or the newest."""
    rows = Procedure.objects.filter(id=pins[code]) if pins is not None else Procedure.objects.filter(code=code)
    found = rows.order_by("-version").values_list("id", flat=True).first()
    return (found, definition(found)) if found is not None else None


@lru_cache(maxsize=512)
def definition(procedure_id: UUID) -> Definition:
    """The compiled definition of a published procedure, kept in memory (published versions never change)."""
    row = Procedure.objects.get(id=procedure_id)
    return read(row.code, row.name, row.bpmn, row.calls)
