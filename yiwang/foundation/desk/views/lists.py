"""The lists: my work, and all cases in reach; each with the open case beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from yiwang.foundation.access.queries import Actor, acting, require_somewhere
from yiwang.foundation.cases import queries as cases
from yiwang.foundation.cases.queries import READ
from yiwang.foundation.desk import queries
from yiwang.foundation.desk.filters import case_filter, queue_filter
from yiwang.foundation.desk.permissions import WORK
from yiwang.kernel.refusals import Refusal

from . import batch, columns, saved
from .case import case_context
from .common import Row, answer, back_of, colour_options, rows


def _open_case(actor: Actor, request: HttpRequest, place: str) -> dict[str, Any]:
    """What the side panel shows: the case that the address names, or why it cannot be shown."""
    number = request.GET.get("case", "")
    back = back_of(request.GET.urlencode())
    found: dict[str, Any] = {"list_url": reverse(place), "back": back, "open": number}
    if number:
        try:
            view = cases.view(actor, number)
        except Refusal as refusal:
            return {**found, "panel_error": refusal}
        found |= case_context(actor, view, place=place, beside=True, back=back, chosen=request.GET.get("outcome", ""))
    return found


def _tabs(request: HttpRequest, name: str, choices: Sequence[tuple[str, str]], current: str) -> list[dict[str, Any]]:
    """The tabs of a list; the columns stay as they were chosen."""
    kept = [("col", code) for code in request.GET.getlist("col")]
    return [
        {"name": words, "href": f"?{urlencode([(name, code), *kept])}", "current": code == current}
        for code, words in choices
    ]


def _table(
    request: HttpRequest, actor: Actor, listing: str, known: Sequence[columns.Column], found: Sequence[Row]
) -> dict[str, Any]:
    """What both lists show: the rows with the chosen columns, the views that were kept."""
    shown = columns.chosen(known, request.GET)
    query = saved.clean(request.GET.urlencode())
    return {
        "rows": columns.cells(shown, found), "columns": shown, "column_choices": [(one.code, one.label) for one in known],
        "column_codes": [one.code for one in shown], "saved": saved.shown(actor, listing, query), "query_string": query,
        "shareable": [(agency.code, agency.name) for agency in queries.my_agencies(actor)],
    }  # fmt: skip


@never_cache
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """My work: what waits for my roles, what I have claimed. Officials without a queue are led to where their work begins."""
    actor = acting(request)
    if not queries.may(actor, WORK) and (elsewhere := queries.start(actor)):
        return HttpResponseRedirect(reverse(elsewhere))
    require_somewhere(actor, WORK)
    panel = _open_case(actor, request, "desk")
    wanted = queue_filter(request.GET)
    found = cases.queue(actor, wanted, cursor=request.GET.get("cursor", ""))
    steps = {task.step: task.name for task in found.items}
    if wanted.step:
        steps.setdefault(wanted.step, wanted.step)
    who = (("team", _("等我和同事办")), ("mine", _("我认领的")), ("all", _("本岗位全部")))
    found_rows = rows([task.case for task in found.items], found.items, opened=panel["open"])
    context = {
        **panel,
        **_table(request, actor, "queue", columns.QUEUE, found_rows),
        "batch": batch.offered(actor),
        "undo": batch.undo_of(request),
        "results": batch.results_of(request),
        "page": found,
        "wanted": wanted,
        "tabs": _tabs(request, "who", who, wanted.who),
        "steps": sorted(steps.items(), key=lambda item: item[1]),
        "colours": colour_options(),
        "filtered": bool(wanted.step or wanted.colour or wanted.text),
        "listing": "queue",
    }
    return answer(request, "desk/queue.html", "desk/parts/panel.html", context)


@never_cache
@require_GET
def all_cases(request: HttpRequest) -> HttpResponse:
    """Every case that the actor may read, by state, colour, type and text. A whole number goes straight to its case."""
    actor = acting(request)
    require_somewhere(actor, READ)
    wanted = case_filter(request.GET)
    if number := cases.clean_number(wanted["text"]):
        return HttpResponseRedirect(reverse("desk-case", args=[number]))
    panel = _open_case(actor, request, "desk-cases")
    found = cases.staff_cases(actor, **wanted, cursor=request.GET.get("cursor", ""))
    types = {case.type_code: case.type_name for case in found.items}
    if wanted["type_code"]:
        types.setdefault(wanted["type_code"], wanted["type_code"])
    states = (("open", _("正在办")), ("closed", _("已办结")), ("all", _("全部")))
    context = {
        **panel,
        **_table(request, actor, "cases", columns.CASES, rows(found.items, opened=panel["open"])),
        "page": found,
        "wanted": wanted,
        "tabs": _tabs(request, "state", states, wanted["state"]),
        "agency": next((case.agency.name for case in found.items if wanted["agency"]), wanted["agency"]),
        "types": sorted(types.items(), key=lambda item: item[1]),
        "colours": colour_options(),
        "filtered": bool(wanted["colour"] or wanted["type_code"] or wanted["agency"] or wanted["text"]),
        "listing": "cases",
    }
    return answer(request, "desk/cases.html", "desk/parts/panel.html", context)
