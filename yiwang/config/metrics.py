"""Figures for Prometheus at /metrics: requests and jobs, added up over all processes of the node, and what waits in the store.

The processes write into files of the data directory (the library's multiprocess mode), which the supervisor empties when it starts. Outside of
the supervisor (a command, a test) each process counts for itself. docs/operations.md lists the figures.
"""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from yiwang.kernel.refusals import Denied

from .environment import environment
from .processes import METRICS_VARIABLE

Handler = Callable[[HttpRequest], HttpResponse]
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

SECONDS = Histogram(
    "yiwang_request_seconds",
    "Time from the arrival of a request to its answer, by route as declared.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
JOBS = Counter("yiwang_jobs", "Tries of background jobs, by what they came to: done, failed, dead.", ["outcome"])
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def measure(get_response: Handler) -> Handler:
    """Time each request. The route is the declared one, never the address: addresses have no end, and name things."""

    def middleware(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = get_response(request)
        match = request.resolver_match
        route = match.route if match is not None else "static" if request.path.startswith("/static/") else "none"
        method = request.method if request.method in _METHODS else "other"
        SECONDS.labels(method, route, f"{response.status_code // 100}xx").observe(time.perf_counter() - began)
        return response

    return middleware


class _Store:
    """What waits in the store, counted when it is asked for."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        from yiwang.foundation.events.queries import waiting

        for name, (help_text, value) in waiting().items():
            yield GaugeMetricFamily(f"yiwang_{name}", help_text, value=value)


def text() -> bytes:
    """All figures in the exposition format."""
    counted: CollectorRegistry = REGISTRY
    if os.environ.get(METRICS_VARIABLE):
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    store = CollectorRegistry()
    store.register(_Store())
    return generate_latest(counted) + generate_latest(store)


def _may_read(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if environment.metrics_token:
        return hmac.compare_digest(given.encode(), environment.metrics_token.encode())
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and not forwarded


def metrics(request: HttpRequest) -> HttpResponse:
    """The figures, for whoever has the token; without one set, for this machine only, and never through a proxy."""
    if not _may_read(request):
        raise Denied(_("这些数字只给监控系统看，请带上访问令牌。"))
    return HttpResponse(text(), content_type=CONTENT_TYPE)
