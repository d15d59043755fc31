"""Puts the actor on every request, read from the store only when somebody asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from .actors import ANONYMOUS, Actor, of_account

PARTY_KEY = "yiwang_party"
Handler = Callable[[HttpRequest], HttpResponse]


def client_address(request: HttpRequest) -> str:
    """The caller's address, past as many proxies as the node trusts."""
    from yiwang.config.environment import environment

    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if environment.proxies and len(forwarded) >= environment.proxies:
        return forwarded[-environment.proxies][:45]
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


def actor_of(request: HttpRequest, channel: str = "web") -> Actor:
    """Who is behind ``request``."""
    account = request.user
    if not account.is_authenticated:
        actor = replace(ANONYMOUS, channel=channel)
    else:
        party = request.headers.get("X-Yiwang-Party") or request.session.get(PARTY_KEY)
        actor = of_account(account, party_id=party, channel=channel)
        structlog.contextvars.bind_contextvars(actor=actor.reference())
    return replace(actor, request_id=getattr(request, "id", ""), address=client_address(request))


def acting(request: HttpRequest) -> Actor:
    """The actor that the middleware (or the API's sign-in) put on ``request``."""
    found: Actor = request.actor  # type: ignore[attr-defined]
    return found


def actor(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: actor_of(request))  # type: ignore[attr-defined]
        return get_response(request)

    return middleware
