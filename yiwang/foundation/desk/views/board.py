"""The supervision board 监察看板: open cases by the colour of their clocks. Every figure opens its rows."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from yiwang.foundation.access.queries import acting
from yiwang.foundation.cases import queries as cases
from yiwang.foundation.cases.queries import ICONS, READ, TONES
from yiwang.foundation.desk import queries

from .common import COLOUR_NAMES

REFRESH = 30  # seconds


@never_cache
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """The board of the actor's reach. ``?screen=wall`` is the same for a screen on a wall."""
    actor = acting(request)
    by: Literal["type", "agency"] = "agency" if request.GET.get("by") == "agency" else "type"
    found = cases.board(actor, by=by)
    readable = queries.may(actor, READ)

    def rows_behind(**filters: str) -> str:
        return f"{reverse('desk-cases')}?{urlencode(filters)}" if readable else ""

    figures = [
        {
            "label": name,
            "value": found.counts[code],
            "tone": TONES.get(code, "") if found.counts[code] and code in ("red", "yellow") else "",
            "icon": ICONS[code],
            "note": {"red": _("请尽快督办"), "yellow": _("剩下不到三分之一的时间")}.get(code, "") if found.counts[code] else "",
            "href": rows_behind(colour=code),
        }
        for code, name in COLOUR_NAMES.items()
    ]  # fmt: skip
    lines = [
        {
            "name": row.type_name,
            "href": rows_behind(**{by: row.type_code}),
            "total": row.total,
            "cells": [
                {
                    "n": row.counts[code],
                    "tone": TONES.get(code, "grey"),
                    "icon": ICONS[code],
                    "name": name,
                    "href": rows_behind(**{by: row.type_code}, colour=code),
                }
                for code, name in COLOUR_NAMES.items()
            ],
        }
        for row in found.rows
    ]
    wall = request.GET.get("screen") == "wall"
    context = {
        "figures": figures,
        "lines": lines,
        "names": [(code, name, ICONS[code]) for code, name in COLOUR_NAMES.items()],
        "total": sum(found.counts.values()),
        "at": found.at,
        "refresh": REFRESH,
        "everything": rows_behind(state="open"),
        "by": by,
        "tabs": [
            {"name": name, "href": f"?by={code}", "current": code == by}
            for code, name in (("type", _("按事项")), ("agency", _("按单位")))
        ],
    }
    return render(request, "desk/wall.html" if wall else "desk/board.html", context)
