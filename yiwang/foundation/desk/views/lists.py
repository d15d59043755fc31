"""The lists: my work, and all cases in reach; each with the open case beside it."""

from __future__ import annotations

from typing import Any

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

from .case import case_context
from .common import answer, back_of, colour_options, rows


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
    tabs = [{"name": name, "href": f"?who={code}", "current": code == wanted.who} for code, name in who]
    context = {
        **panel,
        "rows": rows([task.case for task in found.items], found.items, opened=panel["open"]),
        "page": found,
        "wanted": wanted,
        "tabs": tabs,
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
    tabs = [{"name": name, "href": f"?state={code}", "current": code == wanted["state"]} for code, name in states]
    context = {
        **panel,
        "rows": rows(found.items, opened=panel["open"]),
        "page": found,
        "wanted": wanted,
        "tabs": tabs,
        "types": sorted(types.items(), key=lambda item: item[1]),
        "colours": colour_options(),
        "filtered": bool(wanted["colour"] or wanted["type_code"] or wanted["text"]),
        "listing": "cases",
    }
    return answer(request, "desk/cases.html", "desk/parts/panel.html", context)
