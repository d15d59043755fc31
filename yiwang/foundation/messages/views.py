"""The page 消息."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yiwang.foundation.access.queries import acting

from . import actions, queries


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """The messages to the party acted for."""
    actor = acting(request)
    page = queries.inbox(actor, request.GET.get("cursor", ""))
    return render(request, "messages/inbox.html", {"page": page, "unread": queries.unread(actor)})


@require_GET
def message(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """One message. Opening it marks it as read."""
    actor = acting(request)
    found = queries.message(actor, message_id)
    if found.read_at is None:
        found = actions.read(actor, message_id)
    return render(request, "messages/message.html", {"message": found, "trail": [(_("消息"), reverse("my-messages"))]})


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything as read."""
    actions.read_all(acting(request))
    messages.success(request, _("已全部标为已读。"))
    return redirect("my-messages")
