"""Procedures as those see them who draw and publish them: versions, drafts, what is wrong, what differs, a trial."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import Actor, allowed, permission, require
from yiwang.foundation.drafts import queries as drafted
from yiwang.foundation.drafts.queries import Change, Draft
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

from . import engine, procedures, slots
from .drafted import KIND
from .models import Case, Procedure, Task
from .procedures import BPMN, Definition, Step

READ = permission("cases.read_procedures", gettext_lazy("查看流程"))
WRITE = "cases.draft_procedure"
PUBLISH = "cases.publish_procedure"
MOST = 500  # procedures of a node
MOST_STEPS = 100  # of a trial
_ASKED = re.compile(r"outcomes\.(\w+)\s*(?:==|!=)\s*['\"]([^'\"]+)['\"]")


@dataclass(frozen=True, slots=True)
class Listed:
    """One procedure in the list: its newest version, how many there are, and how many cases run on any of them."""

    procedure: Procedure
    versions: int
    running: int
    draft: Draft | None


def may_see_drafts(actor: Actor) -> bool:
    """Whether the actor may write or publish procedures."""
    return allowed(actor, WRITE) or allowed(actor, PUBLISH)


def listing(actor: Actor) -> tuple[list[Listed], list[Draft]]:
    """Every procedure by name, and the drafts of those that were never published. Constant number of queries."""
    require(actor, permission=READ, subject="list")
    newest = dict(Procedure.objects.values_list("code").annotate(newest=Max("version")).order_by("code")[:MOST])
    counts = dict(Procedure.objects.values_list("code").annotate(n=Count("id")))
    running = dict(Case.objects.filter(closed_at=None).values_list("procedure__code").annotate(n=Count("id")))
    drafts = {draft.code: draft for draft in drafted.drafts(KIND)} if may_see_drafts(actor) else {}
    rows = [
        row for row in Procedure.objects.defer("bpmn").order_by("name", "code")
        if newest.get(row.code) == row.version
    ]  # fmt: skip
    listed = [Listed(row, counts[row.code], running.get(row.code, 0), drafts.pop(row.code, None)) for row in rows]
    return listed, list(drafts.values())


def versions(actor: Actor, code: str) -> list[tuple[Procedure, int]]:
    """All versions of a procedure, newest first, each with the number of cases that run on it."""
    require(actor, permission=READ, subject=f"procedure:{code}")
    rows = list(Procedure.objects.filter(code=code).defer("bpmn").order_by("-version")[:MOST])
    open_cases = Case.objects.filter(closed_at=None, procedure__in=[row.id for row in rows])
    running = dict(open_cases.values_list("procedure_id").annotate(n=Count("id")))
    return [(row, running.get(row.id, 0)) for row in rows]


def draft(actor: Actor, code: str) -> Draft | None:
    """The draft of a procedure, for those who may write or publish it."""
    require(actor, permission=PUBLISH if allowed(actor, PUBLISH) else WRITE, subject=f"procedure:{code}")
    return drafted.draft(KIND, code)


def design(actor: Actor, code: str, version: int | None) -> tuple[str, str]:
    """Name and BPMN of a version (the newest when 0), or of the draft when None. Raises :class:`Missing`."""
    if version is None:
        found = draft(actor, code)
        if found is None:
            raise Missing(_("草稿已经不在了，可能刚刚发布或者被删掉。"))
        return found.body["name"], found.body["bpmn"]
    require(actor, permission=READ, subject=f"procedure:{code}")
    rows = Procedure.objects.filter(code=code).order_by("-version")
    row = (rows.filter(version=version) if version else rows).first()
    if row is None:
        raise Missing(_("没有这个流程，可能代码写错了。"))
    return row.name, row.bpmn


def mistakes(code: str, name: str, bpmn: str) -> list[Problem]:
    """What keeps a procedure from being published, each with the id of its element."""
    try:
        definition = procedures.read(code, name, bpmn)
        engine.begin(definition, engine.spec_of(definition), lambda step: None)
    except (Invalid, Conflict) as refusal:
        return list(refusal.problems) or [Problem("", refusal.code, str(refusal))]
    return []


@dataclass(frozen=True, slots=True)
class Choice:
    """One way on in a trial: ``query`` is the place in the address that takes it."""

    step: str
    outcome: str
    label: str
    tone: str = "plain"

    @property
    def query(self) -> str:
        return f"{self.step}:{self.outcome}"


@dataclass(frozen=True, slots=True)
class Open:
    """A step at which the sample case waits, with the ways on."""

    step: Step
    doer: str
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class Trial:
    """A sample case after some choices: what was done, where it waits, how it ended ("" while it runs)."""

    done: list[tuple[str, str]]
    waiting: list[Open]
    end: str
    end_step: str
    problem: str = ""


def trial(code: str, name: str, bpmn: str, choices: Sequence[tuple[str, str]], roles: Mapping[str, str]) -> Trial:
    """Lead a sample case through a procedure by ``choices`` (step, outcome), in the engine alone: nothing is written.

    Raises :class:`Invalid` for a procedure that cannot run.
    """
    definition = procedures.read(code, name, bpmn)
    pending = deque(choices[:MOST_STEPS])
    done: list[tuple[str, str]] = []

    def now(step: str) -> str | None:
        if not pending or pending[0][0] != step:
            return None
        outcome = pending.popleft()[1]
        found = definition.steps[step].outcome(outcome)
        done.append((definition.steps[step].name or step, found.label if found else outcome))
        return outcome

    try:
        state = engine.begin(definition, engine.spec_of(definition), now)
    except Conflict as refusal:
        return Trial(done, [], "", "", str(refusal))
    asked = _asked_outcomes(definition)
    waiting = [_open(definition.steps[one.step], asked, roles) for one in state.waiting]
    end = definition.ends.get(state.end)
    return Trial(done, waiting, end.label if end else state.end, state.end)


def _asked_outcomes(definition: Definition) -> dict[str, list[str]]:
    """The outcomes of each step that the gateways ask for: what work of the node may come to."""
    found: dict[str, list[str]] = {}
    for condition in definition.tree.iter(f"{{{BPMN}}}conditionExpression"):
        for step, outcome in _ASKED.findall(condition.text or ""):
            if outcome not in found.setdefault(step, []):
                found[step].append(outcome)
    return found


def _open(step: Step, asked: dict[str, list[str]], roles: Mapping[str, str]) -> Open:
    choices = [Choice(step.code, outcome.code, outcome.label, outcome.tone) for outcome in step.outcomes]
    if not choices:
        named = [
            Choice(step.code, outcome, _("结果是 %(outcome)s") % {"outcome": outcome})
            for outcome in asked.get(step.code, [])
        ]
        choices = [*named, Choice(step.code, "done", _("其他结果") if named else _("做完了"))]
    return Open(step, doer_in_words(step, roles), choices)


def doer_in_words(step: Step, roles: Mapping[str, str]) -> str:
    """Who does a step. ``roles`` are the names of roles by code."""
    if step.doer == Task.Doer.PARTY:
        return _("申请人")
    if step.doer == Task.Doer.OFFICIAL:
        return roles.get(step.role, step.role)
    return _("系统：%(operation)s") % {"operation": step.operation} if step.operation else _("系统")


def lines(code: str, name: str, bpmn: str) -> dict[Any, tuple[str, str]]:
    """A procedure told line by line, to be compared with another version. Raises :class:`Invalid` for one that cannot be read."""
    definition = procedures.read(code, name, bpmn)
    told: dict[Any, tuple[str, str]] = {"name": (_("名称"), name)}
    names = {
        element.get("id"): element.get("name") or element.get("id")
        for element in definition.tree.iter()
        if element.get("id")
    }
    for step in definition.steps.values():
        facts = [step.name, doer_in_words(step, {}), step.stage]
        if step.suspends:
            facts.append(
                _("暂停 %(clocks)s（%(reason)s）") % {"clocks": " ".join(step.suspends), "reason": step.reason}
            )
        told["step", step.code] = (_("环节") + f" {step.code}", "\n".join(filter(None, facts)))
        for outcome in step.outcomes:
            more = [
                outcome.done,
                *(f"+{kind}" for kind in outcome.starts),
                *(f"-{kind}" for kind in outcome.stops),
                outcome.opinion,
            ]
            told["outcome", step.code, outcome.code] = (
                f"{step.name} · " + _("办理结果") + f" {outcome.code}", " · ".join([outcome.label, *filter(None, more)]),
            )  # fmt: skip
    for event, end in definition.ends.items():
        told["end", event] = (_("结束") + f" {event}", f"{end.label} ({end.outcome})")
    for flow in definition.tree.iter(f"{{{BPMN}}}sequenceFlow"):
        condition = flow.find(f"{{{BPMN}}}conditionExpression")
        text = (condition.text or "").strip() if condition is not None else ""
        ends = (flow.get("sourceRef"), flow.get("targetRef"))
        place = _("连线") + " {} → {}".format(*(names.get(end) for end in ends))
        told["flow", flow.get("id")] = (place, f"{' → '.join(map(str, ends))}\n{text}".strip())
    return told


def changes(code: str, older: tuple[str, str], newer: tuple[str, str]) -> list[Change]:
    """What differs between two versions, each as (name, BPMN)."""
    return drafted.changes(lines(code, *older), lines(code, *newer))


def steps(definition: Definition, roles: Mapping[str, str]) -> list[tuple[Step, str]]:
    """The steps in the order of the file, each with who does it: the picture in words."""
    return [(step, doer_in_words(step, roles)) for step in definition.steps.values()]


def operation_names() -> list[str]:
    """What the node can do in a procedure."""
    return sorted(slots.operations)
