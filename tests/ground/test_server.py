"""The processes of a node: an orderly stop loses no request, a killed process is replaced, and nobody is left behind."""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest
from django.db import connection

from tests.node import Node, alive, until
from yiwang.config.processes import PortTaken, address_of, claim

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.skipif(
        connection.vendor != "sqlite", reason="the processes are the same on every store; once is enough"
    ),
]
HELD = "tests.ground.held_application:application"


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("store")
    Node(place).yiwang("migrate")
    return place


@pytest.fixture
def node(empty_store: Path, tmp_path: Path) -> Iterator[Callable[..., Node]]:
    started: list[Node] = []

    def start(application: str = "", **settings: str) -> Node:
        shutil.copytree(empty_store, tmp_path / "var", dirs_exist_ok=True)
        one = Node(tmp_path / "var", application, **settings)
        started.append(one)
        return one.start()

    yield start
    for one in started:
        one.end()


@pytest.fixture(scope="module")
def calm(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node that nobody harms."""
    place = tmp_path_factory.mktemp("calm") / "var"
    shutil.copytree(empty_store, place)
    running = Node(place, YIWANG_REQUEST_LIMIT_MB="3").start()
    yield running
    running.end()


class Held:
    """Some requests that are under way and wait for the test."""

    def __init__(self, node: Node, place: Path, count: int) -> None:
        self.pipes = [place / f"go-{number}" for number in range(count)]
        for pipe in [place / "begun", *self.pipes]:
            os.mkfifo(pipe)
        self.answers: list[int | str] = []
        self.threads = [threading.Thread(target=self._ask, args=(node, number)) for number in range(count)]
        for thread in self.threads:
            thread.start()
        begun = os.open(place / "begun", os.O_RDWR)  # also a writer, so that no byte is lost between two readers
        for _thread in self.threads:
            assert select.select([begun], [], [], 30)[0], "a request did not begin"
            os.read(begun, 1)
        os.close(begun)

    def _ask(self, node: Node, number: int) -> None:
        try:
            self.answers.append(node.get(f"/held?{number}").status_code)
        except httpx.HTTPError as error:
            self.answers.append(repr(error))

    def release(self) -> list[int | str]:
        for pipe in self.pipes:
            pipe.write_bytes(b"")
        for thread in self.threads:
            thread.join(timeout=30)
        return self.answers


def test_requests_under_way_at_a_stop_are_answered_and_new_ones_turned_away(
    node: Callable[..., Node], tmp_path: Path
) -> None:
    running = node(HELD, YIWANG_WEB_THREADS="6")
    held = Held(running, tmp_path / "var", 6)
    running.process.send_signal(signal.SIGTERM)
    until(lambda: not listens(running.port), "the port is closed")
    for pid, command in running.children().items():  # somebody is impatient
        if "web_server" in command:
            os.kill(pid, signal.SIGTERM)
    assert held.release() == [200] * 6
    assert running.process.wait(timeout=30) == 0
    assert not [line for line in running.lines if line.get("not") == "JSON"]


def test_a_stop_under_load_leaves_no_request_without_its_answer(node: Callable[..., Node]) -> None:
    """Eight clients never pause. What the node began when it was told to stop, it answers; the log knows what it began."""
    running = node()
    answered: set[str] = set()
    over = threading.Event()

    def client(name: int) -> None:
        for number in count():
            if over.is_set():
                return
            asked = f"load-{name:02d}-{number:06d}"
            try:
                answer = running.get("/accessibility", headers={"X-Request-ID": asked, "Connection": "close"})
            except httpx.TransportError:  # turned away: another node behind the same balancer takes it
                continue
            assert answer.status_code == 200
            answered.add(asked)

    threads = [threading.Thread(target=client, args=(name,), daemon=True) for name in range(8)]
    for thread in threads:
        thread.start()
    until(lambda: len(answered) > 200, "the node is under load")
    assert running.stop() == 0
    over.set()
    for thread in threads:
        thread.join(timeout=60)
    began = {line["request_id"] for line in running.lines if line.get("path") == "/accessibility"}
    assert len(began) > 200
    assert began - answered == set()
    assert not [line for line in running.lines if line.get("not") == "JSON"]


def listens(port: int) -> bool:
    with socket.socket() as trial:
        trial.settimeout(1)
        return trial.connect_ex(("127.0.0.1", port)) == 0


def ready(running: Node) -> bool:
    try:
        return running.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_a_killed_worker_is_replaced_and_the_node_goes_on(node: Callable[..., Node]) -> None:
    running = node()
    web = next(pid for pid, command in running.children().items() if "web_server" in command)
    workers = [int(pid) for pid in Path(f"/proc/{web}/task/{web}/children").read_text().split()]
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    running.said("Unexpected exit from worker")
    assert any(
        ready(running) for _request in range(20)
    )  # what was queued for the killed one is reset; the other goes on

    def present() -> list[str]:
        return Path(f"/proc/{web}/task/{web}/children").read_text().split()

    until(lambda: len(present()) == 2 and str(workers[0]) not in present(), "the killed worker is replaced")
    until(lambda: all(ready(running) for _request in range(20)), "both answer")


@pytest.mark.parametrize("role", ["web_server", "command worker"])
def test_a_killed_process_is_started_again_with_its_own_children_gone(node: Callable[..., Node], role: str) -> None:
    running = node()
    victim = next(pid for pid, command in running.children().items() if role in command)
    below = set(map(int, Path(f"/proc/{victim}/task/{victim}/children").read_text().split()))
    os.kill(victim, signal.SIGKILL)
    running.said("a process ended and is started again")
    until(
        lambda: any(role in command for pid, command in running.children().items() if pid != victim) and ready(running),
        "the node is whole again",
    )
    assert not [pid for pid in below if alive(pid)]


def test_when_the_supervisor_is_killed_nobody_is_left_behind(node: Callable[..., Node]) -> None:
    running = node()
    below = running.children()
    assert len(below) == 4  # the web server, its two workers, one job worker
    running.process.kill()
    running.process.wait()
    until(lambda: not any(map(alive, below)), "nobody is left behind")


def test_log_lines_are_json_with_request_id_and_status(calm: Node) -> None:
    answer = calm.get("/nowhere", headers={"X-Request-ID": "asked-by-a-test"})
    assert answer.headers["X-Request-ID"] == "asked-by-a-test"
    line = calm.said("request")
    assert (line["request_id"], line["method"], line["path"], line["status"]) == (
        "asked-by-a-test", "GET", "/nowhere", 404,
    )  # fmt: skip
    assert {"timestamp", "level", "logger", "ms"} <= line.keys()
    assert not [line for line in calm.lines if line.get("not") == "JSON"]


def test_health_and_readiness(calm: Node) -> None:
    assert calm.get("/healthz").json() == {"status": "ok"}
    assert calm.get("/readyz").json() == {"status": "ready", "store": "sqlite"}


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_read(calm: Node) -> None:
    head = "POST /api/v1/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2000000000\r\nContent-Type: text/plain\r\n\r\nabc"
    with socket.create_connection(("127.0.0.1", calm.port), timeout=10) as line:
        line.sendall(head.encode())
        answer = b"".join(iter(lambda: line.recv(65536), b"")).decode()
    assert answer.startswith("HTTP/1.1 413")
    assert "too-large" in answer


def test_a_second_node_on_the_same_port_says_so_and_leaves_the_first_alone(calm: Node) -> None:
    with pytest.raises(PortTaken):
        claim("127.0.0.1", calm.port, patience=0)
    second = subprocess.run(
        [sys.executable, "-m", "yiwang.config.command", "serve", "--bind", f"127.0.0.1:{calm.port}"],
        env=calm.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert second.returncode == 1
    assert "cannot be listened on" in second.stderr
    assert "Traceback" not in second.stderr
    assert calm.get("/healthz").status_code == 200


@pytest.mark.parametrize("text", ["8000", "host:", "host:99999", "host:port"])
def test_an_address_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is not host:port"):
        address_of(text)


def test_addresses() -> None:
    assert address_of("127.0.0.1:8000") == ("127.0.0.1", 8000)
    assert address_of("[::1]:80") == ("::1", 80)
    assert address_of(":80") == ("127.0.0.1", 80)
