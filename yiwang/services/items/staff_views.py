"""The catalogue for staff: the list, one item with its versions, editing, comparing, and the steps of its life."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.foundation.access.queries import Actor, allowed, require_somewhere
from yiwang.kernel.refusals import Invalid, Missing, Problem

from . import actions, imported, queries
from .levels import elsewhere
from .models import Item
from .queries import StaffFilter, StaffItem
from .structured import from_text, to_text
from .versions import compare as compare_bodies

EXAMPLE = {
    "code": "",
    "name": "",
    "agency": "",
    "type": "01",
    "audience": ["1"],
    "channels": ["1"],
    "conditions": [],
    "materials": [{"code": "form", "name": "", "required": True}],
    "limits": {"acceptance_days": 5, "promised": {"count": 10, "unit": "working"}},
    "fees": {"charged": False},
    "windows": [{"place": "", "hours": "", "phone": ""}],
}


def _actor(request: HttpRequest) -> Actor:
    return cast(Actor, request.actor)  # type: ignore[attr-defined]  # set by access


@never_cache
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Items within reach, by state, doubt and text."""
    actor = _actor(request)
    wanted = queries.staff_filter(request.GET)
    page = queries.staff_list(actor, wanted, cursor=request.GET.get("cursor", ""))
    counts = queries.states(actor)
    tabs = [{"name": _("全部"), "href": "?", "current": not wanted.state and not wanted.doubtful, "count": None}]
    tabs += [
        {"name": label, "href": f"?state={state}", "current": wanted.state == state, "count": counts[state]}
        for state, label in Item.State.choices
        if counts.get(state)
    ]
    if counts["doubtful"]:
        tabs.append(
            {"name": _("有疑点"), "href": "?doubtful=1", "current": wanted.doubtful, "count": counts["doubtful"]}
        )
    context = {
        "page": page,
        "wanted": wanted,
        "tabs": tabs,
        "filtered": wanted != StaffFilter(),
        "may_import": allowed(actor, imported.READ),
        "may_draft": any(held.allows("items.draft") for held in actor.held),
        "may_export": any(held.allows("desk.export") for held in actor.held),
    }
    return render(request, "items/staff/list.html", context)


@never_cache
@require_GET
def item(request: HttpRequest, code: str) -> HttpResponse:
    """One item: its state, what can be done now, its doubts, its versions."""
    return _item_page(request, queries.staff_item(_actor(request), code))


def _item_page(
    request: HttpRequest, found: StaffItem, *, problems: tuple[Problem, ...] = (), status: int = 200
) -> HttpResponse:
    shown = found.item.working or found.item.current
    number = request.GET.get("version", "")
    chosen = found.numbered(int(number)) if number.isascii() and number.isdigit() and len(number) < 7 else None
    context = {
        "found": found,
        "item": found.item,
        "may": found.may,
        "shown": chosen or shown or (found.versions[0] if found.versions else None),
        "text": to_text((chosen or shown or found.versions[0]).body) if found.versions else "",
        "problems": problems,
        "typed": {
            "opinion": request.POST.get("opinion", ""),
            "reason": request.POST.get("reason", ""),
            "status": request.POST.get("status") or found.item.service,
            "since": request.POST.get("since", ""),
            "until": request.POST.get("until", ""),
        },
        "levels": elsewhere(shown.body, found.item.region.path) if shown else [],
        "mine": bool(found.item.working and found.item.working.made_by == _actor(request).reference()),
        "services": [
            ("open", _("正常办理")),
            ("paused", _("暂停办理")),
            ("seasonal", _("限时办理")),
            ("closed", _("停办")),
        ],
    }
    return render(request, "items/staff/item.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new item, from an empty form of words."""
    require_somewhere(_actor(request), "items.draft")
    return _edit(request, None, to_text(EXAMPLE), 0)


@never_cache
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """The next version of an item, from the newest one."""
    found = queries.staff_item(_actor(request), code)
    newest = found.item.working or found.item.current or found.versions[0]
    return _edit(request, found.item, to_text(newest.body), found.versions[0].number)


def _edit(request: HttpRequest, item: Item | None, text: str, seen: int) -> HttpResponse:
    problems: tuple[Problem, ...] = ()
    note = ""
    if request.method == "POST":
        text, note = request.POST.get("text", ""), request.POST.get("note", "")[:300]
        given = request.POST.get("seen", "")
        seen = int(given) if given.isascii() and given.isdigit() and len(given) < 7 else seen
        try:
            version = actions.draft(
                _actor(request), _same_code(from_text(text), item), note=note, seen=seen if item else None
            )
        except Invalid as refusal:
            problems = refusal.problems
        else:
            messages.success(request, _("已保存为第 %(n)s 版草稿。") % {"n": version.number})
            return HttpResponseRedirect(reverse("desk-item", args=[version.item.code]))
    context = {
        "item": item,
        "text": text,
        "note": note,
        "seen": seen,
        "problems": problems,
        "rows": min(60, max(24, text.count("\n") + 3)),
    }
    return render(request, "items/staff/edit.html", context, status=422 if problems else 200)


def _same_code(body: dict[str, Any], item: Item | None) -> dict[str, Any]:
    if item is not None and body.get("code") != item.code:
        message = _("编码不能改。要换编码，请新建一个事项，再取消这一个。")
        raise Invalid(message, problems=[Problem("text", "fixed", message)])
    return body


@never_cache
@require_GET
def compare(request: HttpRequest, code: str) -> HttpResponse:
    """Two versions side by side; the newest and the one in force when the address does not say."""
    found = queries.staff_item(_actor(request), code)
    numbers = [version.number for version in found.versions]

    def asked(name: str, otherwise: int) -> int:
        given = request.GET.get(name, "")
        return int(given) if given.isascii() and given.isdigit() and len(given) < 7 else otherwise

    newer = asked("newer", numbers[0])
    before = [number for number in numbers if number < newer]
    held = found.item.current.number if found.item.current else 0
    older = asked("older", held if held and held < newer else before[0] if before else newer)
    context = {
        "item": found.item,
        "older": found.numbered(older),
        "newer": found.numbered(newer),
        "numbers": [(str(number), _("第 %(n)s 版") % {"n": number}) for number in numbers],
        "changes": compare_bodies(found.numbered(older).body, found.numbered(newer).body),
    }
    return render(request, "items/staff/compare.html", context)


def _day(value: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value) if value else None
    except ValueError as error:
        message = _("日期应写成 2026-11-21 这样。")
        raise Invalid(message, problems=[Problem("since", "format", message)]) from error


Step = Callable[[Actor, str, int, QueryDict], object]
_STEPS: dict[str, tuple[Step, Callable[[], str]]] = {
    "submit": (lambda actor, code, number, post: actions.submit(actor, code, number), lambda: _("已提交审核。")),
    "pass": (
        lambda actor, code, number, post: actions.review(actor, code, number, passed=True, opinion=post.get("opinion", "")),
        lambda: _("审核通过，可以发布了。"),
    ),
    "return": (
        lambda actor, code, number, post: actions.review(actor, code, number, passed=False, opinion=post.get("opinion", "")),
        lambda: _("已退回起草人。"),
    ),
    "publish": (lambda actor, code, number, post: actions.publish(actor, code, number), lambda: _("已发布，群众现在看到的就是这一版。")),
    "drop": (lambda actor, code, number, post: actions.drop(actor, code, number), lambda: _("已放弃这一版。")),
    "withdraw": (lambda actor, code, number, post: actions.withdraw(actor, code, post.get("reason", "")), lambda: _("事项已取消。")),
    "service": (
        lambda actor, code, number, post: actions.set_service(
            actor, code, post.get("status", ""), reason=post.get("reason", ""),
            since=_day(post.get("since", "")), until=_day(post.get("until", "")),
        ),
        lambda: _("服务状态已调整，群众页面已更新。"),
    ),
}  # fmt: skip


@never_cache
@require_POST
def step(request: HttpRequest, code: str, step: str) -> HttpResponse:
    """One step in the life of an item."""
    if step not in _STEPS:
        raise Missing(_("没有这一步。"))
    perform, done = _STEPS[step]
    number = request.POST.get("number", "")
    try:
        perform(
            _actor(request),
            code,
            int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 0,
            request.POST,
        )
    except Invalid as refusal:
        return _item_page(request, queries.staff_item(_actor(request), code), problems=refusal.problems, status=422)
    messages.success(request, done())
    return HttpResponseRedirect(reverse("desk-item", args=[code]))
