"""A provider's own system: a real HTTP server that answers for its data, as slowly and as wrongly as a test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Provider:
    """``rows`` by identity number. ``slow``: answers wait for ``released``. ``status`` and ``garbage`` spoil answers."""

    origin: str = ""
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    heard: list[dict[str, Any]] = field(default_factory=list)
    slow: bool = False
    status: int = 200
    garbage: bytes = b""
    released: threading.Event = field(default_factory=threading.Event)


@contextmanager
def providing(rows: dict[str, dict[str, Any]]) -> Iterator[Provider]:
    """A provider on a free port of this machine."""
    provider = Provider(rows=rows)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            provider.heard.append({"path": self.path, **asked})
            if provider.slow:
                provider.released.wait(30)
            found = [provider.rows.get(key["identity_number"]) for key in asked["keys"]]
            rows = [None if row is None else {name: row.get(name) for name in asked["fields"]} for row in found]
            body = provider.garbage or json.dumps({"rows": rows}).encode()
            try:
                self.send_response(provider.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # nobody waits any more

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider.origin = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        provider.released.set()
        server.shutdown()
        server.server_close()
