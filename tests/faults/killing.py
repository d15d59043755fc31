"""A power cut while many are served, and what must be true afterwards."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping

import httpx

from tests.node import Node, until

WAITING = """
SELECT (SELECT count(*) FROM events_event WHERE handed_over_at IS NULL)
     + (SELECT count(*) FROM django_tasks_database_dbtaskresult WHERE status IN ('READY', 'RUNNING'))
"""


def cut_off(
    node: Node, calls: Mapping[str, Callable[[], httpx.Response]], *, after: int, under_way: int
) -> dict[str, httpx.Response]:
    """Make all ``calls`` at once and kill the node once ``after`` of them are answered; the answers that still came.

    At least ``under_way`` calls were sent and not answered when the node died.
    """
    answered: dict[str, httpx.Response] = {}
    enough, together = threading.Event(), threading.Barrier(len(calls))

    def make(name: str) -> None:
        together.wait(60)
        try:
            answered[name] = calls[name]()
        except httpx.TransportError:  # the node is gone
            return
        if len(answered) >= after:
            enough.set()

    threads = [threading.Thread(target=make, args=(name,), daemon=True) for name in calls]
    for thread in threads:
        thread.start()
    assert enough.wait(120), f"only {len(answered)} were answered"
    node.kill()
    for thread in threads:
        thread.join(60)
    lost = len(calls) - len(answered)
    assert lost >= under_way, f"only {lost} calls were under way when the node was killed"
    return answered


def at_rest(node: Node) -> None:
    """Wait until every event is handed over and every job has run."""
    until(lambda: node.rows(WAITING) == [(0,)], "the outbox and the jobs are worked off", 180)


def findings(node: Node) -> list[str]:
    """What is not whole in a node."""
    found: list[str] = json.loads(node.run("-m", "tests.faults.inside", "findings"))
    return found


def undelivered(node: Node) -> list[str]:
    """Events that a subscriber has not had, or has had twice."""
    found: list[str] = json.loads(node.run("-m", "tests.faults.inside", "undelivered"))
    return found
