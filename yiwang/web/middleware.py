"""What every request passes: a log line, a content security policy, and a plain answer to a refusal."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from yiwang.kernel.ids import uuid7
from yiwang.kernel.refusals import Refusal, SignInNeeded

log = structlog.get_logger("yiwang.request")
Handler = Callable[[HttpRequest], HttpResponse]
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_QUIET = ("/static/", "/healthz", "/readyz", "/metrics")

POLICY = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "style-src 'self'",
        "script-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)


def request_log(get_response: Handler) -> Handler:
    """Give each request an id and log it once, with the actor, the status and the milliseconds it took."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.id = given if _REQUEST_ID.fullmatch(given) else uuid7().hex  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.id)  # type: ignore[attr-defined]
        began = time.perf_counter()
        response = get_response(request)
        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        if not request.path.startswith(_QUIET):
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                ms=round((time.perf_counter() - began) * 1000, 1),
            )
        return response

    return middleware


def content_security_policy(get_response: Handler) -> Handler:
    """Allow only what the node itself serves; no inline script or style can run."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()")
        return response

    return middleware


def refusals(get_response: Handler) -> Any:
    """Answer a :class:`Refusal` that a page raised with a page that says what happened and the way on."""

    class Middleware:
        def __call__(self, request: HttpRequest) -> HttpResponse:
            return get_response(request)

        def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
            if not isinstance(exception, Refusal):
                return None
            from .views import refused, to_sign_in

            if isinstance(exception, SignInNeeded):
                return to_sign_in(request)
            return refused(request, exception)

    return Middleware()
