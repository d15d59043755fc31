"""The web server: granian, serving WSGI from a few processes with a few threads each.

Started by the supervisor as ``python -m yiwang.config.web_server HOST:PORT [APPLICATION]``.
"""

from __future__ import annotations

import importlib
import logging
import signal
import sys
import threading
import time
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from .environment import environment
from .logs import configuration
from .processes import APPLICATION, GRACE, address_of, end_with_parent

# A thread that idles away takes its connection to the store with it, so threads are kept as long as granian can.
IDLE = 600  # seconds
SETTLING = 1.0  # seconds from the end of an import until granian listens to signals, with a wide margin
WAITING = 128  # requests that may wait for a thread of one process


def server(bind: str, application: str) -> Any:
    """The server as this node's settings want it."""
    host, port = address_of(bind)
    return Granian(
        application,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=environment.web_workers,
        blocking_threads=environment.web_threads,
        blocking_threads_idle_timeout=IDLE,
        backpressure=WAITING,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE,
        log_level=LogLevels.warning,
        # Its lines go where all others go, in the same form.
        log_dictconfig={"formatters": {}, "handlers": {}, "loggers": {"_granian": {"handlers": [], "propagate": True}}},
    )


def stop_when_settled() -> None:
    """Let SIGTERM wait until this process has settled, then pass it on, once, to the main thread as SIGINT.

    granian's workers inherit the handler of the process that they are forked from and set their own a little later; a stop
    that falls in between would be swallowed, and the worker killed after the whole grace. A second SIGTERM during an orderly
    stop would break that off. Both are measured with granian 2.8.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    main_thread = threading.main_thread().ident
    assert main_thread is not None
    settled = time.monotonic() + SETTLING

    def pass_on() -> None:
        signal.sigwait({signal.SIGTERM})
        time.sleep(max(0.0, settled - time.monotonic()))
        signal.pthread_kill(main_thread, signal.SIGINT)

    threading.Thread(target=pass_on, name="stop", daemon=True).start()


def load(target: str) -> Any:
    """Import the application, in each worker."""
    end_with_parent()
    module, _colon, name = target.partition(":")
    application = getattr(importlib.import_module(module), name)
    stop_when_settled()
    return application


def main() -> None:
    stop_when_settled()
    end_with_parent()
    configuration(environment.log_level, environment.log_format)
    logging.getLogger("_granian").setLevel(logging.WARNING)
    bind, *rest = sys.argv[1:]
    server(bind, rest[0] if rest else APPLICATION).serve(target_loader=load)


if __name__ == "__main__":
    main()
