"""The only place that knows SpiffWorkflow.

The engine keeps tokens; it holds no data of the case. Its data is ``outcomes`` (step → last outcome), on which gateways decide by zen
expressions (no Python is ever evaluated), and ``history``: what was done, in order. Whatever is not a step forward (returning, taking
back, moving to another version, forgetting finished loops) is done by replaying the history on a fresh workflow, so that every state
is one that the procedure can reach and no token leaks out of a parallel block (ADR 0020). The stored state leaves out the specs.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import zen
from django.utils.translation import gettext as _
from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.serializer.config import DEFAULT_CONFIG
from SpiffWorkflow.bpmn.serializer.default.workflow import BpmnWorkflowConverter
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from yiwang.kernel.refusals import Conflict, Invalid, Problem

from . import procedures
from .procedures import Definition
from .specs import Specs, compile_specs, last_reached, validate


class _Expressions:
    """Spiff's script engine, reduced to conditions in zen. There is nothing that could run a script."""

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        return zen.evaluate_expression(expression, {"outcomes": task.workflow.top_workflow.data["outcomes"]})


class _Workflow(BpmnWorkflow):
    """A workflow whose specs come from the procedure's version, not from its own state."""

    def __init__(self, specs: Specs, **options: Any) -> None:
        super().__init__(specs.main, specs.called, script_engine=_Expressions(), **options)


class _Converter(BpmnWorkflowConverter):
    """Writes a workflow without its specs, and reads it with the specs it is given."""

    def to_dict(self, workflow: BpmnWorkflow) -> dict[str, Any]:
        state: dict[str, Any] = super(BpmnWorkflowConverter, self).to_dict(workflow)
        state["subprocesses"] = self.mapping_to_dict(workflow.subprocesses)
        return state

    def from_dict(self, state: dict[str, Any], spec: Any = None) -> BpmnWorkflow:
        workflow = self.target_class(spec, deserializing=True)
        workflow.tasks = self.mapping_from_dict(state["tasks"], UUID, workflow=workflow)
        workflow.task_tree = workflow.tasks.get(UUID(state["root"]))
        self.set_default_attributes(workflow, state)
        self.subprocesses_from_dict(state["subprocesses"], workflow)
        workflow.bpmn_events = []
        return workflow


_config = {kind: converter for kind, converter in DEFAULT_CONFIG.items() if kind is not BpmnWorkflow}
_serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure({**_config, _Workflow: _Converter}))

_OVERLAY, _EVENT = "=", "@"  # lines of the history that are no steps: outcomes of forgotten loops, an event that fired


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task that the engine waits for, or an event bound to one."""

    engine_id: str
    step: str


@dataclass(frozen=True, slots=True)
class State:
    """Where a case stands: the blob to keep, the tasks that wait, the events that listen beside them, and the end event it reached
    ("" while it runs)."""

    blob: bytes
    waiting: tuple[Waiting, ...]
    end: str
    events: tuple[Waiting, ...] = ()


Now = Callable[[str], "str | None"]  # step -> outcome of a quick operation, or None when the step is not one


class Untransferable(Exception):
    """A case cannot be moved to another version: what was done at ``step`` cannot be done there, or leads elsewhere."""

    def __init__(self, step: str) -> None:
        super().__init__(step)
        self.step = step


def spec_of(definition: Definition) -> Specs:
    """Parse the BPMN with Spiff. Raises :class:`Invalid` when it does not follow the BPMN 2.0 schema or does not hang together."""
    try:
        validate(definition.tree)
        return compile_specs(definition)
    except (ValidationException, KeyError) as error:
        message = _("流程图不符合 BPMN 2.0：%(why)s") % {"why": error}
        raise Invalid(
            _("流程图有错，没有发布。"), problems=[Problem(getattr(error, "id", "") or "", "bpmn", message)]
        ) from None


@lru_cache(maxsize=512)
def _specs(procedure_id: UUID) -> Specs:
    return spec_of(procedures.definition(procedure_id))


def _ready(workflow: BpmnWorkflow) -> list[Any]:
    return list(workflow.get_tasks(state=TaskState.READY, manual=True))


def _listening(workflow: BpmnWorkflow) -> list[Any]:
    return [task for task in workflow.get_tasks(state=TaskState.WAITING) if isinstance(task.task_spec, BoundaryEvent)]


def _mark(workflow: BpmnWorkflow) -> str:
    """Where the tokens are. Two moments with the same mark have the same future, once the outcomes are the same."""
    active = workflow.get_tasks(state=TaskState.READY | TaskState.WAITING | TaskState.STARTED)
    return " ".join(sorted(str(task.task_spec.bpmn_id or task.task_spec.name) for task in active))


def _do(workflow: BpmnWorkflow, task: Any, outcome: str) -> None:
    """Finish one waiting task and write it into the history."""
    data, step = workflow.data, task.task_spec.bpmn_id
    data["outcomes"][step] = outcome
    try:
        task.run()
        workflow.do_engine_steps()
    except WorkflowTaskException as error:
        raise Conflict(_("流程没有可走的下一步。请联系流程管理员。"), code="procedure-stuck") from error
    data["history"].append([step, outcome])
    data["marks"].append(_mark(workflow))


def _fire(workflow: BpmnWorkflow, task: Any) -> None:
    """Let an event bound to a task happen."""
    task._set_internal_data(event_fired=True)
    task.task_spec._update(task)
    workflow.do_engine_steps()
    workflow.data["history"].append([_EVENT, task.task_spec.bpmn_id])
    workflow.data["marks"].append(_mark(workflow))


def _overlay(workflow: BpmnWorkflow, outcomes: dict[str, str]) -> None:
    data = workflow.data
    data["outcomes"].update(outcomes)
    data["history"].append([_OVERLAY, dict(data["outcomes"])])
    data["marks"].append(data["marks"][-1])


def _settle(workflow: BpmnWorkflow, specs: Specs, now: Now) -> State:
    """Run quick operations until people, or slow operations, or nobody is waited for; forget loops that have come back."""
    for _round in range(200):  # a loop of quick operations is an author's mistake, not a reason to hang
        quick = next(
            ((task, found) for task in _ready(workflow) if (found := now(task.task_spec.bpmn_id)) is not None), None
        )
        if quick is None:
            break
        _do(workflow, *quick)
    else:
        raise Conflict(_("流程在自动环节之间循环，无法继续。请联系流程管理员。"), code="procedure-loops")
    return _state(_forget_loops(workflow, specs))


def _state(workflow: BpmnWorkflow) -> State:
    end = ""
    if workflow.completed:
        finished = [
            task
            for task in workflow.get_tasks(state=TaskState.COMPLETED)
            if type(task.task_spec).__name__ == "EndEvent" and task.workflow is workflow
        ]
        end = last_reached(finished)
    state = json.dumps(_serializer.to_dict(workflow), separators=(",", ":")).encode()
    return State(zlib.compress(state, 6), _named(_ready(workflow)), end, _named(_listening(workflow)))


def _named(tasks: Iterable[Any]) -> tuple[Waiting, ...]:
    return tuple(Waiting(str(task.id), task.task_spec.bpmn_id) for task in tasks)


def _forget_loops(workflow: BpmnWorkflow, specs: Specs) -> BpmnWorkflow:
    """When the tokens are where they have been before, keep the way there and the outcomes, not the loop: the state stays small."""
    data = workflow.data
    before = data["marks"].index(data["marks"][-1])
    if workflow.completed or all(line[0] == _OVERLAY for line in data["history"][before:]):
        return workflow
    again = _replay(specs, data["history"][:before])
    if again.data["history"] and again.data["history"][-1][0] == _OVERLAY:
        again.data["history"].pop()
        again.data["marks"].pop()
    _overlay(again, data["outcomes"])
    return again


def _replay(specs: Specs, history: list[list[Any]], *, without: int = -1, strict: bool = True) -> BpmnWorkflow:
    """A fresh workflow on which ``history`` was done again. ``without`` leaves out that line and all that cannot happen without it;
    ``strict`` raises :class:`Untransferable` for a line that cannot be done."""
    workflow = _fresh(specs)
    undone = history[without][0] if without >= 0 else None
    for index, (what, value) in enumerate(history):
        if index == without or (index > without >= 0 and what == undone):
            continue
        if what == _OVERLAY:
            _overlay(workflow, value)
            continue
        step, tasks = (value, _listening(workflow)) if what == _EVENT else (what, _ready(workflow))
        task = next((task for task in tasks if task.task_spec.bpmn_id == step), None)
        if task is not None:
            _fire(workflow, task) if what == _EVENT else _do(workflow, task, value)
        elif strict:
            raise Untransferable(step)
    return workflow


def _fresh(specs: Specs) -> BpmnWorkflow:
    workflow = _Workflow(specs)
    workflow.data.update(outcomes={}, history=[], marks=[])
    workflow.do_engine_steps()
    workflow.data["marks"].append(_mark(workflow))
    return workflow


def _load(procedure_id: UUID, blob: bytes) -> BpmnWorkflow:
    return _serializer.from_dict(json.loads(zlib.decompress(bytes(blob))), spec=_specs(procedure_id))


def begin(definition: Definition, specs: Specs, now: Now) -> State:
    """Start a procedure and run it to where it first waits."""
    return _settle(_fresh(specs), specs, now)


@lru_cache(maxsize=512)
def first_state(procedure_id: UUID) -> State:
    """Where every case of a procedure first waits, worked out once per process: opening a case needs no engine step."""
    return begin(procedures.definition(procedure_id), _specs(procedure_id), lambda step: None)


def advance(procedure_id: UUID, blob: bytes, now: Now, engine_id: str = "", outcome: str = "") -> State:
    """Finish the waiting task ``engine_id`` with ``outcome`` (or only quick operations, when empty) and run on.

    Cases that went the same way stand in the same state, to the byte, so the next step is worked out once for all of them, unless an
    operation has a say in it. Raises :class:`Conflict` when the engine does not wait for that task.
    """
    known = _onward(procedure_id, blob, engine_id, outcome)
    if known:
        return known[0]
    asked: list[str] = []

    def noticed(step: str) -> str | None:
        found = now(step)
        if found is not None:
            asked.append(found)
        return found

    state = _advanced(procedure_id, blob, noticed, engine_id, outcome)
    if not asked:
        known.append(state)
    return state


@lru_cache(maxsize=1024)
def _onward(procedure_id: UUID, blob: bytes, engine_id: str, outcome: str) -> list[State]:
    """Where a step leads from a state, once this process has worked it out; some 3 KB each."""
    return []


def _advanced(procedure_id: UUID, blob: bytes, now: Now, engine_id: str, outcome: str) -> State:
    workflow = _load(procedure_id, blob)
    if engine_id:
        task = next((task for task in _ready(workflow) if str(task.id) == engine_id), None)
        if task is None:
            raise Conflict(_("这一环节已经办过了，请刷新页面查看最新情况。"), code="task-done")
        _do(workflow, task, outcome)
    return _settle(workflow, _specs(procedure_id), now)


def fire(procedure_id: UUID, blob: bytes, now: Now, engine_id: str) -> State | None:
    """Let the event ``engine_id``, which listens beside a task, happen. None when it does not listen any more."""
    workflow = _load(procedure_id, blob)
    task = next((task for task in _listening(workflow) if str(task.id) == engine_id), None)
    if task is None:
        return None
    _fire(workflow, task)
    return _settle(workflow, _specs(procedure_id), now)


def history(blob: bytes) -> list[tuple[str, str]]:
    """The steps that were done on the way to where a case stands, oldest first, each with its outcome. Finished loops are forgotten."""
    lines = json.loads(zlib.decompress(bytes(blob)))["data"]["history"]
    return [(what, value) for what, value in lines if what not in (_OVERLAY, _EVENT)]


def rewind(procedure_id: UUID, blob: bytes, step: str) -> State:
    """Where the case would stand if ``step`` had not been done the last time: it waits again, what followed from it is undone, and
    what was done beside it stays done. Raises LookupError when the step is not in the history."""
    workflow, specs = _load(procedure_id, blob), _specs(procedure_id)
    lines = workflow.data["history"]
    found = max((index for index, line in enumerate(lines) if line[0] == step), default=-1)
    if found < 0:
        raise LookupError(step)
    return _state(_replay(specs, lines, without=found, strict=False))


def transfer(procedure_id: UUID, blob: bytes, to: UUID) -> State:
    """The same history on another version of the procedure. Raises :class:`Untransferable`."""
    lines = _load(procedure_id, blob).data["history"]
    try:
        return _state(_replay(_specs(to), lines))
    except Conflict as stuck:
        raise Untransferable(str(lines[-1][0])) from stuck
