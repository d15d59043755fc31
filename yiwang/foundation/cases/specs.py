"""What Spiff is given of a procedure: its tokens only. Private to :mod:`.engine`.

A task of several (会签) is one token here; the tasks of people are rows of ours. Events that the case waits for are plain waiting tasks;
a timer at the edge of a task becomes an event that our job lets happen. A called procedure carries the name of its version.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser, BpmnValidator
from SpiffWorkflow.bpmn.parser.task_parsers import CallActivityParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.specs.defaults import CallActivity, UserTask
from SpiffWorkflow.util.task import TaskState

from .procedures import BPMN, Definition

_validator = BpmnValidator()


def last_reached(ends: Sequence[Any]) -> str:
    """The id of the end event that was reached last, whichever branch it stands on: where branches end apart, it says what came of it all.

    "" when none was reached.
    """
    order = sorted(enumerate(ends), key=lambda item: (item[1].last_state_change, item[0]))
    return str(order[-1][1].task_spec.bpmn_id) if order else ""


class _Waits(UserTask):
    """A task or an event that waits until our code says what came of it."""


class _Call(CallActivity):
    """A call activity that keeps, as its outcome, what the called procedure came to."""

    def _on_subworkflow_completed(self, subworkflow: Any, my_task: Any) -> None:
        ends = [
            task
            for task in subworkflow.get_tasks(state=TaskState.COMPLETED)
            if task.task_spec.bpmn_id in subworkflow.spec.outcomes_of_ends
        ]
        if ends:
            outcome = subworkflow.spec.outcomes_of_ends[last_reached(ends)]
            my_task.workflow.top_workflow.data["outcomes"][my_task.task_spec.bpmn_id] = outcome
        super()._on_subworkflow_completed(subworkflow, my_task)


_WAITS = (TaskParser, _Waits)


class _Parser(BpmnParser):
    OVERRIDE_PARSER_CLASSES = {
        full_tag("serviceTask"): _WAITS,
        full_tag("businessRuleTask"): _WAITS,
        full_tag("receiveTask"): _WAITS,
        full_tag("intermediateCatchEvent"): _WAITS,
        full_tag("callActivity"): (CallActivityParser, _Call),
    }


@dataclass(frozen=True, slots=True)
class Specs:
    """The compiled specs of a procedure and of those that it calls."""

    main: Any
    called: dict[str, Any]


def validate(tree: Any) -> None:
    """Check a file against the BPMN 2.0 schema. Raises Spiff's ValidationException."""
    _validator.validate(tree)


def _plain(definition: Definition, name: str = "") -> Any:
    """A copy of the file with nothing in it but tokens' ways. ``name`` renames the process."""
    tree = copy.deepcopy(definition.tree)
    process = tree.find(f"{{{BPMN}}}process")
    if name:
        process.set("id", name)
    for loop in list(process.iter(f"{{{BPMN}}}multiInstanceLoopCharacteristics")):
        loop.getparent().remove(loop)
    for timer in list(process.iter(f"{{{BPMN}}}timerEventDefinition")):
        event = timer.getparent()
        event.set("name", event.get("id"))
        event.replace(timer, etree.Element(f"{{{BPMN}}}messageEventDefinition"))
    for call in process.iter(f"{{{BPMN}}}callActivity"):
        call.set("calledElement", _version_name(definition, call.get("calledElement")))
    for other in [child for child in tree if child is not process]:
        tree.remove(other)
    return tree


def _version_name(definition: Definition, code: str) -> str:
    return f"v{definition.calls[code][0].hex}"


def _all_called(definition: Definition, found: dict[str, Definition]) -> dict[str, Definition]:
    for code, (_id, called) in definition.calls.items():
        found[_version_name(definition, code)] = called
        _all_called(called, found)
    return found


def compile_specs(definition: Definition) -> Specs:
    """Compile a procedure with those that it calls. Raises Spiff's ValidationException, KeyError."""
    parser = _Parser()
    parser.add_bpmn_xml(_plain(definition))
    called = _all_called(definition, {})
    for name, inner in called.items():
        parser.add_bpmn_xml(_plain(inner, name))
    main = parser.get_spec(definition.process_id)
    specs = parser.get_subprocess_specs(definition.process_id)
    for name, spec in specs.items():
        spec.outcomes_of_ends = {end: found.outcome for end, found in called[name].ends.items()}
    return Specs(main, specs)
