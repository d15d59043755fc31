"""The ways through a procedure, as far as they tell beforehand that a case would stop for ever. Private to this room."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from .procedures import BPMN


def waiting_for_themselves(process: Any) -> Iterator[tuple[str, str, str]]:
    """The parallel gateways that wait for a token which only they can send: (id, name, where the way back comes from).

    A parallel gateway goes on when a token has come in on each of its flows (BPMN 2.0, 13.4.2). A flow whose source can be reached only
    through the gateway itself is a loop: its first token never comes. Exclusive gateways take each token by itself, and inclusive ones wait
    for those only that can still come, so both are fit to end a loop.
    """
    names = {element.get("id"): element.get("name") or element.get("id") for element in process if element.get("id")}
    ways: dict[str, list[str]] = defaultdict(list)
    into: dict[str, list[str]] = defaultdict(list)
    for flow in process.iterfind(f"{{{BPMN}}}sequenceFlow"):
        ways[flow.get("sourceRef")].append(flow.get("targetRef"))
        into[flow.get("targetRef")].append(flow.get("sourceRef"))
    for event in process.iterfind(f"{{{BPMN}}}boundaryEvent"):
        ways[event.get("attachedToRef")].append(event.get("id"))
    starts = [event.get("id") for event in process.iterfind(f"{{{BPMN}}}startEvent")]
    everywhere = _reached(starts, ways, without="")
    for gateway in process.iterfind(f"{{{BPMN}}}parallelGateway"):
        where = gateway.get("id")
        if len(into[where]) < 2 or where not in everywhere:
            continue
        before = _reached(starts, ways, without=where)
        for source in dict.fromkeys(into[where]):
            if source in everywhere and source not in before:
                yield where, names[where], names[source]


def _reached(starts: Collection[str], ways: dict[str, list[str]], *, without: str) -> set[str]:
    """What can be reached from ``starts`` on ways that do not lead through ``without``."""
    found: set[str] = set()
    todo = [start for start in starts if start != without]
    while todo:
        here = todo.pop()
        if here not in found:
            found.add(here)
            todo += [there for there in ways[here] if there != without]
    return found
