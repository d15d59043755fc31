"""What stands in front of every request besides the manners of :mod:`yiwang.web.middleware`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from yiwang.kernel.refusals import Refusal
from yiwang.web.views import to_sign_in

from . import answers
from .environment import environment
from .input_text import check_form, check_texts
from .public_routes import OWN_DOORS, PUBLIC

Handler = Callable[[HttpRequest], HttpResponse]


def body_limit(get_response: Handler) -> Handler:
    """Refuse a request that announces more than the node takes, before a byte of it is read.

    One that announces nothing is read as empty, so there is no way around.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if announced.isdigit() and int(announced) > environment.request_limit_mb * 1024 * 1024:
            response = answers.answer(request, answers.too_large(environment.request_limit_mb))
            response["Connection"] = "close"
            return response
        return get_response(request)

    return middleware


def methods(get_response: Handler) -> Handler:
    """Answer HEAD like GET (the server leaves the content away), and say in words when an address does not take a method."""

    def middleware(request: HttpRequest) -> HttpResponse:
        asked = request.method
        request.method = "GET" if asked == "HEAD" else asked
        response = get_response(request)
        request.method = asked
        if isinstance(response, HttpResponseNotAllowed):
            allowed = response["Allow"]
            response = answers.answer(request, answers.other_method())
            response["Allow"] = allowed
        return response

    return middleware


def readable(get_response: Handler) -> Any:
    """Refuse an address or a form with text that cannot be kept. The API looks at its bodies itself, after the sign-in."""

    class Middleware:
        def __call__(self, request: HttpRequest) -> HttpResponse:
            try:
                check_texts([("", [request.path_info]), *request.GET.lists()])
            except Refusal as refusal:
                return answers.answer(request, refusal)
            return get_response(request)

        def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
            if request.method != "POST" or answers.for_programs(request):
                return None
            try:
                check_form(request)
            except Refusal as refusal:
                return answers.answer(request, refusal)
            return None

    return Middleware()


def not_kept(get_response: Handler) -> Handler:
    """Tell browsers and caches not to keep what was made for one person: halls have shared computers, and a Back button."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        asked = getattr(request, "_cached_user", None)  # set once anything asked who is signed in
        if "Cache-Control" not in response and (answers.for_programs(request) or (asked and asked.is_authenticated)):
            response["Cache-Control"] = "private, no-store"
        return response

    return middleware


# What somebody with a temporary password may still open: changing it, leaving, and what that page itself needs.
_BEFORE_OWN_PASSWORD = frozenset({
    "accounts/password/change/", "accounts/reauthenticate/", "accounts/logout/", "language", "reading", "healthz", "readyz",
})  # fmt: skip


def _own_password_first(request: HttpRequest, route: str) -> HttpResponse | None:
    """Lead somebody whose password was set at a counter to the page that changes it, whatever they wanted."""
    if not getattr(request.user, "password_temporary", False) or route in _BEFORE_OWN_PASSWORD:
        return None
    if answers.for_programs(request):
        return answers.document(request, answers.temporary_password())
    messages.warning(request, _("您现在用的是临时密码，请先换成自己的密码，再继续办事。"))
    return HttpResponseRedirect(reverse("account_change_password"))


def sign_in_first(get_response: Handler) -> Any:
    """Lead a passer-by to the sign-in page, and back, unless the page is on the list of public routes.

    So a page that forgets to ask shows nothing. What changes something is left to its act, which asks by construction: only
    the page knows how to keep what was typed into it after a session has ended.
    """

    class Middleware:
        def __call__(self, request: HttpRequest) -> HttpResponse:
            return get_response(request)

        def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
            assert request.resolver_match is not None
            route = request.resolver_match.route
            if request.user.is_authenticated:
                return _own_password_first(request, route)
            if route in PUBLIC or route.startswith(OWN_DOORS):
                return None
            return to_sign_in(request) if request.method in {"GET", "HEAD"} else None

    return Middleware()
