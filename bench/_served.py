"""Servers for the time of a bench: ours as an operator runs it, and a bare one behind the same web server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def ours() -> Iterator[tuple[int, int]]:
    """Our server as an operator runs it, with the job workers on another machine: its port and process id."""
    port = free_port()
    environment = {**os.environ, "YIWANG_JOB_WORKERS": "0", "YIWANG_WEB_WORKERS": "2", "YIWANG_HOSTS": "127.0.0.1"}
    command = [sys.executable, "-m", "yiwang.config.command", "serve", "--bind", f"127.0.0.1:{port}"]
    with _served(command, environment, f"http://127.0.0.1:{port}/readyz") as pid:
        yield port, pid


@contextmanager
def bare_django(rows: str) -> Iterator[tuple[int, int]]:
    """The bare endpoint for ``rows`` (JSON of ``bare.rows``) behind the same server with the same workers and threads."""
    from yiwang.config.environment import environment as settings

    port = free_port()
    with tempfile.TemporaryDirectory(prefix="yiwang-bench-") as folder:
        path = Path(folder) / "rows.json"
        path.write_text(rows)
        command = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "2",
            "--blocking-threads", str(settings.web_threads), "--log-level", "warning", "--no-ws", "bench.bare.app:application",
        ]  # fmt: skip
        with _served(command, {**os.environ, "BENCH_ROWS": str(path)}, f"http://127.0.0.1:{port}/nothing") as pid:
            yield port, pid


@contextmanager
def served(application: str, probe: str) -> Iterator[int]:
    """A WSGI application behind the same server with the same workers and threads as ours: its port. ``probe`` is an address that answers."""
    from yiwang.config.environment import environment as settings

    port = free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "2",
        "--blocking-threads", str(settings.web_threads), "--log-level", "warning", "--no-ws", application,
    ]  # fmt: skip
    environment = {**os.environ, "YIWANG_HOSTS": "127.0.0.1"}
    with _served(command, environment, f"http://127.0.0.1:{port}{probe}"):
        yield port


@contextmanager
def _served(command: list[str], environment: dict[str, str], address: str) -> Iterator[int]:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        limit = time.monotonic() + 120
        while not _answers(address):
            assert process.poll() is None and time.monotonic() < limit, f"{command[2]} does not serve"  # noqa: PT018
            time.sleep(0.1)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except urllib.error.HTTPError as error:
        return error.code == 404
    except OSError:
        return False
