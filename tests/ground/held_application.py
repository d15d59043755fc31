"""The node's application with one address more, ``/held?N``: its answer waits until the test lets it go.

The test makes two named pipes in ``YIWANG_DATA_DIR``: ``begun``, in which each held request writes a byte when it is under
way, and ``go-N``, which it reads to its end before it answers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from yiwang.config.wsgi import application as node

PLACE = Path(os.environ["YIWANG_DATA_DIR"])


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] != "/held":
        return node(environ, start_response)
    with (PLACE / "begun").open("wb") as begun:
        begun.write(b".")
    (PLACE / f"go-{environ['QUERY_STRING']}").read_bytes()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
