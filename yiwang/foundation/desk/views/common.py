"""What the pages of the workbench share: the rows of lists, the side panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _

from yiwang.foundation.cases import queries as cases
from yiwang.foundation.cases.queries import Badge, badge
from yiwang.foundation.desk.people import shown_name

if TYPE_CHECKING:
    from yiwang.foundation.cases.models import Case, Task

COLOUR_NAMES = {
    "red": _("已超期"),
    "yellow": _("快到期"),
    "green": _("时间充裕"),
    "paused": _("暂停计时"),
    "none": _("没有时限在走"),
}


def colour_options() -> list[tuple[str, str]]:
    """The colours as a filter offers them."""
    return [(code, str(name)) for code, name in COLOUR_NAMES.items()]


@dataclass(frozen=True, slots=True)
class Row:
    """A case in a list, with the task for which it stands there (in a queue)."""

    case: Case
    task: Task | None
    applicant: str
    badge: Badge
    open: bool


def rows(found: Sequence[Case], tasks: Sequence[Task] = (), *, opened: str = "") -> list[Row]:
    """The rows of a list; two queries for all their clocks. ``opened`` is the number of the case in the side panel."""
    faces = cases.clock_faces(list({case.id: case for case in found}.values()))
    paired: Sequence[Task | None] = tasks or [None] * len(found)
    return [
        Row(case, task, shown_name(case.party), badge(case, faces.get(case.id, [])), case.number == opened)
        for case, task in zip(found, paired, strict=True)
    ]


def wants_panel(request: HttpRequest) -> bool:
    """Whether only the side panel is asked for (a row was opened, or a decision in the panel was sent)."""
    return request.headers.get("HX-Target") == "panel"


def back_of(query: str) -> str:
    """A list's query string as a way back: without the open case, and harmless whatever was sent."""
    values = QueryDict(query[:1000], mutable=True)
    for name in ("case", "outcome"):
        values.pop(name, None)
    return values.urlencode()


def answer(
    request: HttpRequest, page: str, fragment: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A whole page, or only its side panel when that is what was asked for."""
    response = render(request, fragment if wants_panel(request) else page, context, status=status)
    patch_vary_headers(response, ["HX-Target"])
    return response
