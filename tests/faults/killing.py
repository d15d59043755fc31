"""A power cut while many are served, and what must be true afterwards."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.node import Node, until

THREADS = 8
WAITING = """
SELECT (SELECT count(*) FROM events_event WHERE handed_over_at IS NULL)
     + (SELECT count(*) FROM django_tasks_database_dbtaskresult WHERE status IN ('READY', 'RUNNING'))
"""


def cut_off(node: Node, calls: Mapping[str, Callable[[], httpx.Response]], after: int) -> dict[str, httpx.Response]:
    """Make ``calls`` from eight threads and kill the node once ``after`` of them are answered; the answers that still came."""
    answered: dict[str, httpx.Response] = {}
    enough = threading.Event()

    def make(name: str) -> None:
        try:
            answered[name] = calls[name]()
        except httpx.TransportError:  # the node is gone
            return
        if len(answered) >= after:
            enough.set()

    with ThreadPoolExecutor(THREADS) as pool:
        for name in calls:
            pool.submit(make, name)
        assert enough.wait(120), f"only {len(answered)} were answered"
        node.kill()
    assert len(answered) < len(calls), "the node was killed after all was done"
    return answered


def at_rest(node: Node) -> None:
    """Wait until every event is handed over and every job has run."""
    until(lambda: node.rows(WAITING) == [(0,)], "the outbox and the jobs are worked off", 90)


def findings(node: Node) -> list[str]:
    """What is not whole in a node."""
    found: list[str] = json.loads(node.run("-m", "tests.faults.inside", "findings"))
    return found


def undelivered(node: Node) -> list[str]:
    """Events that a subscriber has not had, or has had twice."""
    found: list[str] = json.loads(node.run("-m", "tests.faults.inside", "undelivered"))
    return found
