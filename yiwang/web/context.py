"""What every template may know."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from yiwang.config.environment import environment

from .menus import entries
from .slots import citizen_places, staff_places

READING_COOKIE = "yiwang_reading"


def node(request: HttpRequest) -> dict[str, Any]:
    """The node's name and mode, how this reader wants to read, and the menus (worked out when a layout shows them)."""
    return {
        "node_name": environment.node_name,
        "hotline": environment.hotline,
        "service_hours": environment.service_hours,
        "demo_mode": environment.demo,
        "large_print": request.COOKIES.get(READING_COOKIE) == "large",
        "citizen_menu": SimpleLazyObject(lambda: _citizen_menu(request)),
        "staff_menu": SimpleLazyObject(lambda: entries(staff_places, request)),
    }


def _citizen_menu(request: HttpRequest) -> dict[str, Any]:
    """Search and messages apart, for they have their own place in the header, and the others in their order."""
    found = {entry.key: entry for entry in entries(citizen_places, request)}
    search, messages = found.pop("search", None), found.pop("messages", None)
    return {"search": search, "messages": messages, "others": list(found.values())}
