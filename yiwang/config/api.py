"""The one API of the node: OpenAPI 3.1, problem+json. Each room adds its router in ``api.py``."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from yiwang.foundation.access.api import signed_in
from yiwang.kernel.refusals import Invalid, Missing, Refusal, SignInNeeded
from yiwang.web import openapi

from .answers import bad_request, csrf_refusal, document, failed
from .input_problems import problem
from .input_text import Reader

log = structlog.get_logger("yiwang.request")


class Api(NinjaAPI):
    """The API with a description that holds for refusals too."""

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        found = super().get_openapi_schema(**kwargs)
        openapi.complete(found)
        return found


api = Api(
    title="Yiwang 一网",
    version="1",
    description="Every act that a page can do, a program can do here. Sign in at /_allauth/app/v1/auth/login and send X-Session-Token.",
    auth=signed_in,
    parser=Reader(),
    docs_url=None,  # its page loads scripts from elsewhere; /api/v1/openapi.json feeds any reader
    urls_namespace="api",
)


@api.exception_handler(Refusal)
def on_refusal(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return document(request, refusal)


@api.exception_handler(AuthenticationError)
def on_unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return document(request, SignInNeeded(_("请先登录。登录已过期的，请重新登录，未提交的内容都还在。")))


@api.exception_handler(ValidationError)
def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return document(
        request, Invalid(_("请求的内容不符合接口约定。"), problems=[problem(item) for item in error.errors])
    )


@api.exception_handler(Http404)
def on_missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return document(request, Missing(_("没有找到，可能编号写错了。")))


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What ninja itself refuses: a missing CSRF token, a body that cannot be read."""
    if error.status_code == 403:
        return document(request, csrf_refusal())
    if isinstance(error.__cause__, Refusal):  # the parser said what is wrong
        return document(request, error.__cause__)
    refusal = Refusal(_("请求的正文不是有效的 JSON，请检查后再发。"), code="bad-request")
    refusal.status = error.status_code
    return document(request, refusal)


@api.exception_handler(SuspiciousOperation)
@api.exception_handler(BadRequest)
@api.exception_handler(MultiPartParserError)
@api.exception_handler(UnreadablePostError)
def on_unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    """Too much, or nothing that anybody could read."""
    return bad_request(request, error)


@api.exception_handler(Exception)
def on_failure(request: HttpRequest, error: Exception) -> HttpResponse:
    """An error of ours: logged with its traceback and told with the request id."""
    got_request_exception.send(sender=None, request=request)
    log.exception("request failed", path=request.path)
    response = failed(request)
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django would add a line without the trace
    return response


def _routers() -> None:
    for room in settings.ROOMS:
        if find_spec(f"{room}.api"):
            module: Any = importlib.import_module(f"{room}.api")
            if hasattr(module, "router"):
                api.add_router("", module.router, tags=[room.rsplit(".", 1)[1]])


_routers()
