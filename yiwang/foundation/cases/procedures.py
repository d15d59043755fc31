"""Procedures: BPMN 2.0 with a few attributes of ours, checked and compiled once per version.

Namespace ``urn:yiwang:bpmn``, inside ``bpmn:extensionElements``:

``yiwang:task`` on a user task
    ``role`` (who does it; "party" for the applicant), ``stage`` (words for the party), ``suspends`` (clock kinds that stand still while it is
    open, by blank) with ``reason`` (a code of ``clocks.REASONS``).
``yiwang:outcome`` on a user task, one per decision
    ``code``, ``label``, ``opinion`` (none | optional | required), ``starts`` and ``stops`` (clock kinds), ``tone`` (primary | plain | danger), ``done`` (words for the
    journal and the party).
``yiwang:operation`` on a service or business-rule task
    ``name`` (a plug of ``slots.operations``).
``yiwang:end`` on an end event
    ``outcome``, ``label``.

Gateways read ``outcomes.<step>`` in zen expressions. Script tasks, Python, FEEL and anything that fetches are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import zen
from django.utils.translation import gettext as _
from lxml import etree

from yiwang.kernel.refusals import Invalid, Problem

from . import clocks, slots
from .models import Procedure, Task

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
OURS = "urn:yiwang:bpmn"
PARTY = "party"
LARGEST = 512 * 1024
_STEP = re.compile(r"[a-z][a-z0-9_]{0,59}")
_ALLOWED = {
    "startEvent", "endEvent", "userTask", "serviceTask", "businessRuleTask", "exclusiveGateway", "parallelGateway",
    "inclusiveGateway", "sequenceFlow", "documentation", "extensionElements",
}  # fmt: skip


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
class Step:
    """A task of the procedure as its author declared it."""

    code: str
    name: str
    doer: str
    role: str = ""
    stage: str = ""
    outcomes: tuple[Outcome, ...] = ()
    suspends: tuple[str, ...] = ()
    reason: str = ""
    operation: str = ""

    def outcome(self, code: str) -> Outcome | None:
        return next((outcome for outcome in self.outcomes if outcome.code == code), None)


@dataclass(frozen=True, slots=True)
class End:
    """An end event: what the case came to."""

    outcome: str
    label: str


@dataclass(frozen=True, slots=True)
class Definition:
    """A compiled procedure: our declarations, and Spiff's specs."""

    code: str
    name: str
    steps: dict[str, Step]
    ends: dict[str, End]
    process_id: str
    tree: Any


def _parse(xml: str) -> Any:
    if len(xml.encode()) > LARGEST:
        raise _wrong("", "size", _("流程文件超过 512 KB。"))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        tree = etree.fromstring(xml.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise _wrong("", "xml", _("流程文件不是有效的 XML：%(reason)s") % {"reason": error.msg}) from None
    if tree.getroottree().docinfo.doctype:
        raise _wrong("", "doctype", _("流程文件不得包含 DOCTYPE。"))
    return tree


def _wrong(where: str, rule: str, message: str) -> Invalid:
    return Invalid(_("流程图有错，没有发布。"), problems=[Problem(where, rule, message)])


def _words(element: Any, name: str) -> tuple[str, ...]:
    return tuple((element.get(name) or "").split())


def read(code: str, name: str, xml: str) -> Definition:
    """Check and compile a procedure's BPMN. Raises :class:`Invalid` that lists every problem with the element's id."""
    tree = _parse(xml)
    processes = tree.findall(f"{{{BPMN}}}process")
    if len(processes) != 1:
        raise _wrong("", "process", _("流程文件应当恰好包含一个 process。"))
    process = processes[0]
    problems: list[Problem] = []
    steps: dict[str, Step] = {}
    ends: dict[str, End] = {}
    for element in process:
        tag = etree.QName(element).localname
        where = element.get("id", "")
        if etree.QName(element).namespace != BPMN or tag not in _ALLOWED:
            problems.append(Problem(where, "element", _("不支持的元素 %(tag)s。") % {"tag": tag}))
        elif tag == "userTask":
            steps[where] = _user_task(element, problems)
        elif tag in ("serviceTask", "businessRuleTask"):
            steps[where] = _operation(element, problems)
        elif tag == "endEvent":
            ours = element.find(f".//{{{OURS}}}end")
            if ours is None or not ours.get("outcome") or not ours.get("label"):
                problems.append(Problem(where, "end", _("结束事件缺少 yiwang:end（outcome、label）。")))
            else:
                ends[where] = End(ours.get("outcome"), ours.get("label"))
        elif tag == "sequenceFlow":
            _condition(element, problems)
    if problems:
        raise Invalid(_("流程图有错，没有发布。"), problems=problems)
    return Definition(code, name, steps, ends, process.get("id", ""), tree)


def _user_task(element: Any, problems: list[Problem]) -> Step:
    where, name = element.get("id", ""), element.get("name", "")
    ours = element.find(f".//{{{OURS}}}task")
    if not _STEP.fullmatch(where):
        problems.append(Problem(where, "id", _("环节编号应为小写字母、数字和下划线。")))
    if ours is None or not ours.get("role") or not name:
        problems.append(Problem(where, "task", _("人工环节缺少名称或 yiwang:task 的 role。")))
        return Step(where, name, Task.Doer.OFFICIAL)
    outcomes = tuple(
        Outcome(
            item.get("code", ""), item.get("label", ""), item.get("opinion", "none"), _words(item, "starts"),
            _words(item, "stops"), item.get("tone", "plain"), item.get("done", ""),
        )
        for item in element.iterfind(f".//{{{OURS}}}outcome")
    )  # fmt: skip
    if not outcomes:
        problems.append(Problem(where, "outcome", _("环节“%(name)s”没有任何办理结果。") % {"name": name}))
    for outcome in outcomes:
        if (
            not _STEP.fullmatch(outcome.code)
            or not outcome.label
            or outcome.opinion not in ("none", "optional", "required")
        ):
            problems.append(Problem(where, "outcome", _("办理结果“%(code)s”写得不完整。") % {"code": outcome.code}))
        for kind in (*outcome.starts, *outcome.stops):
            if kind not in clocks.KINDS:
                problems.append(Problem(where, "clock", _("没有“%(kind)s”这种时限。") % {"kind": kind}))
    suspends, reason = _words(ours, "suspends"), ours.get("reason", "")
    if suspends and reason not in clocks.REASONS:
        problems.append(
            Problem(where, "reason", _("暂停计时须写明法定事由，没有“%(reason)s”这一事由。") % {"reason": reason})
        )
    role = ours.get("role")
    doer = Task.Doer.PARTY if role == PARTY else Task.Doer.OFFICIAL
    return Step(where, name, doer, "" if role == PARTY else role, ours.get("stage") or name, outcomes, suspends, reason)


def _operation(element: Any, problems: list[Problem]) -> Step:
    where, name = element.get("id", ""), element.get("name", "")
    ours = element.find(f".//{{{OURS}}}operation")
    operation = ours.get("name", "") if ours is not None else ""
    if not _STEP.fullmatch(where):
        problems.append(Problem(where, "id", _("环节编号应为小写字母、数字和下划线。")))
    if operation not in slots.operations:
        problems.append(Problem(where, "operation", _("系统没有“%(name)s”这项操作。") % {"name": operation}))
    stage = (ours.get("stage") if ours is not None else "") or name
    return Step(where, name, Task.Doer.NODE, "", stage, operation=operation)


def _condition(element: Any, problems: list[Problem]) -> None:
    condition = element.find(f"{{{BPMN}}}conditionExpression")
    if condition is None:
        return
    text = (condition.text or "").strip()
    wrong = zen.validate_expression(text) if text else {"source": "empty"}
    if wrong:
        problems.append(
            Problem(
                element.get("id", ""),
                "condition",
                _("条件“%(text)s”写得不对：%(why)s") % {"text": text, "why": wrong.get("source", "")},
            )
        )


@lru_cache(maxsize=512)
def definition(procedure_id: UUID) -> Definition:
    """The compiled definition of a published procedure, kept in memory (published versions never change)."""
    row = Procedure.objects.get(id=procedure_id)
    return read(row.code, row.name, row.bpmn)
