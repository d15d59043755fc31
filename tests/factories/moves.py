"""Officials who may arrange work, and procedures small enough to read: joint reviews, calls, messages, timers."""

from __future__ import annotations

from yiwang.foundation.access.queries import Actor
from yiwang.foundation.cases import actions
from yiwang.foundation.cases.models import Case, Task

from .cases import open_permit, open_task
from .people import citizen, official

WORKER = ["cases.read", "cases.complete", "cases.claim"]
HEAD = [
    "cases.read", "cases.delegate", "cases.hand_over", "cases.urge", "cases.suspend", "cases.resume", "cases.terminate",
    "cases.receive", "cases.migrate",
]  # fmt: skip
ROLES = ["window-clerk", "reviewer-documents", "reviewer-premises", "inspector", "chief"]


def staff() -> dict[str, Actor]:
    """One official for each role of the food permit, and a head of office."""
    found = {role: official(role, WORKER) for role in ROLES}
    found["head"] = official("head", HEAD, name="处长")
    return found


def do(actor: Actor, case: Case, step: str, outcome: str, opinion: str = "意见") -> actions.Finished:
    return actions.complete(actor, open_task(case, step).id, outcome, opinion)


def in_review(people: dict[str, Actor], applicant: Actor | None = None) -> Case:
    """A food permit that was accepted and waits for its two reviews."""
    case = open_permit(applicant or citizen())
    do(people["window-clerk"], case, "accept", "accept")
    return case


def steps(case: Case) -> list[str]:
    return sorted(Task.objects.filter(case=case, state="open").values_list("step", flat=True))


def procedure_of(nodes: str, flows: str, *, code: str = "small", messages: str = "") -> str:
    """A procedure of the given nodes; ``flows`` are lines "source > target [condition]"."""
    arrows = []
    for number, row in enumerate(line.strip() for line in flows.strip().splitlines()):
        way, _sep, condition = row.partition(" [")
        source, target = (part.strip() for part in way.split(">"))
        inner = f"<bpmn:conditionExpression>{condition[:-1]}</bpmn:conditionExpression>" if condition else ""
        arrows.append(
            f'<bpmn:sequenceFlow id="f{number}" sourceRef="{source}" targetRef="{target}">{inner}</bpmn:sequenceFlow>'
        )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:yiwang="urn:yiwang:bpmn"
    id="definitions" targetNamespace="urn:yiwang:procedures">{messages}
  <bpmn:process id="{code}" isExecutable="true">{nodes}{"".join(arrows)}</bpmn:process>
</bpmn:definitions>"""


def start() -> str:
    return '<bpmn:startEvent id="start"/>'


def end(code: str = "done", outcome: str = "done") -> str:
    return (
        f'<bpmn:endEvent id="{code}"><bpmn:extensionElements><yiwang:end outcome="{outcome}" label="办结"/>'
        "</bpmn:extensionElements></bpmn:endEvent>"
    )


def task(code: str, role: str = "chief", *outcomes: str, ours: str = "", loop: str = "") -> str:
    offered = "".join(f'<yiwang:outcome code="{one}" label="{one}"/>' for one in outcomes or ("agree", "disagree"))
    return (
        f'<bpmn:userTask id="{code}" name="{code}"><bpmn:extensionElements><yiwang:task role="{role}"/>{offered}{ours}'
        f"</bpmn:extensionElements>{loop}</bpmn:userTask>"
    )


def joint(code: str, roles: str, rule: str = "all", *, sequential: bool = False) -> str:
    loop = f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}"/>'
    return task(code, "chief", ours=f'<yiwang:joint roles="{roles}" agrees="agree" rule="{rule}"/>', loop=loop)
