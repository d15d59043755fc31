"""What may stand in a procedure, element by element. Private to this room.

Namespace ``urn:yiwang:bpmn``, inside ``bpmn:extensionElements``:

``yiwang:task`` on a user task
    ``role`` (who does it; "party" for the applicant), ``stage`` (words for the party), ``suspends`` (clock kinds that stand still while it is
    open, by blank) with ``reason`` (a code of ``clocks.REASONS``).
``yiwang:outcome`` on a user task or a receive task, one per decision
    ``code``, ``label``, ``opinion`` (none | optional | required), ``starts`` and ``stops`` (clock kinds), ``tone`` (primary | plain | danger), ``done`` (words for the
    journal and the party).
``yiwang:joint`` on a user task with ``bpmn:multiInstanceLoopCharacteristics`` (会签)
    ``roles`` (one task for each; a role may stand there twice), ``agrees`` (the outcome that agrees), ``rule`` (all: everybody answers, and it is
    agreed when all agree; veto: the first who does not agree decides at once). ``isSequential`` of BPMN asks one after another.
``yiwang:operation`` on a service or business-rule task
    ``name`` (a plug of ``slots.operations``).
``yiwang:end`` on an end event
    ``outcome``, ``label``. Where parallel branches end apart, the end that is reached last is what the case came to.
``yiwang:timer`` on an event with a timer
    ``days`` (working | calendar): what the days of ``timeDuration`` are.

A call activity names a published procedure by its code (``calledElement``); its ids are shared with the caller, so they must differ. A receive
task or a catching message event names its message by ``messageRef``. Gateways read ``outcomes.<step>`` in zen expressions; a call
leaves the outcome of the end that it reached, a timer "due". Script tasks, Python, FEEL and anything that fetches are refused.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import zen
from django.utils.translation import gettext as _
from lxml import etree

from yiwang.kernel.refusals import Problem

from . import clocks, slots
from .models import Task
from .procedures import BPMN, OURS, PARTY, Definition, End, Joint, Outcome, Step, Timer
from .timers import parse_duration
from .ways import waiting_for_themselves

_STEP = re.compile(r"[a-z][a-z0-9_]{0,59}")
_QUIET = {
    "startEvent", "exclusiveGateway", "parallelGateway", "inclusiveGateway", "documentation", "extensionElements",
}  # fmt: skip
MOST_JOINT = 20
DUE = "due"  # the outcome of a timer that the case waited for


def _words(element: Any, name: str) -> tuple[str, ...]:
    return tuple((element.get(name) or "").split())


def _ours(element: Any, name: str) -> Any:
    return element.find(f"{{{BPMN}}}extensionElements/{{{OURS}}}{name}")


def _child(element: Any, name: str) -> Any:
    return element.find(f"{{{BPMN}}}{name}")


class Reading:
    """Reads one process and keeps what it found and what is wrong."""

    def __init__(
        self, tree: Any, process: Any, code: str, called: Callable[[str], tuple[UUID, Definition] | None]
    ) -> None:
        self.code, self._find_called = code, called
        self.messages = {item.get("id"): item.get("name", "") for item in tree.findall(f"{{{BPMN}}}message")}
        self.problems: list[Problem] = []
        self.steps: dict[str, Step] = {}
        self.ends: dict[str, End] = {}
        self.timers: dict[str, Timer] = {}
        self.calls: dict[str, tuple[UUID, Definition]] = {}
        self._hosts: dict[str, str] = {}  # boundary event -> what it is attached to
        readers: dict[str, Callable[[Any, str], None]] = {
            "userTask": self._user_task,
            "serviceTask": self._operation,
            "businessRuleTask": self._operation,
            "receiveTask": self._receive,
            "intermediateCatchEvent": self._catch,
            "boundaryEvent": self._boundary,
            "callActivity": self._call,
            "endEvent": self._end,
            "sequenceFlow": self._condition,
        }
        activities = set()
        for element in process:
            tag, where = etree.QName(element).localname, element.get("id", "")
            if etree.QName(element).namespace != BPMN or (tag not in readers and tag not in _QUIET):
                self._wrong(where, "element", _("不支持的元素 %(tag)s。") % {"tag": tag})
            elif tag in readers:
                readers[tag](element, where)
            elif tag == "startEvent" and any("EventDefinition" in str(child.tag) for child in element):
                self._wrong(where, "element", _("开始事件不能带触发条件，办件由提交或登记开始。"))
            if tag in ("userTask", "receiveTask", "callActivity"):
                activities.add(where)
        for event, host in self._hosts.items():
            if host not in activities:
                self._wrong(event, "attached", _("定时事件应当附在人工环节、接收环节或者调用的流程上。"))
        for where, name, back in waiting_for_themselves(process):
            message = _(
                "并行网关“%(name)s”要等每一条进来的线都走到，可是从“%(back)s”来的线要在它自己之后才走得到，办件会永远停在这里。"
                "请把绕回来的线接到它前面，中间加一个排他网关。"
            )
            self._wrong(where, "deadlock", message % {"name": name, "back": back})

    def _wrong(self, where: str, rule: str, message: str) -> None:
        self.problems.append(Problem(where, rule, message))

    def _add(self, step: Step) -> None:
        if not _STEP.fullmatch(step.code):
            self._wrong(step.code, "id", _("环节编号应为小写字母、数字和下划线。"))
        known = self.steps.setdefault(step.code, step)
        if known != step:
            self._wrong(step.code, "id", _("环节编号“%(code)s”和调用的流程里的重复。") % {"code": step.code})

    def _outcomes(self, element: Any, where: str) -> tuple[Outcome, ...]:
        found = tuple(
            Outcome(
                item.get("code", ""), item.get("label", ""), item.get("opinion", "none"), _words(item, "starts"),
                _words(item, "stops"), item.get("tone", "plain"), item.get("done", ""),
            )
            for item in element.iterfind(f"{{{BPMN}}}extensionElements/{{{OURS}}}outcome")
        )  # fmt: skip
        for outcome in found:
            whole = _STEP.fullmatch(outcome.code) and outcome.label
            if not whole or outcome.opinion not in ("none", "optional", "required"):
                self._wrong(where, "outcome", _("办理结果“%(code)s”写得不完整。") % {"code": outcome.code})
            for kind in (*outcome.starts, *outcome.stops):
                if kind not in clocks.KINDS:
                    self._wrong(where, "clock", _("没有“%(kind)s”这种时限。") % {"kind": kind})
        return found

    def _user_task(self, element: Any, where: str) -> None:
        name, ours = element.get("name", ""), _ours(element, "task")
        if ours is None or not ours.get("role") or not name:
            self._wrong(where, "task", _("人工环节缺少名称或 yiwang:task 的 role。"))
            return
        outcomes = self._outcomes(element, where)
        if not outcomes:
            self._wrong(where, "outcome", _("环节“%(name)s”没有任何办理结果。") % {"name": name})
        suspends, reason = _words(ours, "suspends"), ours.get("reason", "")
        if suspends and reason not in clocks.REASONS:
            message = _("暂停计时须写明法定事由，没有“%(reason)s”这一事由。") % {"reason": reason}
            self._wrong(where, "reason", message)
        role = ours.get("role")
        doer = Task.Doer.PARTY if role == PARTY else Task.Doer.OFFICIAL
        joint = self._joint(element, where, outcomes)
        if joint is not None and doer == Task.Doer.PARTY:
            self._wrong(where, "joint", _("申请人的环节不能会签。"))
        self._add(
            Step(
                where, name, doer, "" if role == PARTY else role, ours.get("stage") or name, outcomes, suspends, reason,
                joint=joint,
            )
        )  # fmt: skip

    def _joint(self, element: Any, where: str, outcomes: tuple[Outcome, ...]) -> Joint | None:
        loop, ours = _child(element, "multiInstanceLoopCharacteristics"), _ours(element, "joint")
        if _child(element, "standardLoopCharacteristics") is not None:
            self._wrong(where, "element", _("不支持的元素 %(tag)s。") % {"tag": "standardLoopCharacteristics"})
        if loop is None and ours is None:
            return None
        if loop is None or ours is None:
            self._wrong(
                where,
                "joint",
                _("会签要同时有 bpmn:multiInstanceLoopCharacteristics 和 yiwang:joint（roles、agrees）。"),
            )
            return None
        roles, agrees, rule = _words(ours, "roles"), ours.get("agrees", ""), ours.get("rule", "all")
        if not 2 <= len(roles) <= MOST_JOINT:
            self._wrong(where, "joint", _("会签要有 2 到 %(most)s 个岗位。") % {"most": MOST_JOINT})
        if agrees not in [outcome.code for outcome in outcomes]:
            self._wrong(where, "joint", _("会签的 agrees 应当是这个环节的一种办理结果。"))
        if rule not in ("all", "veto"):
            self._wrong(where, "joint", _("会签规则只能是 all（一致同意）或 veto（一票否决）。"))
        return Joint(roles, agrees, rule == "veto", loop.get("isSequential") == "true")

    def _operation(self, element: Any, where: str) -> None:
        name, ours = element.get("name", ""), _ours(element, "operation")
        operation = ours.get("name", "") if ours is not None else ""
        if operation not in slots.operations:
            self._wrong(where, "operation", _("系统没有“%(name)s”这项操作。") % {"name": operation})
        stage = (ours.get("stage") if ours is not None else "") or name
        self._add(Step(where, name, Task.Doer.NODE, "", stage, operation=operation))

    def _message(self, reference: str | None, where: str) -> str:
        name = self.messages.get(reference or "", "")
        if not _STEP.fullmatch(name.replace("-", "_").replace(".", "_")):
            self._wrong(where, "message", _("接收环节要用 messageRef 指明消息，消息名用小写字母、数字和点。"))
        return str(name)

    def _receive(self, element: Any, where: str) -> None:
        self._receiving(element, where, self._message(element.get("messageRef"), where))

    def _receiving(self, element: Any, where: str, message: str) -> None:
        name, ours = element.get("name", ""), _ours(element, "task")
        outcomes = self._outcomes(element, where) or (Outcome("received", _("已收到"), done=name),)
        if not name:
            self._wrong(where, "task", _("接收环节缺少名称。"))
        stage = (ours.get("stage") if ours is not None else "") or name
        self._add(Step(where, name, Task.Doer.OUTSIDE, "", stage, outcomes, message=message))

    def _catch(self, element: Any, where: str) -> None:
        message = _child(element, "messageEventDefinition")
        if message is not None:
            self._receiving(element, where, self._message(message.get("messageRef"), where))
            return
        timer = self._timer(element, where, "")
        if timer is not None:
            name = element.get("name", "") or _("等到时间")
            self._add(
                Step(where, name, Task.Doer.TIMER, "", name, (Outcome(DUE, _("时间已到"), done=name),), timer=timer)
            )

    def _boundary(self, element: Any, where: str) -> None:
        host = element.get("attachedToRef", "")
        timer = self._timer(element, where, host)
        if timer is not None:
            self._hosts[where] = host
            self.timers[where] = timer

    def _timer(self, element: Any, where: str, step: str) -> Timer | None:
        timing = _child(element, "timerEventDefinition")
        if timing is None or len([child for child in element if "EventDefinition" in str(child.tag)]) != 1:
            self._wrong(where, "element", _("这里只支持定时事件，或者接收一种消息。"))
            return None
        duration, date, ours = _child(timing, "timeDuration"), _child(timing, "timeDate"), _ours(element, "timer")
        found = Timer(
            where, element.get("name", "") or where, step,
            duration=(duration.text or "").strip() if duration is not None else "",
            date=(date.text or "").strip() if date is not None else "",
            working=ours is not None and ours.get("days") == "working",
            interrupts=element.get("cancelActivity", "true") != "false",
        )  # fmt: skip
        try:
            if found.duration:
                parse_duration(found.duration)
            else:
                dt.datetime.fromisoformat(found.date)
        except ValueError:
            message = _("时间“%(text)s”看不懂：写成 ISO 8601 的时长（P5D、PT2H）或日期（2026-12-31）。")
            self._wrong(where, "timer", message % {"text": found.duration or found.date})
            return None
        return found

    def _call(self, element: Any, where: str) -> None:
        code = element.get("calledElement", "")
        if not _STEP.fullmatch(where):
            self._wrong(where, "id", _("环节编号应为小写字母、数字和下划线。"))
        found = self._find_called(code) if code and code != self.code else None
        if found is None:
            self._wrong(where, "call", _("没有已发布的流程“%(code)s”可以调用。") % {"code": code})
            return
        self.calls[code] = found
        for step in found[1].steps.values():
            self._add(step)
        self.timers |= found[1].timers

    def _end(self, element: Any, where: str) -> None:
        ours = _ours(element, "end")
        actions = {etree.QName(child).localname for child in element if "EventDefinition" in str(child.tag)}
        if actions - {"terminateEventDefinition"}:  # which ends the other branches too
            self._wrong(where, "element", _("结束事件不能带其他动作。"))
        if ours is None or not ours.get("outcome") or not ours.get("label"):
            self._wrong(where, "end", _("结束事件缺少 yiwang:end（outcome、label）。"))
        else:
            self.ends[where] = End(ours.get("outcome"), ours.get("label"))

    def _condition(self, element: Any, where: str) -> None:
        condition = _child(element, "conditionExpression")
        if condition is None:
            return
        text = (condition.text or "").strip()
        problem = zen.validate_expression(text) if text else {"source": "empty"}
        if problem:
            message = _("条件“%(text)s”写得不对：%(why)s") % {"text": text, "why": problem.get("source", "")}
            self._wrong(where, "condition", message)
