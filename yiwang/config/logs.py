"""One JSON line for each thing that happened, with the request id and the actor on it."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog


def configuration(level: str, style: str) -> None:
    """Send the standard library's and structlog's records through one formatter to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: Any
    if style == "json":
        shared.append(structlog.processors.format_exc_info)
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Django reports refused requests itself; the request log has a line for each already.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    logging.getLogger("django.security.csrf").setLevel(logging.ERROR)
    for quiet in ("fontTools", "pyhanko", "pyhanko_certvalidator", "httpx", "httpcore", "spiff", "asyncio"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
