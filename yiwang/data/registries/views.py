"""Pages of one's own data: what is held, who used it, and the form to say that something is wrong."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yiwang.kernel.refusals import Invalid, Missing

from . import actions, queries
from .models import Objection
from .slots import DataUse


def _trail() -> list[tuple[str, str]]:
    return [(_("我的数据"), reverse("my-data"))]


def _events(uses: list[DataUse]) -> list[dict[str, Any]]:
    return [
        {
            "at": use.at,
            "what": use.purpose,
            "who": use.reader,
            "note": _note(use),
            "tone": "done",
        }
        for use in uses
    ]


def _note(use: DataUse) -> str:
    words = {"register": use.register, "fields": _("、").join(use.elements), "grant": use.grant, "basis": use.basis}
    said = _("查了%(register)s：%(fields)s") % words if use.found else _("查了%(register)s，没有查到您的记录") % words
    if use.basis:
        return _("%(said)s。依据：%(basis)s（授权 %(grant)s）") % {"said": said, **words}
    return _("%(said)s（授权 %(grant)s）") % {"said": said, **words} if use.grant else said


def my_data(request: HttpRequest) -> HttpResponse:
    """What the registers hold about the party acted for, each with "not right?", and a glance at who used it."""
    actor = request.actor  # type: ignore[attr-defined]
    readings = queries.held_about(actor)
    pending = {(o.register_id, o.element) for o in queries.my_objections(actor) if o.state == Objection.State.OPEN}
    owners = queries.owner_names(readings)
    sources = queries.provenance(readings)
    used = queries.who_used(actor, kind="others").items[:3]
    records = [
        {
            "reading": reading,
            "owner": owners.get(reading.declaration.owner, ""),
            "lines": [
                {
                    "label": line.label,
                    "shown": line.shown,
                    "open": (reading.register, line.name) in pending,
                    # Where one office alone speaks, the heading has said so already.
                    "source": sources[(reading.register, reading.key_hash)].get(line.name, "")
                    if len(reading.declaration.sources) > 1
                    else "",
                    "href": f"objection?register={reading.register}&element={line.name}",
                }
                for line in reading.lines()
            ],
        }
        for reading in readings
    ]
    return render(request, "registries/my_data.html", {"records": records, "events": _events(used)})


def uses(request: HttpRequest) -> HttpResponse:
    """Who used my data: everybody, or others than myself."""
    kind = request.GET.get("kind", "")
    page = queries.who_used(request.actor, request.GET.get("cursor", ""), kind)  # type: ignore[attr-defined]
    tabs = [
        {"name": name, "href": f"?kind={code}" if code else "?", "current": kind == code}
        for code, name in (("", _("全部")), ("others", _("部门和系统")), ("self", _("我自己")))
    ]
    context = {"page": page, "events": _events(page.items), "trail": _trail(), "tabs": tabs, "kind": kind}
    return render(request, "registries/uses.html", context)


@require_http_methods(["GET", "POST"])
def objection(request: HttpRequest) -> HttpResponse:
    """Say that one element is wrong."""
    actor = request.actor  # type: ignore[attr-defined]
    given = request.POST if request.method == "POST" else request.GET
    register, name = given.get("register", ""), given.get("element", "")
    reading = next((reading for reading in queries.held_about(actor) if reading.register == register), None)
    if reading is None or name not in reading.data:
        raise Missing(_("没有找到这一项信息，请回到“我的数据”重新选择。"))
    element = reading.declaration.elements[name]
    problems: list[Any] = []
    if request.method == "POST":
        try:
            actions.object_to(actor, register, name, request.POST.get("claimed", ""), request.POST.get("why", ""))
        except Invalid as refusal:
            problems = list(refusal.problems)
        else:
            messages.success(request, _("已经收到。登记这项信息的部门会核实，结果会通知您；核实期间原信息保持不变。"))
            return redirect("my-data")
    context = {
        "trail": _trail(),
        "reading": reading,
        "element": element,
        "current": next(line.shown for line in reading.lines() if line.name == name),
        "options": [
            {"value": code, "label": words} for code, words in element.codes.items() if code != reading.data[name]
        ],
        "claimed": request.POST.get("claimed", ""),
        "why": request.POST.get("why", ""),
        "problems": problems,
    }
    return render(request, "registries/objection.html", context, status=422 if problems else 200)
