"""Answers that belong to no room: refusals, health."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yiwang.config.environment import environment
from yiwang.kernel.refusals import Denied, Missing, Refusal

from . import looks
from .context import READING_COOKIE

A_YEAR = 365 * 24 * 3600  # seconds


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A page that says no: what happened, what is safe, what to do, and a code to quote."""
    if request.headers.get("HX-Request"):
        template = "web/refusal_fragment.html"
    else:
        template = "web/refusal.html"
    return render(request, template, {"refusal": refusal}, status=refusal.status)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in page and back; a fragment request is told to reload the whole page there.

    The way back leads to a page that can be opened: for a form that was sent, the page on which it stood.
    """
    way_back = request.get_full_path()
    fragment = bool(request.headers.get("HX-Request"))
    if fragment or request.method not in ("GET", "HEAD"):
        way_back = safe_next(request, request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    to_login = redirect_to_login(way_back)
    if fragment:
        return HttpResponse(status=401, headers={"HX-Redirect": to_login["Location"]})
    return to_login


def safe_next(request: HttpRequest, address: str, otherwise: str = "/") -> str:
    """``address`` if it lies on this node, else ``otherwise``: nobody is led away to another site."""
    hosts = {request.get_host()}
    return address if url_has_allowed_host_and_scheme(address, hosts, require_https=request.is_secure()) else otherwise


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form came without its token: most often an old page or blocked cookies."""
    message = _("这一页停留太久，或者浏览器没有允许 Cookie。请返回上一页刷新后再提交，您已保存的内容还在。")
    return refused(request, Denied(message, code="csrf"))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refused(request, Missing(_("没有找到这个页面。地址可能写错了，或者内容已经移走。")))


def failed(request: HttpRequest) -> HttpResponse:
    """The program failed. The page asks nothing of the store or the session, for they may be what failed."""
    context = {
        "node_name": environment.node_name,
        "hotline": environment.hotline,
        "code": getattr(request, "id", ""),
    }
    return HttpResponse(render_to_string("web/failure.html", context), status=500)


@require_POST
def reading(request: HttpRequest) -> HttpResponse:
    """Turn large print on or off, remembered by this browser for a year."""
    response = HttpResponseRedirect(safe_next(request, request.POST.get("next", "")))
    if request.POST.get("mode") == "large":
        response.set_cookie(
            READING_COOKIE, "large", max_age=A_YEAR, secure=environment.secure, httponly=True, samesite="Lax"
        )
    else:
        response.delete_cookie(READING_COOKIE, samesite="Lax")
    return response


def accessibility(request: HttpRequest) -> HttpResponse:
    """What this site does for those who see, hear or move with difficulty, and whom to tell when it fails."""
    return render(request, "web/accessibility.html")


def look(request: HttpRequest) -> HttpResponse:
    """The living style page: every component in every face. Demo nodes only."""
    if not environment.demo:
        raise Missing(_("没有找到这个页面。地址可能写错了，或者内容已经移走。"))
    face = request.GET.get("face", "citizen")
    return render(request, f"web/look_{face if face in looks.FACES else 'citizen'}.html", looks.examples())


def healthz(request: HttpRequest) -> JsonResponse:
    """The process is alive."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """The process can serve: its store answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as error:  # any failure of the store means "not ready"; the reason goes to the operator
        return JsonResponse({"status": "not ready", "store": type(error).__name__}, status=503)
    return JsonResponse({"status": "ready", "store": connection.vendor})


def problem_document(refusal: Refusal, request_id: str) -> dict[str, Any]:
    """The problem+json body (RFC 9457) of a refusal."""
    way = refusal.extra.get("way")
    return {
        "type": f"urn:yiwang:problem:{refusal.code}",
        "title": str(refusal.message),
        "status": refusal.status,
        "code": refusal.code,
        "problems": [problem.as_dict() for problem in refusal.problems],
        "request_id": request_id,
        **({"way": way[0]} if way else {}),
    }
