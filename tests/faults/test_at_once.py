"""Two who do the same at the same moment, and one who sends far too much, at a node with several workers: one wins, the others are told."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.node import Node

from .clients import all_pages, number_of, official, submit
from .conftest import BusyCity
from .killing import findings
from .test_power_cuts import complete

CLICKS = 8
ROUNDS = 6
GIB = 1 << 30


@pytest.fixture(scope="module")
def node(copy_of_city: Callable[..., Node]) -> Iterator[Node]:
    running = copy_of_city("at-once").start()
    yield running
    running.end()


def at_once(*calls: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """Make all calls at the same moment."""
    together = threading.Barrier(len(calls))

    def make(call: Callable[[], httpx.Response]) -> httpx.Response:
        together.wait(30)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(make, calls))


@pytest.fixture(scope="module")
def cases(node: Node, city: BusyCity) -> list[str]:
    """Submitted applications for food permits: each click on the button was really several."""
    numbers = []
    for applicant in city.applicants[:ROUNDS]:
        with applicant.program(node) as client:
            answers = at_once(*[partial(submit, client, applicant, applicant.permit)] * CLICKS)
            found = {number_of(answer) for answer in answers}
            assert len(found) == 1, "one application came to several cases"
            numbers += found
    return numbers


def test_a_double_click_submits_once(node: Node, cases: list[str]) -> None:
    assert node.rows("SELECT count(*) FROM cases_case WHERE kind = 'application'") == [(ROUNDS,)]
    assert findings(node) == []


def tasks_of(node: Node, cases: list[str]) -> list[str]:
    clerk = official(node, "clerk")
    return [row["task"] for row in all_pages(clerk, "/api/v1/queue", who="all") if row["case"]["number"] in cases]


def test_two_clerks_claim_one_task(node: Node, cases: list[str]) -> None:
    first, second = official(node, "clerk"), official(node, "clerk2")
    for task in tasks_of(node, cases):
        answers = at_once(*(partial(one.post, f"/api/v1/tasks/{task}/claim") for one in (first, second)))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        loser = next(answer for answer in answers if answer.status_code == 409)
        assert "已经认领了这件待办" in loser.json()["title"]
        winner = first if answers[0].status_code == 200 else second
        assert winner.post(f"/api/v1/tasks/{task}/release").status_code == 200


def test_two_clerks_decide_one_task(node: Node, cases: list[str]) -> None:
    """One accepts, the other asks for nothing else: whoever is later is told, and what they wrote changes nothing."""
    first, second = official(node, "clerk"), official(node, "clerk2")
    won: Counter[str] = Counter()
    for task in tasks_of(node, cases):
        answers = at_once(
            partial(complete, first, task, "accept"), partial(complete, second, task, "refuse", "不属于本机关")
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409], [answer.text for answer in answers]
        loser = next(answer for answer in answers if answer.status_code == 409)
        assert "已经办过" in loser.json()["title"]
        won["accept" if answers[0].status_code == 200 else "refuse"] += 1
    ended = node.rows("SELECT count(*) FROM cases_case WHERE kind = 'application' AND outcome = 'not-accepted'")
    assert ended == [(won["refuse"],)]
    assert won.total() == ROUNDS
    assert findings(node) == []


def test_a_page_that_is_older_than_the_case_is_told_so(node: Node, cases: list[str], city: BusyCity) -> None:
    """The draft was submitted in another window; the old window still shows its form."""
    applicant = city.applicants[0]
    with applicant.program(node) as client:
        answer = client.patch(f"/api/v1/drafts/{applicant.permit}/answers", json={"answers": {"staff": 9}})
        assert answer.status_code == 409
        assert "已经提交" in answer.json()["title"]
        assert number_of(submit(client, applicant, applicant.permit)) == cases[0]


def _memory(node: Node) -> int:
    """What the processes of the node hold in memory, in KiB."""
    held = 0
    for pid in node.children():
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                held += int(line.split()[1])
    return held


def _stored(node: Node) -> int:
    """Bytes of all files below the node's folder, its store left out."""
    return sum(path.stat().st_size for path in node.data.rglob("*") if path.is_file() and "sqlite3" not in path.name)


@pytest.mark.parametrize("announced", [True, False], ids=["its length is said", "in pieces"])
def test_two_gigabytes_are_turned_away(node: Node, city: BusyCity, announced: bool) -> None:
    """An upload of 2 GiB is answered with the limit, or cut off; nothing of it stays, and the node goes on.

    One in pieces, which says no length, is read as empty (yiwang.config.middleware.body_limit): a file is asked for.
    """
    memory, stored = _memory(node), _stored(node)
    start = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7\n'
    length = f"Content-Length: {2 * GIB}" if announced else "Transfer-Encoding: chunked"
    head = (
        f"POST /api/v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Session-Token: {city.applicants[0].session}\r\n"
        f"Content-Type: multipart/form-data; boundary=cut\r\n{length}\r\n\r\n"
    ).encode()
    sent, piece = 0, bytes(1 << 20)
    with closing(socket.create_connection(("127.0.0.1", node.port), timeout=60)) as line:
        line.sendall(head + (start if announced else b"%x\r\n%s\r\n" % (len(start), start)))
        try:
            while sent < 2 * GIB:
                line.sendall(piece if announced else b"%x\r\n%s\r\n" % (len(piece), piece))
                sent += len(piece)
        except (ConnectionError, TimeoutError):
            pass
        try:
            answer = line.recv(65536)
        except (ConnectionError, TimeoutError):
            answer = b""
    assert sent < GIB, f"{sent >> 20} MiB were taken"
    assert not answer or answer.startswith(b"HTTP/1.1 413" if announced else b"HTTP/1.1 422"), answer[:200]
    assert _stored(node) - stored < 1 << 20
    assert _memory(node) - memory < 300 << 10, "the upload lies in memory"
    with city.applicants[0].program(node) as client:
        assert client.get("/api/v1/me").status_code == 200
