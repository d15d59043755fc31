"""Pages of a register's steward: what is held, where sources differ, which pairs wait, one record in its history."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.foundation.access.queries import acting
from yiwang.kernel.refusals import Conflict, Invalid, Problem

from . import actions, queries
from .declarations import Declaration
from .models import Conflict as Differing
from .models import Link, Linking
from .sources import REASONS

STATE_TONES = {
    "open": "amber", "asked": "blue", "decided": "grey", "settled": "green", "gone": "green", "linked": "green",
    "unsure": "amber", "different": "grey", "undecided": "blue", "undone": "grey", "over": "grey",
}  # fmt: skip
STEP_WORDS = {
    "records": later("正在读取库里的记录"), "rows": later("正在读取没有主键的数据"), "compare": later("正在比对"), "keep": later("正在保存结果"),
}  # fmt: skip


def _trail(code: str = "", name: str = "") -> list[tuple[str, str]]:
    trail = [(_("基础库"), reverse("desk-registers"))]
    return [*trail, (name, reverse("desk-register", args=[code]))] if code else trail


def _tabs(view: queries.RegisterView, here: str) -> list[dict[str, Any]]:
    code = view.declaration.code
    waiting = sum(view.conflicts.get(state, 0) for state in Differing.WAITING)
    tabs = [
        {"name": _("概况"), "href": reverse("desk-register", args=[code]), "current": here == "overview"},
        {"name": _("查一条记录"), "href": reverse("desk-register-record", args=[code]), "current": here == "record"},
    ]
    if view.declaration.sources:
        href = reverse("desk-register-conflicts", args=[code])
        tabs.insert(1, {"name": _("来源不一致"), "href": href, "current": here == "conflicts", "count": waiting})
    if view.declaration.linking:
        href = reverse("desk-register-pairs", args=[code])
        unsure = view.links.get(Link.State.UNSURE, 0)
        tabs.insert(2, {"name": _("待比对"), "href": href, "current": here == "pairs", "count": unsure})
    return tabs


@require_GET
def registers(request: HttpRequest) -> HttpResponse:
    """The registers in the reader's reach."""
    return render(request, "registries/desk_registers.html", {"registers": queries.held_registers(acting(request))})


@require_GET
def register(request: HttpRequest, code: str) -> HttpResponse:
    """One register: its sources and rules, what came lately, the last run of its model."""
    view = queries.held_register(acting(request), code)
    rules = [
        (view.declaration.elements[name].label if name in view.declaration.elements else _("其余各项"), [str(REASONS[one]) for one in order])
        for name, order in view.declaration.rules.items()
    ]  # fmt: skip
    context = {
        "view": view, "tabs": _tabs(view, "overview"), "trail": _trail(), "rules": rules, "run": _run(view.linking),
        "key_label": view.declaration.elements[view.declaration.key].label,
        "loads": [(load, _source_words(view, load.source)) for load in view.loads],
    }  # fmt: skip
    return render(request, "registries/desk_register.html", context)


def _source_words(view: queries.RegisterView, code: str) -> str:
    source = view.declaration.sources.get(code)
    return source.name if source else code


def _run(linking: Linking | None) -> dict[str, Any] | None:
    if linking is None:
        return None
    alive = linking.state in (Linking.State.WAITING, Linking.State.RUNNING)
    took = (linking.ended_at - linking.started_at) if linking.ended_at and linking.started_at else None
    return {
        "linking": linking, "alive": alive, "step": STEP_WORDS.get(linking.step, _("排队等待")),
        "seconds": round(took.total_seconds()) if took else None,
    }  # fmt: skip


@require_GET
def conflicts(request: HttpRequest, code: str) -> HttpResponse:
    """Where sources differ."""
    actor = acting(request)
    view = queries.held_register(actor, code)
    wanted = {name: request.GET.get(name, "") for name in ("state", "element")}
    found = queries.conflicts(actor, code, **wanted, cursor=request.GET.get("cursor", ""))
    rows = [
        {
            "conflict": row, "tone": STATE_TONES[row.state], "why": str(REASONS.get(row.rule, "")),
            "label": view.declaration.elements[row.element].label if row.element in view.declaration.elements else row.element,
            "sources": "、".join(_source_words(view, source) for source in row.sources),
        }
        for row in found.items
    ]  # fmt: skip
    context = {
        "view": view, "tabs": _tabs(view, "conflicts"), "trail": _trail(), "page": found, "rows": rows, "wanted": wanted,
        "states": [(value, label) for value, label in Differing.State.choices],
        "elements": [(name, element.label) for name, element in view.declaration.elements.items()],
    }  # fmt: skip
    return render(request, "registries/desk_conflicts.html", context)


@require_http_methods(["GET", "POST"])
def conflict(request: HttpRequest, conflict_id: UUID) -> HttpResponse:
    """One conflict: what each source says, asking a source, settling."""
    actor = acting(request)
    problems: list[Problem] = []
    if request.method == "POST":
        source = request.POST.get("source", "")
        try:
            if "ask" in request.POST:
                asked = actions.ask(actor, conflict_id, request.POST["ask"], request.POST.get("text", ""))
                messages.success(request, _("已经发出，办件编号 %(number)s。") % {"number": asked.case.number})
                return redirect("desk-register-conflict", conflict_id)
            done = actions.settle(actor, conflict_id, source, reason=request.POST.get("reason", ""))
            messages.success(request, _("已经裁定，记录已更新。来源报来新内容之前一直有效。"))
            return redirect("desk-register-conflicts", done.register_id)
        except Invalid as refusal:
            problems = list(refusal.problems)
    shown = queries.conflict(actor, conflict_id)
    context = {
        "shown": shown, "problems": problems, "tone": STATE_TONES[shown.conflict.state],
        "why": str(REASONS.get(shown.conflict.rule, "")),
        "options": [{"value": one.code, "label": one.name, "help": one.value} for one in shown.says],
        "chosen": request.POST.get("source", ""), "reason": request.POST.get("reason", ""), "text": request.POST.get("text", ""),
        "trail": [*_trail(shown.declaration.code, shown.declaration.name), (_("来源不一致"), reverse("desk-register-conflicts", args=[shown.declaration.code]))],
    }  # fmt: skip
    return render(request, "registries/desk_conflict.html", context, status=422 if problems else 200)


@require_GET
def pairs(request: HttpRequest, code: str) -> HttpResponse:
    """The pairs that wait, and those that were decided."""
    actor = acting(request)
    view = queries.held_register(actor, code)
    state = request.GET.get("state", "")
    found = queries.pairs(actor, code, state=state, cursor=request.GET.get("cursor", ""))
    rows = [_pair_row(view.declaration, row) for row in found.items]
    context = {
        "view": view, "tabs": _tabs(view, "pairs"), "trail": _trail(), "page": found, "rows": rows, "state": state,
        "states": [(value, label) for value, label in Link.State.choices if value not in ("undone", "over")],
        "run": _run(view.linking), "last": request.session.get("last_pair"),
    }  # fmt: skip
    return render(request, "registries/desk_pairs.html", context)


def _pair_row(declaration: Declaration, link: Link) -> dict[str, Any]:
    """A pair as a line of a list: how likely, from where, what is alike."""
    alike = [
        declaration.elements[name].label
        for name, level in link.levels.items()
        if level > 0 and name in declaration.elements
    ]
    source = declaration.sources.get(link.source)
    return {
        "link": link, "tone": STATE_TONES[link.state], "percent": f"{link.probability / 100:.1f}", "alike": "、".join(alike),
        "source": source.name if source else link.source,
        "by": _("模型") if link.state == Link.State.LINKED and not link.by else "",
    }  # fmt: skip


@require_http_methods(["GET", "POST"])
def pair(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Two records side by side; after a verdict the next pair comes, with the way back."""
    actor = acting(request)
    if request.method == "POST":
        if "undo" in request.POST:
            again = actions.undo_link(actor, link_id, request.POST.get("reason", ""))
            messages.success(request, _("已经撤销，这一对又回到待比对。"))
            return redirect("desk-register-pair", again.id)
        following = queries.pair(actor, link_id)
        try:
            decided = actions.decide_link(actor, link_id, request.POST.get("verdict", ""), request.POST.get("note", ""))
        except Conflict as refusal:
            messages.error(request, refusal.message)
            return redirect("desk-register-pair", link_id)
        request.session["last_pair"] = {"id": str(decided.id), "words": decided.get_state_display()}
        after = following.following[0].id if following.following else following.before
        return redirect("desk-register-pair", after) if after else redirect("desk-register-pairs", decided.register_id)
    shown = queries.pair(actor, link_id)
    last = request.session.get("last_pair")
    context = {
        "shown": shown, "percent": f"{shown.link.probability / 100:.1f}", "tone": STATE_TONES[shown.link.state],
        "open": shown.link.state in (Link.State.UNSURE, Link.State.UNDECIDED),
        "undoable": shown.link.state in (Link.State.LINKED, Link.State.DIFFERENT, Link.State.UNDECIDED),
        "last": last if last and last["id"] != str(link_id) else None,
        "after": shown.following[0].id if shown.following else None,
        "rows": [_pair_row(shown.declaration, row) for row in shown.following],
        "trail": [*_trail(shown.declaration.code, shown.declaration.name), (_("待比对"), reverse("desk-register-pairs", args=[shown.declaration.code]))],
    }  # fmt: skip
    return render(request, "registries/desk_pair.html", context)


@require_POST
def link(request: HttpRequest, code: str) -> HttpResponse:
    """Start a run of the model."""
    try:
        actions.link(acting(request), code)
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("已经开始比对。可以离开这一页，做完后结果在这里。"))
    return redirect("desk-register-pairs", code)


def _day(text: str, field: str) -> dt.date | None:
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        message = _("请填写存在的日期，写成 2026-11-21 的样子。")
        raise Invalid(message, problems=[Problem(field, "format", message)]) from None


def _end_of(day: dt.date | None) -> dt.datetime | None:
    """What was known "on a day" is what was known when it ended; today has not ended."""
    if day is None or day >= timezone.localdate():
        return None
    return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min)) - dt.timedelta(
        microseconds=1
    )


@require_http_methods(["GET", "POST"])
def record(request: HttpRequest, code: str) -> HttpResponse:
    """One record: for a stated purpose, as it held on a day and was known on a day."""
    actor = acting(request)
    view = queries.held_register(actor, code)
    problems: list[Problem] = []
    found = None
    given = request.POST
    if request.method == "POST":
        try:
            if not given.get("key", "").strip():
                message = _("请填写要查的号码。")
                raise Invalid(message, problems=[Problem("key", "required", message)])
            found = queries.history(
                actor, code, given["key"], purpose=given.get("purpose", ""), day=_day(given.get("day", ""), "day"),
                known_at=_end_of(_day(given.get("known", ""), "known")),
            )  # fmt: skip
        except Invalid as refusal:
            problems = list(refusal.problems)
    context = {
        "view": view, "tabs": _tabs(view, "record"), "trail": _trail(), "found": found, "given": given, "problems": problems,
        "whole": bool(given.get("whole")), "key_label": view.declaration.elements[view.declaration.key].label,
        "correctable": [
            (element.name, element.label) for element in view.declaration.elements.values() if element.name != view.declaration.key
        ],
    }  # fmt: skip
    response = render(request, "registries/desk_record.html", context, status=422 if problems else 200)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def correct(request: HttpRequest, code: str) -> HttpResponse:
    """Correct one element of a record, from a day on or for some days."""
    actor = acting(request)
    given = request.POST
    try:
        actions.correct(
            actor, code, given.get("key", ""), {given.get("element", ""): given.get("value", "")}, reason=given.get("reason", ""),
            from_day=_day(given.get("from", ""), "from"), to_day=_day(given.get("to", ""), "to"),
        )  # fmt: skip
    except Invalid as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("已经更正。更正以前登记的内容仍可按日期查到。"))
    return redirect("desk-register-record", code)
