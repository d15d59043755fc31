"""A whole node in processes of its own: its own data, its own store, its own port; ended by the ids of its processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
YIWANG = ("-m", "yiwang.config.command")
START = 60.0  # seconds that a node may need to answer
STOP = 60.0  # seconds that an orderly stop may take


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and waits to be collected has no command line any more."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_text())
    except OSError:
        return False


def until(true: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    """Ask again and again until the answer is true, and return it; fail with ``what`` was waited for after ``seconds``."""
    pause = threading.Event()
    for _attempt in range(int(seconds / 0.05)):
        if found := true():
            return found
        pause.wait(0.05)
    raise AssertionError(f"waited {seconds:.0f} s in vain: {what}")


class Node:
    """`yiwang serve` on a port of its own. What it logs is read as it comes; none of the developer's settings reach it."""

    def __init__(self, data: Path, application: str = "", **settings: str) -> None:
        self.data = data
        self.application = application
        self.port = free_port()
        # "localhost" and not 127.0.0.1: passkeys belong to a name
        self.origin = f"http://localhost:{self.port}"
        self.address = f"http://127.0.0.1:{self.port}"
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("YIWANG_", "DJANGO_"))}
        clean.pop("DATABASE_URL", None)
        self.environment = {
            **clean,
            "YIWANG_DATA_DIR": str(data),
            "YIWANG_DEMO": "1",
            "YIWANG_DEMO_SIZE": "small",
            "YIWANG_ORIGIN": self.origin,
            "YIWANG_BIND": f"127.0.0.1:{self.port}",
            "YIWANG_LOG_LEVEL": "INFO",
            "PYTHONPATH": str(ROOT),
            **settings,
        }
        self.lines: list[dict[str, Any]] = []
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._changed = threading.Condition()

    @property
    def process(self) -> subprocess.Popen[str]:
        """The supervisor."""
        assert self._process is not None, "the node was not started"
        return self._process

    def run(self, *words: str, given: str = "") -> str:
        """Run Python with this node's settings to its end, feed it ``given``, return what it printed.

        Raises AssertionError with all it said if it fails.
        """
        done = subprocess.run(
            [sys.executable, *words], env=self.environment, cwd=ROOT, input=given, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def yiwang(self, *words: str) -> str:
        """Run a verb of the ``yiwang`` command on this node."""
        return self.run(*YIWANG, *words)

    def furnish(self) -> None:
        """An empty store becomes the demo city, without its year of past cases: what a test counts is its own."""
        from yiwang.packs.demo import PACKS, PAST

        self.yiwang("migrate")
        self.yiwang("pack", "install", *(name for name in PACKS if name != PAST))

    def start(self) -> Node:
        """Serve, and come back when requests are answered."""
        serve = (
            "from yiwang.config.processes import APPLICATION, Supervisor; import sys; "
            f"sys.exit(Supervisor('127.0.0.1:{self.port}', {self.application!r} or APPLICATION).run())"
        )
        prepare = "import yiwang.config.settings\n"  # logs in one form from the first line
        self.lines = []
        self._process = subprocess.Popen(
            [sys.executable, "-c", prepare + serve], env=self.environment, cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read, args=(self._process.stderr, self.lines), daemon=True)
        self._reader.start()
        self.said("serving")
        return self

    def _read(self, stream: Any, lines: list[dict[str, Any]]) -> None:
        for line in stream:
            with self._changed:
                try:
                    lines.append(json.loads(line))
                except ValueError:
                    lines.append({"event": line.rstrip(), "not": "JSON"})
                self._changed.notify_all()

    def said(self, event: str, seconds: float = START) -> dict[str, Any]:
        """Wait for a log line with ``event``; the first one of that kind since the node was started."""

        def found() -> dict[str, Any] | None:
            return next((line for line in self.lines if event in line["event"]), None)

        with self._changed:
            self._changed.wait_for(lambda: found() or self.process.poll() is not None, timeout=seconds)
            line = found()
            assert line is not None, f"no {event!r} in {self.lines}"
            return line

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(self.address + path, timeout=30, **options)

    def children(self) -> dict[int, str]:
        """The processes below the supervisor with their command lines, parents before their own children."""
        found: dict[int, str] = {}
        todo = [self.process.pid]
        while todo:
            below = Path(f"/proc/{(parent := todo.pop())}/task/{parent}/children")
            for pid in map(int, below.read_text().split() if below.exists() else []):
                with suppress(OSError):
                    found[pid] = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
                    todo.append(pid)
        return found

    def kill(self) -> None:
        """End every process without warning, as a power cut would."""
        victims = [self.process.pid, *self.children()]
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        until(lambda: not any(map(alive, victims)), "killed processes end")

    def kill_one(self, command: str) -> None:
        """End one process, and what is below it stays, without warning: the one whose command line holds ``command``."""
        os.kill(next(pid for pid, line in self.children().items() if command in line), signal.SIGKILL)

    def stop(self) -> int:
        """An orderly stop; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=STOP)

    def end(self) -> None:
        """Leave no process behind, whatever the test did."""
        if self._process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=STOP)
            except subprocess.TimeoutExpired:
                self.kill()
        if self._reader is not None:
            self._reader.join(timeout=10)

    @property
    def database(self) -> str:
        """The address of its PostgreSQL database; "" for SQLite."""
        return self.environment.get("DATABASE_URL", "")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What is committed in the store, asked beside the node."""
        if self.database:
            with psycopg.connect(self.database, autocommit=True) as connection:
                return connection.execute(query.encode()).fetchall()
        with closing(sqlite3.connect(f"file:{self.data}/yiwang.sqlite3?mode=ro", uri=True, timeout=30)) as store:
            return store.execute(query).fetchall()


def create_database(name: str, template: str = "") -> str:
    """Where DATABASE_URL is set: a new database beside the one that it names; its address. Else "", which is SQLite.

    With the address of a ``template`` it begins as a copy of that one, to which nobody may be connected.
    """
    server = os.environ.get("DATABASE_URL", "")
    if not server:
        return ""
    parts = urlsplit(server)
    name = f"{parts.path.strip('/') or 'yiwang'}_{name}_{os.getpid()}"
    source = urlsplit(template).path.strip("/") or "template1"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(source))
        )
    return urlunsplit(parts._replace(path=f"/{name}"))


def drop_database(address: str) -> None:
    """Drop what :func:`create_database` made, whoever is connected."""
    if not address:
        return
    name = urlsplit(address).path.strip("/")
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def new_database(name: str, template: str = "") -> Iterator[str]:
    """A database for the length of a test or a run; "" for SQLite."""
    address = create_database(name, template)
    try:
        yield address
    finally:
        drop_database(address)
