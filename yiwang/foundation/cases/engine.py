"""The only place that knows SpiffWorkflow.

The engine keeps tokens; it holds no data of the case. Its data is one dictionary ``outcomes`` (step → last outcome), on which gateways
decide by zen expressions: no Python is ever evaluated. The state leaves out the specs, which come from the procedure's version.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import zen
from django.utils.translation import gettext as _
from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.parser import BpmnParser, BpmnValidator
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.serializer.config import DEFAULT_CONFIG
from SpiffWorkflow.bpmn.serializer.default.workflow import BpmnWorkflowConverter
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.defaults import UserTask
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from yiwang.kernel.refusals import Conflict, Invalid, Problem

from . import procedures
from .procedures import Definition


class _Operation(UserTask):
    """A service or business-rule task: it waits until our code says what came of it."""


class _Parser(BpmnParser):
    OVERRIDE_PARSER_CLASSES = {
        full_tag("serviceTask"): (TaskParser, _Operation),
        full_tag("businessRuleTask"): (TaskParser, _Operation),
    }


class _Expressions:
    """Spiff's script engine, reduced to conditions in zen. There is nothing that could run a script."""

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        return zen.evaluate_expression(expression, task.workflow.top_workflow.data)


class _Converter(BpmnWorkflowConverter):
    """Writes a workflow without its specs, and reads it with the specs it is given."""

    def to_dict(self, workflow: BpmnWorkflow) -> dict[str, Any]:
        state: dict[str, Any] = super(BpmnWorkflowConverter, self).to_dict(workflow)
        state["subprocesses"] = self.mapping_to_dict(workflow.subprocesses)
        return state

    def from_dict(self, state: dict[str, Any], spec: Any = None) -> BpmnWorkflow:
        workflow = self.target_class(spec, {}, deserializing=True, script_engine=_Expressions())
        workflow.tasks = self.mapping_from_dict(state["tasks"], UUID, workflow=workflow)
        workflow.task_tree = workflow.tasks.get(UUID(state["root"]))
        self.set_default_attributes(workflow, state)
        self.subprocesses_from_dict(state["subprocesses"], workflow)
        workflow.bpmn_events = []
        return workflow


_serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure({**DEFAULT_CONFIG, BpmnWorkflow: _Converter}))
_validator = BpmnValidator()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task that the engine waits for."""

    engine_id: str
    step: str


@dataclass(frozen=True, slots=True)
class State:
    """Where a case stands: the blob to keep, the tasks that wait, and the end event it reached ("" while it runs)."""

    blob: bytes
    waiting: tuple[Waiting, ...]
    end: str


Now = Callable[[str], "str | None"]  # step -> outcome of a quick operation, or None when the step is not one


def spec_of(definition: Definition) -> Any:
    """Parse the BPMN with Spiff. Raises :class:`Invalid` when it does not follow the BPMN 2.0 schema or does not hang together."""
    parser = _Parser(validator=_validator)
    try:
        parser.add_bpmn_xml(definition.tree)
        return parser.get_spec(definition.process_id)
    except (ValidationException, KeyError) as error:
        message = _("流程图不符合 BPMN 2.0：%(why)s") % {"why": error}
        raise Invalid(
            _("流程图有错，没有发布。"), problems=[Problem(getattr(error, "id", "") or "", "bpmn", message)]
        ) from None


@lru_cache(maxsize=512)
def _spec(procedure_id: UUID) -> Any:
    return spec_of(procedures.definition(procedure_id))


def _settle(workflow: BpmnWorkflow, now: Now) -> State:
    """Run gateways and quick operations until people, or slow operations, or nobody is waited for."""
    for _round in range(200):  # a loop of quick operations is an author's mistake, not a reason to hang
        workflow.do_engine_steps()
        waiting = workflow.get_tasks(state=TaskState.READY, manual=True)
        quick = next(
            ((task, outcome) for task in waiting if (outcome := now(task.task_spec.bpmn_id)) is not None), None
        )
        if quick is None:
            break
        _finish(workflow, quick[0], quick[1])
    else:
        raise Conflict(_("流程在自动环节之间循环，无法继续。请联系流程管理员。"), code="procedure-loops")
    end = ""
    if workflow.completed:
        finished = [
            task.task_spec.bpmn_id
            for task in workflow.get_tasks(state=TaskState.COMPLETED)
            if type(task.task_spec).__name__ == "EndEvent" and task.task_spec.bpmn_id
        ]
        end = finished[-1] if finished else ""
    state = json.dumps(_serializer.to_dict(workflow), separators=(",", ":")).encode()
    found = tuple(Waiting(str(task.id), task.task_spec.bpmn_id) for task in waiting)
    return State(zlib.compress(state, 6), found, end)


def _finish(workflow: BpmnWorkflow, task: Any, outcome: str) -> None:
    workflow.data["outcomes"][task.task_spec.bpmn_id] = outcome
    try:
        task.run()
    except WorkflowTaskException as error:
        raise Conflict(_("流程没有可走的下一步。请联系流程管理员。"), code="procedure-stuck") from error


def begin(definition: Definition, spec: Any, now: Now) -> State:
    """Start a procedure and run it to where it first waits."""
    workflow = BpmnWorkflow(spec, {}, script_engine=_Expressions())
    workflow.data["outcomes"] = {}
    return _settle(workflow, now)


@lru_cache(maxsize=512)
def first_state(procedure_id: UUID) -> State:
    """Where every case of a procedure first waits, worked out once per process: opening a case needs no engine step."""
    return begin(procedures.definition(procedure_id), _spec(procedure_id), lambda step: None)


def advance(procedure_id: UUID, blob: bytes, now: Now, engine_id: str = "", outcome: str = "") -> State:
    """Finish the waiting task ``engine_id`` with ``outcome`` (or only quick operations, when empty) and run on.

    Raises :class:`Conflict` when the engine does not wait for that task.
    """
    state = json.loads(zlib.decompress(bytes(blob)))
    workflow = _serializer.from_dict(state, spec=_spec(procedure_id))
    if engine_id:
        task = workflow.tasks.get(UUID(engine_id))
        if task is None or not task.has_state(TaskState.READY):
            raise Conflict(_("这一环节已经办过了，请刷新页面查看最新情况。"), code="task-done")
        _finish(workflow, task, outcome)
    return _settle(workflow, now)
