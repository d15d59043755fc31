"""Answers to requests that no view answered: as problem+json to programs, as a page to people.

The reasons behind a failure go to the log, with the request id that the reader is asked to quote.
"""

from __future__ import annotations

import sys

from django.core.exceptions import DisallowedHost, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Denied, Missing, Refusal, TooLarge
from yiwang.web import views

PROGRAMS = ("/api/", "/_allauth/")
RETRY_AFTER = "5"  # seconds; a store that restarts needs about as long


def for_programs(request: HttpRequest) -> bool:
    """Whether a program is asking, not a person."""
    return request.path.startswith(PROGRAMS)


def document(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The refusal as problem+json (RFC 9457)."""
    body = views.problem_document(refusal, getattr(request, "id", ""))
    response = JsonResponse(
        body, status=refusal.status, content_type="application/problem+json", json_dumps_params={"ensure_ascii": False}
    )
    if seconds := refusal.extra.get("seconds"):
        response["Retry-After"] = str(seconds)
    return response


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The refusal in the form that suits who asks."""
    return document(request, refusal) if for_programs(request) else views.refused(request, refusal)


def too_large(megabytes: int) -> TooLarge:
    return TooLarge(
        _("一次提交的内容太大，最多 %(n)s MB。请分几次提交，或者把文件压缩后再传。") % {"n": megabytes},
        code="too-large",
    )


def temporary_password() -> Denied:
    return Denied(_("您现在用的是临时密码，请先在网页上换成自己的密码。"), code="temporary-password")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django could not make sense of the request."""
    if isinstance(exception, DisallowedHost):  # no page: its links would need the very name that we do not go by
        return HttpResponse("This node does not answer under this name.\n", status=400, content_type="text/plain")
    if isinstance(exception, RequestDataTooBig):
        return answer(request, TooLarge(_("填写的文字太多，最多 2 MB。请删减后再提交，或者改为上传文件。")))
    if isinstance(exception, (TooManyFieldsSent, TooManyFilesSent)):
        return answer(request, TooLarge(_("一次提交的项目太多。请分几次提交。")))
    return answer(request, Refusal(_("请求的内容不完整或格式不对。请返回上一页刷新后再试。"), code="bad-request"))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if for_programs(request):
        return document(request, Missing(_("没有这个接口地址，请对照接口说明检查。")))
    return views.not_found(request, exception)


def other_method() -> Refusal:
    refusal = Refusal(_("这个地址不接受这种操作。请回到上一页，从页面上的按钮重新办理。"), code="method")
    refusal.status = 405
    return refusal


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    if for_programs(request):
        return document(request, csrf_refusal())
    return views.csrf_failure(request, reason)


def csrf_refusal() -> Denied:
    return Denied(_("请求缺少 CSRF 令牌。用浏览器会话调用时，请带上 X-CSRFToken。"), code="csrf")


def failure(error: BaseException | None) -> Refusal:
    """What people are told of an error that is ours: 503 when the store does not answer, 500 otherwise."""
    if isinstance(error, (OperationalError, InterfaceError)):
        refusal = Refusal(
            _("数据库暂时没有应答，这一步没有办成，也没有留下半截内容。请过几秒再试。"), code="store-unavailable"
        )
        refusal.status = 503
    else:
        refusal = Refusal(
            _("这一步没有完成，我们的程序出了问题，已经记录下来。请稍后再试，求助时请报编号。"), code="failure"
        )
        refusal.status = 500
    return refusal


def failed(request: HttpRequest) -> HttpResponse:
    """The last answer of all. Called by Django while the error is being handled, and has been logged."""
    refusal = failure(sys.exc_info()[1])
    response = document(request, refusal) if for_programs(request) else views.failed(request)
    response.status_code = refusal.status
    if refusal.status == 503:
        response["Retry-After"] = RETRY_AFTER
    return response
