"""The processes of a node: one web server with its workers, some job workers, and the supervisor that keeps them."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from types import FrameType

import structlog

from .environment import environment

log = structlog.get_logger("yiwang.supervisor")

METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # the library reads it when it is imported
APPLICATION = "yiwang.config.wsgi:application"
GRACE = 30  # seconds that requests under way have at a stop
STARTING = 60  # seconds that a web server may need until its port answers
_LOOK = 0.2  # seconds between looks at the children
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent(number: int = signal.SIGTERM) -> None:
    """Ask the kernel to send this process ``number`` when its parent dies, so that a killed node leaves nobody behind."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        os.kill(os.getpid(), number)


def address_of(bind: str) -> tuple[str, int]:
    """Host and port of "127.0.0.1:8000" or "[::1]:8000". Raises ValueError for anything else."""
    host, colon, port = bind.rpartition(":")
    if not colon or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{bind!r} is not host:port")
    return host.strip("[]") or "127.0.0.1", int(port)


class PortTaken(RuntimeError):
    """Another program listens there."""


def claim(host: str, port: int, patience: float = 5) -> None:
    """Make sure that nobody listens on the port; a node that is just stopping gets ``patience`` seconds.

    The web workers share the port among themselves (SO_REUSEPORT): without this look a second node would silently take half
    of the requests of the first. Raises :class:`PortTaken`.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    until = time.monotonic() + patience
    while True:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, port))
                return
            except OSError as error:
                if time.monotonic() > until:
                    raise PortTaken(f"{host}:{port} cannot be listened on: {error.strerror}") from None
        time.sleep(_LOOK)


class Supervisor:
    """Keeps the web server and the job workers running, and stops them in order.

    At SIGTERM or SIGINT the web server stops accepting, answers what it has begun and ends; then the workers finish their
    job and end. A child that dies by itself is started again, with what it left behind ended first.
    """

    def __init__(self, bind: str, application: str = APPLICATION) -> None:
        self.host, self.port = address_of(bind)
        python = [sys.executable, "-m"]
        self.commands = {"web": [*python, "yiwang.config.web_server", bind, application]}
        for number in range(environment.job_workers):
            self.commands[f"job{number}"] = [*python, "yiwang.config.command", "worker"]
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.stopping = threading.Event()
        self.figures = environment.data_dir / "metrics"

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping.set()

    def _start(self, name: str) -> None:
        # Each in a session of its own: Ctrl-C reaches the supervisor only, and a dead child's own children can be found.
        surroundings = {**os.environ, METRICS_VARIABLE: str(self.figures)}
        self.children[name] = subprocess.Popen(self.commands[name], start_new_session=True, env=surroundings)  # noqa: S603  # our own words

    def _end_group(self, name: str) -> None:
        try:
            os.killpg(self.children[name].pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.host if self.host != "0.0.0.0" else "127.0.0.1", self.port), timeout=1):  # noqa: S104  # compared, not bound
                return True
        except OSError:
            return False

    def run(self) -> int:
        """Serve until told to stop; 0 after an orderly stop. Raises :class:`PortTaken`."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        claim(self.host, self.port)
        shutil.rmtree(self.figures, ignore_errors=True)  # counters begin anew with the node
        self.figures.mkdir(parents=True, exist_ok=True)
        for name in self.commands:
            self._start(name)
        began = time.monotonic()
        ready = False
        while not self.stopping.wait(_LOOK):
            if not ready and self._answers():
                ready = True
                log.info("serving", address=f"{self.host}:{self.port}", seconds=round(time.monotonic() - began, 1))
            elif not ready and time.monotonic() - began > STARTING:
                log.error("the web server does not answer", seconds=STARTING)
                break
            for name, child in list(self.children.items()):
                if child.poll() is not None and not self.stopping.wait(1):
                    log.error("a process ended and is started again", process=name, code=child.returncode)
                    self._end_group(name)
                    self._start(name)
        for name in self.children:
            self._finish(name)
        return 0 if self.stopping.is_set() else 1

    def _finish(self, name: str) -> None:
        child = self.children[name]
        child.terminate()
        try:
            child.wait(timeout=GRACE + 5)
        except subprocess.TimeoutExpired:
            log.error("a process did not stop in time and is ended", process=name, seconds=GRACE + 5)
        self._end_group(name)
        child.wait()
